#!/usr/bin/env bash
# Runs a command with a private MariaDB, a private Redis and Chromium at hand:
#   scripts/test-env.sh go test ./storage/...
# Both servers listen on unix sockets in a temporary folder only, with full durability, and end with the command.
# What is missing is installed on Debian as root; elsewhere the script says what to install.
set -euo pipefail

say() { echo "test-env: $*" >&2; }

find_program() { # prints the first of the named programs that exists
  local name
  for name in "$@"; do
    command -v "$name" && return 0
    [ -x "/usr/sbin/$name" ] && echo "/usr/sbin/$name" && return 0
  done
  return 1
}

missing() {
  find_program redis-server >/dev/null || echo redis-server
  { find_program mariadbd mysqld && find_program mariadb-install-db && find_program mariadb-admin; } >/dev/null || echo mariadb-server
  find_program chromium chromium-browser google-chrome >/dev/null || echo chromium
  # Without a Chinese font a screenshot shows boxes, and the width tests measure boxes.
  [ "$(uname -s)" != Linux ] || ls /usr/share/fonts/truetype/wqy/wqy-microhei.ttc >/dev/null 2>&1 ||
    { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh)" ]; } || echo fonts-wqy-microhei
}

install_missing() {
  local want
  want=$(missing | tr '\n' ' ')
  [ -n "$want" ] || return 0
  if [ ! -e /etc/debian_version ] || ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    say "please install: $want"
    say "on Debian or Ubuntu: sudo apt-get install --no-install-recommends $want"
    say "on macOS: brew install mariadb redis && brew install --cask chromium"
    say "elsewhere: MariaDB 10.11 or newer, Redis 7 or newer, Chromium, a Chinese font"
    say "'make check' runs what works without them (SQLite and the built-in Redis)"
    exit 1
  fi
  say "installing $want"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=560 update -q >&2
  # shellcheck disable=SC2086 # a list of words
  apt-get -o DPkg::Lock::Timeout=560 install -q -y --no-install-recommends $want >&2
}

await() { # await SECONDS WHAT LOG command...: polls until the command succeeds
  local tries=$(($1 * 10)) what=$2 log=$3
  shift 3
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ $tries -le 0 ]; then
      say "$what did not start:"
      tail -n 40 "$log" >&2
      exit 1
    fi
    sleep 0.1
  done
}

stop_all() {
  local code=$?
  trap - EXIT INT TERM HUP
  local pid
  for pid in ${pids[@]+"${pids[@]}"}; do kill "$pid" 2>/dev/null || true; done
  for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$dir"
  exit "$code"
}

# On Linux the servers die with this script even when nothing of it is left to stop them.
bound=()
if command -v setpriv >/dev/null && setpriv --pdeathsig KILL true 2>/dev/null; then bound=(setpriv --pdeathsig KILL); fi

start_mariadb() {
  local as=()
  [ "$(id -u)" != 0 ] || as=(--user=root)
  mariadb-install-db --no-defaults ${as[@]+"${as[@]}"} --datadir="$dir/data" \
    --auth-root-authentication-method=normal --skip-test-db >"$dir/install.log" 2>&1 || {
    say "MariaDB could not make its data folder:"
    tail -n 40 "$dir/install.log" >&2
    exit 1
  }
  mkdir -p "$dir/tmp" # of its own: a server that starts throws away what it takes for its own leftovers
  ${bound[@]+"${bound[@]}"} "$(find_program mariadbd mysqld)" --no-defaults ${as[@]+"${as[@]}"} --datadir="$dir/data" --socket="$dir/my.sock" --tmpdir="$dir/tmp" \
    --skip-networking --pid-file="$dir/my.pid" --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci \
    --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=256M --max-connections=1000 \
    --skip-log-bin --skip-name-resolve >"$dir/maria.log" 2>&1 </dev/null &
  pids+=($!)
  await 60 MariaDB "$dir/maria.log" mariadb-admin --no-defaults -uroot -S "$dir/my.sock" ping
}

start_redis() {
  ${bound[@]+"${bound[@]}"} "$(find_program redis-server)" --port 0 --unixsocket "$dir/r.sock" --bind 127.0.0.1 --save '' --appendonly no \
    --dir "$dir" >"$dir/redis.log" 2>&1 </dev/null &
  pids+=($!)
  await 30 Redis "$dir/redis.log" redis-cli -s "$dir/r.sock" ping
}

[ $# -gt 0 ] || { say "usage: scripts/test-env.sh command [argument...]"; exit 2; }
# A second layer of this script inside the first would only cost time.
if [ -n "${TUANBOT_TEST_MYSQL:-}" ] && [ -n "${TUANBOT_TEST_REDIS:-}" ]; then exec "$@"; fi
install_missing

# Not $TMPDIR: the path of a unix socket may have only 107 bytes.
dir=$(mktemp -d /tmp/tuanbot-env.XXXXXX)
pids=()
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
start_mariadb
start_redis

export TUANBOT_TEST_MYSQL="root@unix($dir/my.sock)/?parseTime=true&loc=UTC"
export TUANBOT_TEST_REDIS="unix://$dir/r.sock"
TUANBOT_TEST_CHROMIUM=$(find_program chromium chromium-browser google-chrome)
export TUANBOT_TEST_CHROMIUM
say "MariaDB and Redis are up in $dir"
# Not exec: the servers have to be stopped afterwards.
"$@"
