#!/usr/bin/env bash
# Posts what was found out: summary, annotations, comment, status, outputs. That it can't never changes the verdict.
set -euo pipefail

# In a job with a container the checkout belongs to another user, and git would refuse to read it.
configured=${GIT_CONFIG_COUNT:-0}
export "GIT_CONFIG_KEY_$configured=safe.directory" "GIT_CONFIG_VALUE_$configured=*" GIT_CONFIG_COUNT=$((configured + 1))

arguments=(publish "$LOADLINE_FOLDER/report")
if [ "$LOADLINE_MODE" = publish ]; then
    # What a fork measured is judged by the files of this checkout.
    arguments+=(--from-fork)
    while IFS= read -r file; do
        [ -z "$file" ] || arguments+=(--scenario "$file")
    done < <(sed 's/^[[:space:]]*//; s/[[:space:]]*$//' <<<"$LOADLINE_FILES")
    store=branch:$LOADLINE_DATA_BRANCH
    if [ -n "${LOADLINE_STORE:-}" ] || [ -z "$LOADLINE_DATA_BRANCH" ]; then
        store=
    elif [ -d baselines ]; then
        # As for a run: where there is no record on the branch, the folder of the checkout is used.
        case $("$LOADLINE_BINARY" baseline list --store "$store" || true) in 'nothing is stored in '*) store= ;; esac
    fi
    [ -z "$store" ] || arguments+=(--store "$store")
fi
# What fails nothing sets no status that fails.
[ "$LOADLINE_MODE" != report ] || arguments+=(--report-only)
# A step that measures and says nothing was cancelled.
[ "$LOADLINE_MODE" = publish ] || export LOADLINE_EXIT_CODE=${LOADLINE_EXIT_CODE:-130}
code=0
"$LOADLINE_BINARY" "${arguments[@]}" || code=$?
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
[ "$code" = 0 ] || echo "::warning title=loadline::The report could not be posted; the log of this step says why"
