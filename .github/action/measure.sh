#!/usr/bin/env bash
# Runs the load. The verdict is an output (`exit-code`, `verdict`) and fails nothing yet: the report comes first.
set -euo pipefail

# In a job with a container the checkout belongs to another user, and git would refuse to read it.
configured=${GIT_CONFIG_COUNT:-0}
export "GIT_CONFIG_KEY_$configured=safe.directory" "GIT_CONFIG_VALUE_$configured=*" GIT_CONFIG_COUNT=$((configured + 1))

report=$LOADLINE_FOLDER/report
arguments=(run --out "$report")
files=()
while IFS= read -r line; do
    line=${line%$'\r'}
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || files+=("$line")
done <<<"$LOADLINE_FILES"

# Set for the job, and refused where nothing runs side by side: neither what the action found nor what the workflow names.
beside=${LOADLINE_BASE_DIR:-}${LOADLINE_BASE:-}${LOADLINE_BASE_COMMAND:-}
[ -n "$beside" ] || unset LOADLINE_BUDGET
# The reverse: the load beside a base has its own length.
for name in LOADLINE_DURATION LOADLINE_WARMUP LOADLINE_SPAWN_RATE LOADLINE_ITERATIONS; do
    if [ -n "$beside" ] && [ -n "${!name:-}" ]; then
        unset "$name"
        echo "::notice title=loadline::$name is not used beside a base: LOADLINE_BUDGET says how long that takes"
    fi
done

# Neither credentials of the workflow nor the ways to steer the runner reach the program that starts the service.
withheld=()
while IFS= read -r name; do
    case $name in
        GITHUB_TOKEN | GH_TOKEN | GITHUB_ENV | GITHUB_OUTPUT | GITHUB_PATH | GITHUB_STATE | GITHUB_STEP_SUMMARY | ACTIONS_* | INPUT_*)
            withheld+=(-u "$name")
            ;;
    esac
done < <(compgen -e)

# What a service or a scenario says must not be read as a command to the runner.
mark=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$mark"
# On the path, so that a scenario can name `loadline demo` as its service. As the shell writes it: on Windows the folder has a colon.
PATH=$(cd "$(dirname "$LOADLINE_BINARY")" && pwd):$PATH
env "${withheld[@]}" "$LOADLINE_BINARY" "${arguments[@]}" -- ${files[@]+"${files[@]}"} &
run=$!
# A job that is cancelled tells this process alone, and leaves some seconds to write down what was measured.
trap 'kill -INT "$run" 2>/dev/null || true' INT TERM
while :; do
    wait "$run" && code=0 || code=$?
    kill -0 "$run" 2>/dev/null || break # else the wait itself was interrupted
done
echo "::$mark::"

case $code in
    0) verdict=passed ;;
    1) verdict=failed ;;
    3) verdict=invalid ;;
    130) verdict=interrupted ;;
    *) verdict=error ;;
esac
{
    echo "exit-code=$code"
    echo "verdict=$verdict"
    if [ -f "$report/report.html" ]; then
        echo "folder=$report"
        echo "report=$report/report.html"
        # Of several scenarios each has a record of its own: then the folder is named.
        if [ -f "$report/record.json" ]; then echo "record=$report/record.json"; else echo "record=$report"; fi
    fi
} >>"$GITHUB_OUTPUT"
