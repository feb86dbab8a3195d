#!/usr/bin/env bash
# What a second generator thread costs: requests per second of CPU time with one thread and with two, tool and server free to
# use all cores. Threads that got in each other's way would need more CPU time for each request. On a machine with a core for
# each of them and one for the server, a ratio of 0.9 is 1.8 times the throughput.
#
# At a rate: two threads send twice what one sends, so that each has as much to do, and together with the server less than two
# cores can do. As fast as it goes: 50 users who wait for nothing, where on two cores two threads and the server fight for them.
# Large: the same users fetch 1 MiB of JSON that is sent compressed from a file and looked into, which takes hundred times as much of
# the tool as of the server: here two threads have two cores almost for themselves.
locations='location /large { root www; default_type application/json; add_header Content-Encoding gzip; }'
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cores=0-$(($(nproc) - 1))
rate=${RATE:-10000}
jq -nc '{items: [range(15000) | {id: ., name: "item \(.)", price: (. * 37 % 1000), tags: ["a", "b"]}], total: 15000}' | gzip > "$work/www/large"
cat > "$work/large.yml" <<SCENARIO
name: large
target: http://127.0.0.1:$port
users: {reader: {tasks: [{get: /large, check: {json: {$.total: 15000}}}]}}
load: {users: 50, duration: ${seconds}s}
SCENARIO

# measured NAME OPTIONS..: requests per CPU-second and requests per second, as a row of NAME.
measured() {
    local name=$1
    shift
    loadline "$@" --duration "${seconds}s"
    read -r cpu memory < "$work/loadline.cost"
    jq -r --arg cpu "$cpu" '"\(.summary.requests / ($cpu | tonumber)) \(.summary.throughput)"' "$work/record.json" >> "$work/$name.rows"
}
for _ in $(seq "$rounds"); do
    for threads in 1 2; do
        measured "rate-$threads" "$url" --rate "$((rate * threads))/s" --max-users 200
        measured "fast-$threads" "$url" --users 50
        measured "large-$threads" "$work/large.yml"
    done
done

column() { cut -d' ' -f"$2" "$work/$1.rows" | median; }
echo "medians of $rounds rounds"
for load in rate fast large; do
    for threads in 1 2; do
        printf '%s, %s thread(s)  %8.0f requests per CPU-second  %8.0f requests/s\n' $load $threads "$(column $load-$threads 1)" "$(column $load-$threads 2)"
    done
    for what in 1 2; do
        awk -v one="$(column $load-1 $what)" -v two="$(column $load-2 $what)" 'BEGIN { printf "%.2f ", two / one }'
    done
    echo "times as many with two threads: per CPU-second, and in all"
done
