#!/usr/bin/env bash
# Serves the demo fleet to the browser tests: from the program named by E2E_PROGRAM, else from the present sources. Its data go
# away with it.
set -euo pipefail
cd "$(dirname "$0")/.."
# The signal reaches the server too; this waits until that has stopped and tidied up.
trap : INT TERM
if [ -n "${E2E_PROGRAM:-}" ]; then
    "$E2E_PROGRAM" demo
else
    cargo run --quiet --bin inquest -- demo
fi
