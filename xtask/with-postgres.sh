#!/usr/bin/env bash
# usage: xtask/with-postgres.sh COMMAND…
# Runs COMMAND with DATABASE_URL naming an empty database of a throw-away Postgres: reachable through a socket in a temporary
# directory only, not durable, gone afterwards. A DATABASE_URL from outside is never used, because tests create and drop.
set -euo pipefail

newest_bin() {
    local dir
    dir=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort --version-sort | tail -1)
    if [ -n "$dir" ]; then echo "$dir"; else dirname "$(command -v initdb)"; fi
}
bin=$(newest_bin) || { echo "with-postgres: no initdb found; run \`make setup\`" >&2; exit 1; }

# Not under $TMPDIR: a socket's path may have 107 bytes at most.
dir=$(mktemp -d /tmp/inquest-postgres.XXXXXX)
chmod 755 "$dir"
drop=()
if [ "$(id -u)" = 0 ]; then
    # Postgres refuses to run as root.
    user=$(id -un postgres 2>/dev/null || echo nobody)
    chown "$user" "$dir"
    drop=(setpriv --reuid="$user" --regid="$(id -gn "$user")" --clear-groups)
fi

# Runs a command as the cluster's owner, from a directory that user may read.
as_owner() (cd / && "${drop[@]}" "$@")

stop() {
    as_owner "$bin/pg_ctl" --pgdata="$dir/data" --mode=immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as_owner "$bin/initdb" --pgdata="$dir/data" --username=inquest --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 400
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
as_owner "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/data/log" --wait start >/dev/null || { cat "$dir/data/log" >&2; exit 1; }
as_owner "$bin/createdb" --host="$dir" --username=inquest inquest

DATABASE_URL="postgres:///inquest?host=$dir&user=inquest" "$@"
