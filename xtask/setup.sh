#!/usr/bin/env bash
# usage: xtask/setup.sh run|check|test|bench
# Makes a Debian or Ubuntu machine with git, make and rustup able to build and run Inquest ("run"), to check its sources too
# ("check"), to test it as well ("test"), or to measure it beside its peers ("bench", which includes "run"). Installs only what is
# missing, saying what and why, and takes no noticeable time when nothing is.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'set-up: %s\n' "$*"; }
fail() { printf 'set-up: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null; }

# Passes on what it reads, and shows the newest line of it to whoever watches.
progress() {
    local line watched=
    [ ! -t 2 ] || watched=yes
    while IFS= read -r line; do
        printf '%s\n' "$line"
        [ -z "$watched" ] || printf '\r\033[K  %.76s' "$line" >&2
    done
    [ -z "$watched" ] || printf '\r\033[K' >&2
}

packages=()
# need WHY PACKAGE…
need() {
    say "needs ${*:2} ($1)"
    packages+=("${@:2}")
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    [ ${#packages[@]} -gt 0 ] || return 0
    have apt-get || fail "please install by hand: ${packages[*]} (this is neither Debian nor Ubuntu)"
    [ "$(id -u)" = 0 ] || have sudo || fail "please install as root: apt-get install ${packages[*]}"
    local log
    log=$(mktemp /tmp/inquest-set-up.XXXXXX)
    say "installing ${packages[*]}"
    # The package would create a cluster and run it as a service. We want the programs only; a machine that has Postgres
    # already keeps its own setting.
    if [[ " ${packages[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common ]; then
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/programs-only.conf >/dev/null
    fi
    # The same for that of Alertmanager: masked, it is neither started now nor at any boot.
    if [[ " ${packages[*]} " == *" prometheus-alertmanager "* ]] && [ ! -e /etc/systemd/system/prometheus-alertmanager.service ]; then
        as_root mkdir -p /etc/systemd/system
        as_root ln -s /dev/null /etc/systemd/system/prometheus-alertmanager.service
    fi
    as_root apt-get update 2>&1 | progress >"$log" || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${packages[@]}" 2>&1 | progress >>"$log" ||
        { tail -30 "$log" >&2; fail "apt-get failed"; }
    rm -f "$log"
    packages=()
}

# The newest Postgres here, 0 if there is none.
postgres_version() {
    local initdb
    initdb=$(ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort --version-sort | tail -1)
    [ -n "$initdb" ] || initdb=$(command -v initdb) || { echo 0; return; }
    "$initdb" --version | sed 's/.* \([0-9]*\).*/\1/'
}

wasm_target_ready() {
    local sysroot
    sysroot=$(rustc --print sysroot)
    [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" ] || [ -d /usr/lib/rustlib/src/rust/library ]
}

# rustup's own target, or where rustup's server cannot be reached a compiler with the library's source from Debian, with which
# `cargo xtask site` builds that library. Once that is installed, nothing asks rustup again.
wasm_target() {
    wasm_target_ready && return
    say "adding Rust's wasm32 target (the browser's half is WebAssembly), at most 60 s"
    if timeout 60 rustup target add wasm32-unknown-unknown 2>&1 | progress >/dev/null; then return; fi
    say "rustup's server did not answer; using the distribution's compiler for WebAssembly"
    need "builds the wasm32 standard library" rustc-web rust-web-src
    install_packages
    wasm_target_ready || fail "no wasm32 standard library; see \`rustup target add wasm32-unknown-unknown\`"
}

group_run() {
    have cargo || fail "please install Rust first: https://rustup.rs"
    have cc || need "links Rust programs" build-essential
    [ "$(postgres_version)" -ge 14 ] || need "keeps the ledger; Inquest runs a private one" postgresql
    install_packages
    [ "$(postgres_version)" -ge 14 ] || fail "Postgres 14 or newer is needed, this distribution has $(postgres_version)"
    wasm_target
}

# cargo-deny has no package. Unoptimised it is built in a fraction of the time, and still checks in seconds.
group_check() {
    group_run
    local tools=${CARGO_TARGET_DIR:-target}/tools
    PATH=$tools/bin:$PATH have cargo-deny && return
    say "building cargo-deny (checks the licences and sources of dependencies)"
    cargo install --locked --debug --root "$tools" cargo-deny@0.20.2 || fail "cargo-deny cannot be built"
}

group_test() {
    group_check
    have node || need "runs Playwright" nodejs
    have npm || need "installs Playwright" npm
    # Ubuntu's package of that name is a snap, which needs a running snapd: Playwright brings its own there.
    . /etc/os-release
    [ -x /usr/bin/chromium ] || [ "${ID:-}" != debian ] || need "the browser that Playwright drives" chromium
    if ! have docker || ! { have dockerd || [ -S /var/run/docker.sock ]; }; then
        need "the engine that the tests restart containers on" docker.io
    fi
    have prometheus-alertmanager || need "what alerts are told to in tests" prometheus-alertmanager
    /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || need "the mail server that tests send to" python3-aiosmtpd
    install_packages
    if [ -f end2end/package-lock.json ] && [ end2end/package-lock.json -nt end2end/node_modules/.package-lock.json ]; then
        say "installing Playwright (npm ci)"
        (cd end2end && npm ci --loglevel=error --no-audit --no-fund && touch node_modules/.package-lock.json)
    fi
    if [ ! -x /usr/bin/chromium ] && ! ls ~/.cache/ms-playwright/chromium-* >/dev/null 2>&1; then
        say "installing Playwright's Chromium"
        (cd end2end && npx playwright install --with-deps chromium)
    fi
}

# The peers' packages would start their servers and enable them at every boot. Only the programs are wanted, so they are unpacked
# under target/bench, which needs no root and leaves nothing behind on the machine.
group_bench() {
    group_run
    local peers=target/bench/peers package
    for package in prometheus victoria-metrics; do
        [ ! -x "$peers/usr/bin/$package" ] || continue
        have apt-get || fail "please unpack Debian's package $package into $peers (this is neither Debian nor Ubuntu)"
        say "fetching $package (what the benchmark compares with) and unpacking it into $peers; it is not installed"
        mkdir -p "$peers"
        (cd "$peers" && fetch "$package" && dpkg-deb --extract "$package"_*.deb . && rm "$package"_*.deb)
    done
}

# As anybody; root is needed only where the list of packages is missing or too old.
fetch() {
    apt-get download --quiet --quiet "$1" 2>/dev/null && return
    as_root apt-get update --quiet --quiet
    apt-get download --quiet --quiet "$1" || fail "apt-get has no package $1"
}

case "${1:-}" in
    run) group_run ;;
    check) group_check ;;
    test) group_test ;;
    bench) group_bench ;;
    *) sed -n '2,5s/^# //p' "$0"; exit 2 ;;
esac
