# shellcheck shell=bash
# Where things lie and what a site chooses. Sourced by every script of this folder. The
# environment wins over the file of choices, which bootstrap writes once, and this over
# the defaults below.

DETECTOR_ETC=${DETECTOR_ETC:-/etc/detector}
if [ -r "$DETECTOR_ETC/site.conf" ]; then
    inherited=$(export -p)
    # shellcheck source=/dev/null
    . "$DETECTOR_ETC/site.conf"
    eval "$inherited"
    unset inherited
fi

DETECTOR_HOME=${DETECTOR_HOME:-/opt/detector}
DETECTOR_STATE=${DETECTOR_STATE:-/var/lib/detector}
DETECTOR_USER=${DETECTOR_USER:-detector}
DETECTOR_ENV=${DETECTOR_ENV:-$DETECTOR_ETC/detector.env}
SERVER_NAME=${SERVER_NAME:-localhost}

MEDIA_ROOT=${MEDIA_ROOT:-$DETECTOR_STATE/media}
PUBLIC_STATIC=${PUBLIC_STATIC:-$DETECTOR_STATE/static}
TLS_FOLDER=${TLS_FOLDER:-$DETECTOR_ETC/tls}
ACME_ROOT=${ACME_ROOT:-/var/www/acme}
NGINX_LOGS=${NGINX_LOGS:-/var/log/nginx}

MAX_UPLOAD_BYTES=${MAX_UPLOAD_BYTES:-20971520}
MAX_BODY_BYTES=$((MAX_UPLOAD_BYTES + 65536))
# All files of a batch together.
MAX_BATCH_BYTES=${MAX_BATCH_BYTES:-$((20 * MAX_UPLOAD_BYTES))}
MAX_BATCH_BODY_BYTES=$((MAX_BATCH_BYTES + 65536))
MAX_BATCH_MB=$((MAX_BATCH_BYTES / 1000000))
MAX_UPLOAD_MB=$((MAX_UPLOAD_BYTES / 1000000))
HSTS_SECONDS=${HSTS_SECONDS:-2592000}

# Debian's and Ubuntu's nginx both know this form of HTTP/2.
HTTP_LISTEN=${HTTP_LISTEN:-80}
HTTPS_LISTEN=${HTTPS_LISTEN:-443}
CLIENT_TIMEOUT=${CLIENT_TIMEOUT:-15s}
CONNECTIONS=${CONNECTIONS:-40}
RATE_PAGES=${RATE_PAGES:-20r/s}
BURST_PAGES=${BURST_PAGES:-80}
RATE_UPLOADS=${RATE_UPLOADS:-5r/s}
BURST_UPLOADS=${BURST_UPLOADS:-30}
# Networks of a load balancer, separated by blanks.
TRUSTED_NETWORKS=${TRUSTED_NETWORKS:-}
REAL_IP=""
for network in $TRUSTED_NETWORKS; do
    REAL_IP="${REAL_IP}set_real_ip_from $network; "
done
[ -z "$REAL_IP" ] || REAL_IP="${REAL_IP}real_ip_header X-Forwarded-For; real_ip_recursive on;"

# Networks that may log in by SSH, separated by commas; empty: from anywhere.
SSH_FROM=${SSH_FROM:-}
SSH_RULE="tcp dport 22 accept"
[ -z "$SSH_FROM" ] || SSH_RULE="ip saddr { $SSH_FROM } tcp dport 22 accept"

# A folder, or a remote of rclone such as :s3,provider=AWS,env_auth=true:bucket/detector
BACKUP_TARGET=${BACKUP_TARGET:-/var/backups/detector}
# The public half of an age key; whoever holds the other half can restore.
BACKUP_RECIPIENT=${BACKUP_RECIPIENT:-}
BACKUP_KEEP_DAYS=${BACKUP_KEEP_DAYS:-30}
# Where a backup is put together before it is sent away.
BACKUP_FOLDER=${BACKUP_FOLDER:-/var/backups/detector}
case $BACKUP_TARGET in
    :*) BACKUP_PATHS=$BACKUP_FOLDER ;;
    *) BACKUP_PATHS="$BACKUP_FOLDER $BACKUP_TARGET" ;;
esac
MEMORY_MAX=${MEMORY_MAX:-75%}
WORKER_MEMORY_MAX=${WORKER_MEMORY_MAX:-2G}

export DETECTOR_ETC DETECTOR_HOME DETECTOR_STATE DETECTOR_USER DETECTOR_ENV SERVER_NAME
export MEDIA_ROOT PUBLIC_STATIC TLS_FOLDER ACME_ROOT NGINX_LOGS
export MAX_UPLOAD_BYTES MAX_BODY_BYTES MAX_UPLOAD_MB HSTS_SECONDS
export MAX_BATCH_BYTES MAX_BATCH_BODY_BYTES MAX_BATCH_MB WORKER_MEMORY_MAX
export HTTP_LISTEN HTTPS_LISTEN CLIENT_TIMEOUT CONNECTIONS REAL_IP MEMORY_MAX
SANDBOX=$(cat "$(dirname "${BASH_SOURCE[0]}")/../systemd/sandbox.conf")

export SSH_RULE BACKUP_TARGET BACKUP_RECIPIENT BACKUP_KEEP_DAYS BACKUP_FOLDER BACKUP_PATHS SANDBOX
export RATE_PAGES BURST_PAGES RATE_UPLOADS BURST_UPLOADS

# What is built here is read by other users.
umask 022

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# render_all TARGET TEMPLATE...: each into the folder TARGET without `.template`.
render_all() {
    local target=$1 template name
    shift
    for template in "$@"; do
        name=${template##*/}
        "${BASH_SOURCE[0]%/*}/../render" "$template" "$target/${name%.template}"
    done
}

# Render the files of nginx into DETECTOR_ETC, and the one it includes into TARGET.
render_nginx() {
    local here=$1 target=$2
    mkdir -p "$DETECTOR_ETC/errors"
    render_all "$DETECTOR_ETC/errors" "$here"/nginx/errors/*
    render_all "$DETECTOR_ETC" "$here"/nginx/nginx-*.conf.template
    "$here/render" "$here/nginx/detector.conf.template" "$target"
}
