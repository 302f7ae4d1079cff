#!/usr/bin/env bash
# Serves the demo fleet to the browser tests, from a data folder that goes with it.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d /tmp/inquest-e2e.XXXXXX)
trap 'rm -rf "$dir"' EXIT
# The signal reaches the server too; the folder has to stay until that has stopped.
trap : INT TERM
INQUEST_DATA_DIR=$dir cargo run --quiet --bin inquest -- demo
