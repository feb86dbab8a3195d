#!/usr/bin/env bash
# How many requests a second of the tool's own CPU time sends: 50 users who wait for nothing, one core for the tool.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# score TOOL REQUESTS: one round of a tool.
score() {
    read -r cpu memory < "$work/$1.cost"
    awk -v n="$2" -v cpu="$cpu" 'BEGIN { print n / cpu }' >> "$work/$1.scores"
    echo "$memory" >> "$work/$1.memory"
}

for _ in $(seq "$rounds"); do
    loadline "$url" --users 50 --duration "${seconds}s"
    score loadline "$(jq .summary.requests "$work/record.json")"
    if installed wrk; then
        on_its_core wrk wrk -t1 -c50 -d"${seconds}s" "$url"
        score wrk "$(awk '/requests in/ { print $1 }' "$work/wrk.out")"
    fi
    if installed oha; then
        on_its_core oha oha --no-tui -c 50 -z "${seconds}s" --output-format json "$url"
        score oha "$(jq '[.statusCodeDistribution[]] | add' "$work/oha.out")"
    fi
    if installed hey; then
        on_its_core hey hey -c 50 -z "${seconds}s" "$url"
        score hey "$(awk '/\[200\]/ { print $2 }' "$work/hey.out")"
    fi
done

own=$(median "$work/loadline.scores")
for tool in loadline wrk oha hey; do
    [ -f "$work/$tool.scores" ] || continue
    awk -v tool="$tool" -v score="$(median "$work/$tool.scores")" -v memory="$(median "$work/$tool.memory")" -v own="$own" \
        'BEGIN { printf "%-9s %8d requests per CPU-second  %6.1f MiB  loadline / %s = %.2f\n", tool, score, memory, tool, own / score }'
done
