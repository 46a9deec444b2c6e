# shellcheck shell=bash
# What backup and restore share: where archives lie and what is counted.

# Let the tools of PostgreSQL find the database without its password on a command line.
use_database() {
    local url=$1 folder=$2
    # Made by python3 from the URL; libpq reads it (https://www.postgresql.org/docs/current/libpq-pgservice.html).
    (umask 077 && DATABASE_URL=$url python3 - >"$folder/pg_service.conf" <<'PYTHON')
import os
from urllib.parse import parse_qsl, unquote, urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
if url.scheme not in ("postgres", "postgresql"):
    raise SystemExit("Only PostgreSQL is backed up; for SQLite copy with: sqlite3 db.sqlite3 .backup")
host, _, port = url.netloc.rpartition("@")[2].partition(":")
values = {
    "host": unquote(host), "port": port, "dbname": unquote(url.path[1:]),
    "user": unquote(url.username or ""), "password": unquote(url.password or ""),
    **dict(parse_qsl(url.query)),
}
print("[detector]", *(f"{k}={v}" for k, v in values.items() if v), sep="\n")
PYTHON
    export PGSERVICEFILE=$folder/pg_service.conf PGSERVICE=detector
}

encrypt() { age --encrypt --recipient "$BACKUP_RECIPIENT"; }

# A line for each table of a dump with its rows, without the rate limits' own.
rows_of_dump() {
    pg_restore --data-only --file=- "$1" | awk '
        /^COPY / { sub(/^public\./, "", $2); table = $2; rows = 0; next }
        table != "" && $0 == "\\." { print table, rows; table = ""; next }
        table != "" { rows++ }' | grep -v '^shared_cache ' | LC_ALL=C sort
}

# The same of the database that the service file names.
rows_of_database() {
    psql -qtAX -v ON_ERROR_STOP=1 <<'SQL' | LC_ALL=C sort
SELECT format('SELECT %L || '' '' || count(*) FROM public.%I', tablename, tablename)
FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'shared_cache'
\gexec
SQL
}

on_rclone() { case $BACKUP_TARGET in :*) true ;; *) false ;; esac; }

store() {
    local folder=$1 name=$2
    if on_rclone; then
        rclone copy --quiet "$folder" "$BACKUP_TARGET/$name"
    else
        mkdir -p "$BACKUP_TARGET"
        cp -r "$folder" "$BACKUP_TARGET/$name.part"
        mv -T "$BACKUP_TARGET/$name.part" "$BACKUP_TARGET/$name"
    fi
}

fetch_backup() {
    local name=$1 folder=$2
    mkdir -p "$folder"
    if on_rclone; then
        rclone copy --quiet "$BACKUP_TARGET/$name" "$folder"
    else
        [ -d "$BACKUP_TARGET/$name" ] || die "There is no backup $name; restore --list shows them."
        cp -r "$BACKUP_TARGET/$name/." "$folder/"
    fi
}

list_backups() {
    if on_rclone; then
        rclone lsf --dirs-only "$BACKUP_TARGET" | tr -d /
    else
        find "$BACKUP_TARGET" -mindepth 1 -maxdepth 1 -name 'detector-*Z' -printf '%f\n'
    fi | grep '^detector-' | sort
}

# Backups from before BACKUP_KEEP_DAYS go, but never the newest three.
forget_old() {
    local limit name
    limit=detector-$(date -u -d "-$BACKUP_KEEP_DAYS days" +%Y%m%dT%H%M%SZ)
    list_backups | head -n -3 | while read -r name; do
        [[ $name < $limit ]] || continue
        if on_rclone; then rclone purge --quiet "$BACKUP_TARGET/$name"; else rm -rf "${BACKUP_TARGET:?}/$name"; fi
    done
}
