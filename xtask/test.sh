#!/usr/bin/env bash
# usage: xtask/test.sh [check]
# Every check and test, in the order in which they fail cheapest, each with the time it took. With "check", only the phases that
# need no database, engine or browser. What `xtask/setup.sh test` installs must be there.
set -euo pipefail
cd "$(dirname "$0")/.."

started=$SECONDS

# phase NAME COMMAND…
phase() {
    local name=$1 begin=$SECONDS
    shift
    printf '\n=== %s\n' "$name"
    "$@" </dev/null || { printf '=== %s: FAILED after %d s\n' "$name" $((SECONDS - begin)) >&2; exit 1; }
    printf '=== %s: ok, %d s (%d s in all)\n' "$name" $((SECONDS - begin)) $((SECONDS - started))
}

# Not "advisories": they change without us and come from a server, so they would fail a build that was good. CONTRIBUTING.md has
# the command that asks for them.
deny() { PATH=${CARGO_TARGET_DIR:-$PWD/target}/tools/bin:$PATH cargo deny --log-level error check bans licenses sources; }

# One processor is idle while the WebAssembly is linked, so the site is built beside the phases that follow.
start_site() {
    site_log=$(mktemp /tmp/inquest-site.XXXXXX)
    # In a group of its own, so that the compiler it starts can be stopped with it.
    setsid cargo xtask site --release >"$site_log" 2>&1 </dev/null &
    site=$!
    trap 'kill -- "-$site" 2>/dev/null || true; rm -f "$site_log"' EXIT
}

finish_site() {
    wait "$site" || { cat "$site_log"; return 1; }
    tail -1 "$site_log"
    cargo xtask budget
}

docs() { RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items; }

# The tests have just built the program; building it again, without what tests add to its dependencies, would take minutes.
browser() {
    local program
    program=$(realpath "${CARGO_TARGET_DIR:-target}/debug/inquest")
    (cd end2end && E2E_PROGRAM=$program npx playwright test --pass-with-no-tests)
}

phase "format" cargo fmt --all --check
phase "licences and sources of dependencies" deny
phase "boundaries" cargo xtask boundaries
[ "${1:-}" = check ] || start_site
phase "clippy" cargo clippy --quiet --all-targets -- -D warnings
if [ "${1:-}" = check ]; then exit; fi

phase "prepared queries" cargo xtask sqlx-prepare --check
phase "documentation" docs
phase "build the tests" cargo test --quiet --no-run
phase "tests" xtask/with-postgres.sh cargo test --quiet
# Tests on a real engine are `#[ignore]`d in a plain `cargo test`, and run one by one: they measure times.
phase "tests on a real engine" xtask/with-docker.sh xtask/with-postgres.sh cargo test --quiet --lib --bins --tests -- --ignored --test-threads=1
phase "site and its budget" finish_site
phase "browser tests" browser
printf '\nAll passed in %d s\n' $((SECONDS - started))
