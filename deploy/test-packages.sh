#!/bin/sh
# Installs the Debian packages that some tests drive: a browser, servers, tools.
set -eu

missing=""
# need PACKAGE FILE...: the package, unless one of the files is there.
need() {
    package=$1
    shift
    for file in "$@"; do
        if [ -e "$file" ]; then return 0; fi
    done
    missing="$missing $package"
}

need chromium /usr/bin/chromium
need postgresql /usr/lib/postgresql/*/bin/initdb
need nginx-light /usr/sbin/nginx
need libnginx-mod-http-brotli-filter /usr/lib/nginx/modules/ngx_http_brotli_filter_module.so
need libnginx-mod-http-brotli-static /usr/lib/nginx/modules/ngx_http_brotli_static_module.so
need redis-server /usr/bin/redis-server
need age /usr/bin/age
need rclone /usr/bin/rclone
need curl /usr/bin/curl
need nodejs /usr/bin/node
need openssl /usr/bin/openssl
need shellcheck /usr/bin/shellcheck
need systemd /usr/bin/systemd-analyze /bin/systemd-analyze
need nftables /usr/sbin/nft
need libimage-exiftool-perl /usr/bin/exiftool
need gettext /usr/bin/msgfmt
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
