#!/usr/bin/env bash
# Adds the archives of a folder to the table of checksums; an archive that is in it already must not have changed.
#   record-checksums.sh FOLDER
set -euo pipefail

table=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/checksums.txt
for archive in "$1"/loadline-*.tar.gz; do
    name=$(basename "$archive")
    digest=$(sha256sum "$archive" | cut -d ' ' -f 1)
    known=$(awk -v name="$name" '$2 == name { print $1 }' "$table")
    if [ -z "$known" ]; then
        echo "$digest  $name" >>"$table"
    elif [ "$known" != "$digest" ]; then
        echo "::error::$name was released already, with another content"
        exit 1
    fi
done
