#!/usr/bin/env bash
# usage: xtask/with-docker.sh COMMAND…
# Runs COMMAND with a Docker engine that answers: the one that is there, else one that is started for COMMAND alone (root or
# sudo; its own data, its own socket named by DOCKER_HOST) and stopped after it. Where neither works, COMMAND still runs, with
# INQUEST_NO_ENGINE saying why, so that the tests in need of an engine can report it; with CI=true that is an error.
set -euo pipefail

answers() { timeout 10 docker version >/dev/null 2>&1; }

give_up() {
    [ "${CI:-}" != true ] || { echo "with-docker: $1" >&2; exit 1; }
    INQUEST_NO_ENGINE=$1 exec "${command[@]}"
}

command=("$@")
command -v docker >/dev/null || give_up "there is no docker command"
if answers; then exec "${command[@]}"; fi
command -v dockerd >/dev/null || give_up "no Docker engine answers, and there is no dockerd to start one"

sudo=()
if [ "$(id -u)" != 0 ]; then
    sudo --non-interactive true 2>/dev/null || give_up "no Docker engine answers, and starting one needs root"
    sudo=(sudo --non-interactive)
fi

dir=$(mktemp -d /tmp/inquest-docker.XXXXXX)
export DOCKER_HOST="unix://$dir/docker.sock"

stop() {
    if [ -f "$dir/pid" ]; then
        "${sudo[@]}" kill "$(cat "$dir/pid")" 2>/dev/null || true
        for _ in $(seq 100); do [ -f "$dir/pid" ] || break; sleep 0.2; done
    fi
    "${sudo[@]}" rm -rf "$dir" || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# vfs works on every file system, also inside a container; the test images are a few megabytes.
start() {
    "${sudo[@]}" dockerd --host="$DOCKER_HOST" --group="$(id -gn)" --pidfile="$dir/pid" --data-root="$dir/data" --exec-root="$dir/exec" \
        --storage-driver=vfs "$@" >"$dir/log" 2>&1 </dev/null &
    local dockerd=$!
    for _ in $(seq 150); do
        if answers; then return 0; fi
        kill -0 "$dockerd" 2>/dev/null || return 1
        sleep 0.2
    done
    return 1
}
# Without permission to change the packet filter, containers are still reached by their own addresses.
start || start --iptables=false || {
    tail -5 "$dir/log" >&2
    stop
    trap - EXIT
    give_up "the Docker engine does not start here"
}

"${command[@]}"
