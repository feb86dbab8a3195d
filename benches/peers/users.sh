#!/usr/bin/env bash
# Many users: each asks once a second. USERS=1000 and the like for other numbers.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
users=${USERS:-10000}
cat > "$work/users.yml" <<SCENARIO
name: users
target: http://127.0.0.1:$port
users:
  reader:
    think_time: 1s
    tasks: [{get: /}]
load: {users: $users, spawn_rate: $((users / 5))/s, duration: 15s}
SCENARIO

loadline "$work/users.yml"
read -r cpu memory < "$work/loadline.cost"
jq -r --arg cpu "$cpu" --arg memory "$memory" --arg users "$users" '.summary |
    "\($users) users: \(.throughput | round) requests/s, error rate \(.error_rate), p50 \(.p50_latency * 1e5 | round / 100) ms, p99 \(.p99_latency * 1e5 | round / 100) ms, \($cpu) CPU-seconds, \($memory) MiB"' \
    "$work/record.json"
