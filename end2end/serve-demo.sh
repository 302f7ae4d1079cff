#!/usr/bin/env bash
# Serves the demo fleet to the browser tests. Its data go away with it.
set -euo pipefail
cd "$(dirname "$0")/.."
# The signal reaches the server too; this waits until that has stopped and tidied up.
trap : INT TERM
cargo run --quiet --bin inquest -- demo
