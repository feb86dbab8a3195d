#!/usr/bin/env bash
# What the tool adds to what it measures: 5,000 arrivals a second at a server that answers in less than 0.1 ms, response
# times from the intended start. Everything above that is the tool's and the machine's doing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
rate=${RATE:-5000}

for _ in $(seq "$rounds"); do
    loadline "$url" --rate "$rate/s" --max-users 200 --duration "${seconds}s"
    jq -r '.summary | [.throughput, .p50_latency * 1e3, .p99_latency * 1e3, ."p99.9_latency" * 1e3, .schedule_lag_p99 * 1e3, .dropped] | @tsv' \
        "$work/record.json" >> "$work/loadline.rows"
    if installed oha; then
        on_its_core oha oha --no-tui -q "$rate" -c 200 -z "${seconds}s" --latency-correction --output-format json "$url"
        jq -r '[.summary.requestsPerSec, .latencyPercentiles.p50 * 1e3, .latencyPercentiles.p99 * 1e3, .latencyPercentiles."p99.9" * 1e3, "-", "-"] | @tsv' \
            "$work/oha.out" >> "$work/oha.rows"
    fi
done

echo "medians of $rounds rounds; times in ms"
printf '%-9s %9s %7s %7s %7s %8s %8s\n' tool sent/s p50 p99 p99.9 lag-p99 dropped
for tool in loadline oha; do
    [ -f "$work/$tool.rows" ] || continue
    printf '%-9s %9.0f %7.3f %7.3f %7.3f %8s %8s\n' "$tool" $(for column in 1 2 3 4 5 6; do cut -f$column "$work/$tool.rows" | median; done)
done
