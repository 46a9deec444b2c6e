# shellcheck shell=bash
# Two slots, blue and green; the symbolic link `live` names the one that answers.
#
#   $DETECTOR_HOME/releases/NAME     the code, its .venv and its collected files
#   $DETECTOR_HOME/models/NAME       an installed bundle; $DETECTOR_HOME/model -> one of them
#   $DETECTOR_HOME/slots/blue        release -> …, model -> …, gunicorn.sock
#   $DETECTOR_HOME/live              -> slots/blue or slots/green
#
# A change fills the idle slot, starts it, asks it whether it is ready, and only then moves
# the link, in one rename. Visitors meet the old slot until then and the new one after.

SLOTS=$DETECTOR_HOME/slots
DRAIN_SECONDS=${DRAIN_SECONDS:-5}
READY_SECONDS=${READY_SECONDS:-180}

live_slot() {
    local target
    target=$(readlink "$DETECTOR_HOME/live" 2>/dev/null) || return 0
    printf '%s' "${target##*/}"
}

idle_slot() {
    if [ "$(live_slot)" = blue ]; then printf green; else printf blue; fi
}

# What starts and stops a slot: systemd, or a command that takes the same two words.
service() {
    local verb=$1 slot=$2
    if [ -n "${SERVICE_MANAGER:-}" ]; then
        # Without the lock's descriptor: what is started would hold the lock for ever.
        "$SERVICE_MANAGER" "$verb" "$slot" 9>&-
    elif [ "$verb" = start ]; then
        systemctl reset-failed "detector@$slot.socket" "detector@$slot.service" 2>/dev/null || true
        systemctl enable --quiet "detector@$slot.socket" "detector@$slot.service"
        systemctl start "detector@$slot.socket" "detector@$slot.service"
    else
        systemctl disable --quiet "detector@$slot.socket" "detector@$slot.service"
        systemctl stop "detector@$slot.service" "detector@$slot.socket"
    fi
}

# The worker, where there is one, goes on with the code of the live slot. It finishes the
# task in hand, which nobody waits for here.
restart_worker() {
    [ -z "${SERVICE_MANAGER:-}" ] || return 0
    systemctl try-restart --no-block detector-worker.service || true
}

# Point LINK to TARGET in one step; `ln -sf` would remove it first.
repoint() {
    ln -sfn "$1" "$2.new"
    mv -T "$2.new" "$2"
}

# answers_ready SLOT [SECONDS]: a held socket of a dead server would be waited for.
answers_ready() {
    curl --silent --fail --max-time "${2:-30}" --output /dev/null \
        --unix-socket "$SLOTS/$1/gunicorn.sock" \
        --header "Host: $SERVER_NAME" "http://localhost/health?ready=1"
}

# Ready, and ready again as often as there may be workers: each warms its own model.
wait_until_ready() {
    local slot=$1 deadline=$((SECONDS + READY_SECONDS)) good=0
    while [ "$SECONDS" -lt "$deadline" ]; do
        if answers_ready "$slot" "$((deadline - SECONDS + 1))"; then
            good=$((good + 1))
            [ "$good" -lt "${READY_ANSWERS:-8}" ] || return 0
        else
            good=0
            sleep 0.5
        fi
    done
    return 1
}

# activate RELEASE MODEL: serve this release with this model, or change nothing.
activate() {
    local release=$1 model=$2 old new
    old=$(live_slot)
    new=$(idle_slot)
    service stop "$new" || true
    mkdir -p "$SLOTS/$new"
    repoint "$release" "$SLOTS/$new/release"
    repoint "$model" "$SLOTS/$new/model"
    say "Starting slot $new: ${release##*/} with the model ${model##*/}"
    if ! service start "$new" || ! wait_until_ready "$new"; then
        service stop "$new" || true
        say "Slot $new did not become ready; nothing was changed."
        return 1
    fi
    repoint "slots/$new" "$DETECTOR_HOME/live"
    if ! stays_healthy "$new"; then
        [ -z "$old" ] || repoint "slots/$old" "$DETECTOR_HOME/live"
        sleep "$DRAIN_SECONDS"
        service stop "$new" || true
        say "Slot $new failed under traffic; ${old:-nothing} answers again."
        return 1
    fi
    restart_worker
    if [ -n "$old" ]; then
        say "Slot $new answers; stopping slot $old when its requests are done"
        sleep "$DRAIN_SECONDS"
        service stop "$old"
    fi
}

# A few looks after the switch, under the visitors' traffic.
stays_healthy() {
    local look
    for look in 1 2 3; do
        answers_ready "$1" || return 1
        if [ -n "${SMOKE_TEST:-}" ]; then "$SMOKE_TEST" "$look" || return 1; fi
        sleep 1
    done
}

# The model of the running slot if one was installed, or else that of the release.
model_for() {
    if [ -L "$DETECTOR_HOME/model" ]; then
        readlink -f "$DETECTOR_HOME/model"
    else
        printf '%s' "$1/classifier/bundles/default"
    fi
}

live_release() { readlink -f "$DETECTOR_HOME/live/release"; }

# One change at a time.
take_the_lock() {
    mkdir -p "$DETECTOR_HOME"
    exec 9>"$DETECTOR_HOME/.lock"
    flock -n 9 || die "Another upgrade is running."
}

give_to_site_user() {
    if runs_as_site_user; then chown "$DETECTOR_USER:" "$@"; fi
}

# On a server root works for a user of its own; elsewhere everything is the caller's.
runs_as_site_user() { [ "$(id -u)" -eq 0 ] && id "$DETECTOR_USER" >/dev/null 2>&1; }

# Run a command of a release as the site's user, with the site's variables.
in_release() {
    local release=$1
    shift
    (
        cd "$release" || exit 1
        set -a
        # shellcheck source=/dev/null
        . "$DETECTOR_ENV"
        set +a
        export STATIC_ROOT="$release/staticfiles"
        if runs_as_site_user; then
            exec runuser -u "$DETECTOR_USER" -- "$@"
        fi
        exec "$@"
    )
}
