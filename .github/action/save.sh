#!/usr/bin/env bash
# Stores the records of this run as baselines of its branch. That it can't never changes the verdict.
set -euo pipefail

if [ -z "$LOADLINE_DATA_BRANCH" ]; then
    echo '::warning title=loadline saved no baseline::Name a branch with the input data-branch'
    exit 0
fi
"$LOADLINE_BINARY" baseline save --store "branch:$LOADLINE_DATA_BRANCH" "$LOADLINE_REPORT"/record*.json ||
    echo '::warning title=loadline saved no baseline::The log of this step says why'
