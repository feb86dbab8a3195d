#!/usr/bin/env bash
# What a request costs besides a plain GET, and how cost and memory grow with endpoints and time. User-space and kernel
# time of the whole run are divided by its requests.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# write NAME: a scenario of the tasks on standard input, 20 users who wait for nothing.
write() {
    { printf 'name: %s\ntarget: http://127.0.0.1:%s\nusers:\n  user:\n    tasks:\n' "$1" "$port"; cat; printf 'load: {users: 20, duration: %ss}\n' "$seconds"; } > "$work/$1.yml"
}
write plain <<< '      - get: /'
write journey <<'TASKS'
      - post: /
        json: {id: "{{ random_int(1, 1000) }}", name: "{{ choose(['lamp', 'desk']) }}", tags: [a, b]}
        capture: {token: $.token}
        check: {status: 200, json: {$.stock: {min: 1}}}
TASKS
for n in $(seq 200); do printf '      - {get: "/items/%s"}\n' "$n"; done | write many

# cost NAME OPTIONS..: microseconds of CPU per request, and MiB.
cost() {
    local name=$1
    shift
    loadline "$work/$name.yml" "$@"
    read -r cpu memory < "$work/loadline.cost"
    jq -r --arg cpu "$cpu" --arg memory "$memory" '"\(($cpu | tonumber) / .summary.requests * 1e6) \($memory)"' "$work/record.json"
}
for _ in $(seq "$rounds"); do
    for name in plain journey many; do cost "$name" >> "$work/$name.rows"; done
done
base=$(cut -d' ' -f1 "$work/plain.rows" | median)
describe() { awk -v what="$1" -v cost="$(cut -d' ' -f1 "$work/$2.rows" | median)" -v memory="$(cut -d' ' -f2 "$work/$2.rows" | median)" -v base="$base" \
    'BEGIN { printf "%-58s %6.2f us  x %.2f  %6.1f MiB\n", what, cost, cost / base, memory }'; }
describe "a plain GET" plain
describe "a templated JSON POST with a capture and two checks" journey
describe "plain GETs of 200 endpoints" many
for length in ${LENGTHS:-60 180}; do
    cost plain --duration "${length}s" > "$work/long.rows"
    describe "a plain GET, for $length s" long
done
