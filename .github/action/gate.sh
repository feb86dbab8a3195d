#!/usr/bin/env bash
# The last step: exits with what the run exited with.
set -euo pipefail

code=${LOADLINE_EXIT_CODE:-}
case $code in
    0) exit 0 ;;
    1)
        [ "$LOADLINE_MODE" != report ] || exit 0
        what='A threshold, a verify step or the comparison failed'
        ;;
    2) what='The scenario or an input is wrong; no load was sent' ;;
    3) what='The run is invalid or could not be carried out' ;;
    130) what='The run was interrupted' ;;
    '')
        code=3
        what='The run has not ended'
        ;;
    101) what='This is a bug in loadline' ;;
    *) what='loadline was ended from outside, as by a machine that is out of memory' ;;
esac
echo "::error title=loadline (exit code $code)::$what; the summary of this job says more"
exit "$code"
