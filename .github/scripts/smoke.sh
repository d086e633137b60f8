#!/usr/bin/env bash
# Does an executable do what it is for? Its version, a whole stream on each engine, and an orderly end. Usage: smoke.sh EXECUTABLE
set -euo pipefail
executable=$1
folder=$(mktemp -d)
pid=
clean_up() {
  [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT

post() {
  if command -v curl > /dev/null; then
    curl -sSfN -X POST "$1"
  else
    node -e "fetch(process.argv[1], { method: 'POST' }).then((r) => r.text()).then((t) => process.stdout.write(t))" "$1"
  fi
}

"$executable" --version

for engine in bun socket; do
  "$executable" --engine "$engine" --listen 0 --quiet > "$folder/address" &
  pid=$!
  for _ in $(seq 100); do
    if [ -s "$folder/address" ]; then break; fi
    sleep 0.1
  done
  address=$(tr -d '\r\n' < "$folder/address")
  post "$address/v1/chat/completions" > "$folder/stream"
  test "$(grep -c '^data: ' "$folder/stream")" = 20
  test "$(grep -c '^data: \[DONE\]' "$folder/stream")" = 1
  kill -TERM "$pid"
  code=0
  wait "$pid" || code=$?
  pid=
  # Windows has no signals: there the process is ended from outside.
  case $(uname -s) in MINGW* | MSYS* | CYGWIN*) code=0 ;; esac
  test "$code" = 0
  echo "engine $engine: a whole stream from $address, and an orderly end"
done
