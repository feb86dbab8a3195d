#!/usr/bin/env bash
# What a second generator thread costs: requests per second of CPU time with one thread and with two, tool and server free to
# use all cores. Threads that got in each other's way would need more CPU time for each request. On a machine with a core for
# each of them and one for the server, a ratio of 0.9 is 1.8 times the throughput.
#
# At a rate: two threads send twice what one sends, so that each has as much to do, and together with the server less than two
# cores can do. As fast as it goes: 50 users who wait for nothing, where on two cores two threads and the server fight for them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cores=0-$(($(nproc) - 1))
rate=${RATE:-10000}

# measured NAME OPTIONS..: requests per CPU-second and requests per second, as a row of NAME.
measured() {
    local name=$1
    shift
    loadline "$url" "$@" --duration "${seconds}s"
    read -r cpu memory < "$work/loadline.cost"
    jq -r --arg cpu "$cpu" '"\(.summary.requests / ($cpu | tonumber)) \(.summary.throughput)"' "$work/record.json" >> "$work/$name.rows"
}
for _ in $(seq "$rounds"); do
    for threads in 1 2; do
        measured "rate-$threads" --rate "$((rate * threads))/s" --max-users 200
        measured "fast-$threads" --users 50
    done
done

column() { cut -d' ' -f"$2" "$work/$1.rows" | median; }
echo "medians of $rounds rounds"
for load in rate fast; do
    for threads in 1 2; do
        printf '%s, %s thread(s)  %8.0f requests per CPU-second  %8.0f requests/s\n' $load $threads "$(column $load-$threads 1)" "$(column $load-$threads 2)"
    done
    awk -v one="$(column $load-1 1)" -v two="$(column $load-2 1)" 'BEGIN { printf "two threads / one, per CPU-second = %.2f\n", two / one }'
done
