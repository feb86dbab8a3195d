# Sourced by the scripts beside it: one nginx on a core of its own, one tool at a time on another, and what that tool cost.
#
# The first argument of every script is the program to measure; without one it is the release build. A script that needs more of
# nginx than a small answer says what in `locations`, and finds its files in $work/www.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=$(realpath "${1:-target/release/loadline}")
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-4}
port=${PORT:-18099}
url=http://127.0.0.1:$port/
work=$(mktemp -d)
mkdir "$work/www"
chmod a+x "$work" # for the workers of an nginx that root starts

fail() { echo "$*" >&2; exit 2; }
for need in nginx jq taskset /usr/bin/time curl; do command -v "$need" >/dev/null || fail "$need is not installed"; done
[ -x "$program" ] || fail "$program is not there: cargo build --release"
[ "$(nproc)" -ge 2 ] || fail "two cores are needed: one for the server, one for the tool"
ulimit -n "$(ulimit -Hn)"

# A small answer from memory, on core 0; connections stay open as long as anybody wants them.
cat > "$work/nginx.conf" <<CONF
daemon off; worker_processes 1; worker_cpu_affinity 01; pid $work/pid; error_log $work/error.log;
events { worker_connections 40000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 900s;
  client_body_temp_path $work/www; proxy_temp_path $work/www; fastcgi_temp_path $work/www; uwsgi_temp_path $work/www; scgi_temp_path $work/www;
  server {
    listen 127.0.0.1:$port backlog=32768;
    location / { default_type application/json; return 200 '{"id":7,"token":"2f9c1b","name":"lamp","stock":12}'; }
    ${locations:-}
  }
}
CONF
nginx -p "$work" -c nginx.conf &
nginx=$!
trap 'kill $nginx 2>/dev/null || true; wait $nginx 2>/dev/null || true; rm -rf "$work"' EXIT
until curl --silent --fail --output /dev/null "$url"; do
    kill -0 $nginx 2>/dev/null || { cat "$work/error.log" >&2; fail "nginx did not start on port $port"; }
    sleep 0.05
done

# on_its_core NAME COMMAND..: its output goes to NAME.out; "cpu-seconds MiB" to NAME.cost. Its core is 1, or those in `cores`.
on_its_core() {
    local name=$1
    shift
    /usr/bin/time -f '%U %S %M' -o "$work/$name.time" taskset -c "${cores:-1}" "$@" > "$work/$name.out" 2>&1 || fail "$name: exit code $?: $(tail -5 "$work/$name.out")"
    tail -1 "$work/$name.time" | awk '{ printf "%.3f %.1f\n", $1 + $2, $3 / 1024 }' > "$work/$name.cost"
}

# loadline ARGUMENTS..: a run whose record is $work/record.json, on one generator thread, or as many as `threads` says.
loadline() {
    on_its_core loadline "$program" run "$@" --threads "${threads:-1}" --quiet --on-saturation warn --out "$work/report" --json "$work/record.json"
}

installed() { command -v "$1" >/dev/null || { case " ${skipped:-} " in *" $1 "*) ;; *) skipped="${skipped:-} $1"; echo "not installed, left out: $1" >&2 ;; esac; return 1; }; }

# The median of numbers, one a line.
median() { sort -g "$@" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
