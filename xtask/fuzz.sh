#!/usr/bin/env bash
# usage: xtask/fuzz.sh [SECONDS]
# Feeds bad bytes to everything that reads stored samples, SECONDS (300) for each format, on every processor but at low priority.
# Begins with the golden files. Needs nightly Rust and cargo-fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-300}

cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
rustup toolchain list | grep -q ^nightly || rustup toolchain install nightly --profile minimal

for format in column head rollup; do
    mkdir -p "server/fuzz/corpus/$format"
    # More memory at once than the longest column needs is a finding.
    nice cargo +nightly fuzz run --fuzz-dir server/fuzz "$format" "server/fuzz/corpus/$format" server/tests/fixtures/series -- \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -malloc_limit_mb=128 -rss_limit_mb=2048 -print_final_stats=1
done
