#!/bin/sh
# Installs the Debian packages that some tests drive: a browser and a database server.
set -eu

missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Not installed here:$missing. Tests that need them are skipped and listed;" >&2
    echo "as root on Debian this command installs them: apt-get install$missing" >&2
    exit 0
fi
echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# A list of words.
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
