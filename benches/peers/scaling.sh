#!/usr/bin/env bash
# What a second generator thread costs: requests per second of CPU time with one thread and with two, 50 users who wait for
# nothing, tool and server free to use both cores. Threads that got in each other's way would need more CPU time for each
# request. On a machine with a core for each of them and one for the server, a ratio of 0.9 is 1.8 times the throughput.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cores=0-$(($(nproc) - 1))

for _ in $(seq "$rounds"); do
    for threads in 1 2; do
        loadline "$url" --users 50 --duration "${seconds}s"
        read -r cpu memory < "$work/loadline.cost"
        jq -r --arg cpu "$cpu" '"\(.summary.requests / ($cpu | tonumber)) \(.summary.throughput)"' "$work/record.json" >> "$work/$threads.rows"
    done
done

score() { cut -d' ' -f1 "$work/$1.rows" | median; }
rate() { cut -d' ' -f2 "$work/$1.rows" | median; }
for threads in 1 2; do
    printf '%s thread(s)  %8.0f requests per CPU-second  %8.0f requests/s\n' "$threads" "$(score $threads)" "$(rate $threads)"
done
awk -v one="$(score 1)" -v two="$(score 2)" 'BEGIN { printf "two threads / one, per CPU-second = %.2f\n", two / one }'
