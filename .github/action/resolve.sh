#!/usr/bin/env bash
# Finds what the change is compared with, and puts it where a step without a token can use it: the base commit into a
# folder beside the checkout (paired), stored records into a folder (history). Outputs `base-dir` or `store`,
# `comparison`, `base-branch`, `base-sha`, `accepted-by`, `waivers`, `base-waivers`; an `exit-code` where there must be no run.
set -euo pipefail

# In a job with a container the checkout belongs to another user, and git would refuse to read it.
configured=${GIT_CONFIG_COUNT:-0}
export "GIT_CONFIG_KEY_$configured=safe.directory" "GIT_CONFIG_VALUE_$configured=*" GIT_CONFIG_COUNT=$((configured + 2))
# Hooks are code of the repository: none runs beside a token, and none that fails costs the base.
export "GIT_CONFIG_KEY_$((configured + 1))=core.hooksPath" "GIT_CONFIG_VALUE_$((configured + 1))=/dev/null"

output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }
warn() { echo "::warning title=loadline::$1"; }

# A git that may read a private repository, without the token on any command line.
git_with_token() {
    local key="http.${GITHUB_SERVER_URL:-https://github.com}/.extraheader" basic
    basic=$(printf 'x-access-token:%s' "${GITHUB_TOKEN:-}" | base64 | tr -d '\n')
    if [ -z "${GITHUB_TOKEN:-}" ] || [ -n "$(git config --get "$key" || true)" ]; then
        git "$@" # nothing to add, or the checkout has left its own there
    else
        (
            export "GIT_CONFIG_KEY_$GIT_CONFIG_COUNT=$key" "GIT_CONFIG_VALUE_$GIT_CONFIG_COUNT=AUTHORIZATION: basic $basic"
            GIT_CONFIG_COUNT=$((GIT_CONFIG_COUNT + 1)) git "$@"
        )
    fi
}

# Fetches a commit that isn't here yet.
fetch() { git cat-file -e "$1^{commit}" 2>/dev/null || git_with_token fetch --quiet --no-tags --depth=1 origin "$1"; }

# Puts a commit into a folder of its own, and names the working folder in it.
check_out() {
    local sha=$1 folder=$LOADLINE_FOLDER/base
    fetch "$sha" || return 1
    git worktree add --quiet --detach "$folder" "$sha" || return 1
    folder=$folder/$(git rev-parse --show-prefix)
    [ -d "$folder" ] && output base-dir "${folder%/}"
}

# Where stored records are read from: what git fetches is all of the branch at once; the API, in case git can't, takes a
# request for each record, and a repository has a thousand an hour.
records_from() {
    local folder=$LOADLINE_FOLDER/.data # no branch is called that
    if git_with_token fetch --quiet --no-tags --depth=1 origin "refs/heads/$LOADLINE_DATA_BRANCH" 2>/dev/null &&
        git worktree add --quiet --detach "$folder" FETCH_HEAD; then
        echo "$folder"
    else
        echo "branch:$LOADLINE_DATA_BRANCH"
    fi
}

# Stored records as a folder. Where there are none, those of the checkout are used, if it has any.
fetch_records() {
    local into=$LOADLINE_FOLDER/$LOADLINE_DATA_BRANCH
    [ -n "$LOADLINE_DATA_BRANCH" ] || return 0 # the folder of the checkout is used, where there is one
    mkdir -p "$into"
    if ! LOADLINE_BASE_SHA=$(value ancestors) \
        "$LOADLINE_BINARY" baseline fetch --store "$(records_from)" --into "$into" --baseline-branch "$base_branch"; then
        warn 'The stored baselines could not be read; see the log of this step'
        output store "$LOADLINE_FOLDER/unreadable" # nothing is there: a part of the records would be another baseline
        return 0
    fi
    if [ -n "$(find "$into" -name '*.json' -print -quit)" ] || [ ! -d baselines ]; then
        output store "$into"
    else
        echo "no record on $LOADLINE_DATA_BRANCH: the folder baselines of the checkout is used"
        [ -z "${LOADLINE_STORE:-}" ] || output store baselines # what is named can't be read without a token
    fi
}

# What the base accepts. What a pull request adds to that is shown as added, and counts only where it comes from no fork.
base_waivers() {
    local sha=$1 trusted=$2 file=${LOADLINE_WAIVERS:-.loadline/waivers.yml} into=$LOADLINE_FOLDER/base-waivers.yml
    case $file in /*) return 0 ;; esac # none of the repository's
    echo '# none' >"$into"
    if [ -n "$sha" ] && fetch "$sha"; then
        git show "$sha:./$file" >"$into.read" 2>/dev/null && mv "$into.read" "$into"
    elif [ "$trusted" = true ]; then
        return 0 # which are added can't be told
    fi
    if [ "$trusted" = true ]; then output base-waivers "$into"; else output waivers "$into"; fi
}

# A store that the workflow names takes the place of the branch of baselines; a folder can be read without a token.
case ${LOADLINE_STORE:-} in
    '') ;;
    branch:*) LOADLINE_DATA_BRANCH=${LOADLINE_STORE#branch:} ;;
    *) LOADLINE_DATA_BRANCH= ;;
esac

comparison=${LOADLINE_COMPARISON:-paired}
# A baseline is the record of an ordinary run: a paired one has another load. And what runs elsewhere can't be started twice.
if [ "$LOADLINE_MODE" = baseline ] || [ -n "${LOADLINE_TARGET:-}" ]; then comparison=history; fi

found=$LOADLINE_FOLDER/resolved
code=0
"$LOADLINE_BINARY" base --base "${LOADLINE_ASKED_BASE:-auto}" --comparison "$comparison" --format outputs >"$found" || code=$?
if [ "$code" != 0 ]; then
    output exit-code "$code"
    output verdict error
    exit 0
fi
value() { sed -n "s/^$1=//p" "$found" | head -n 1; }
mode=$(value mode)
base_branch=${LOADLINE_BASELINE_BRANCH:-$(value base_branch)}
output base-branch "$base_branch"
output accepted-by "$(value accepted_by)"

[ "$mode" != none ] || output comparison none
[ -z "$(value pull_request)" ] || base_waivers "$(value base_sha)" "$(value trusted)"

if [ "$mode" = paired ]; then
    if check_out "$(value base_sha)"; then
        echo "compared with $(value base_sha), which runs beside it"
    else
        warn "The base commit could not be checked out; the run is compared with stored runs instead"
        mode=history
    fi
fi
if [ "$mode" = history ]; then
    output base-sha "$(value ancestors)"
    fetch_records
fi
