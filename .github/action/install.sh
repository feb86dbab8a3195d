#!/usr/bin/env bash
# Finds or downloads loadline. Outputs `binary`, and `folder`: a new folder for the files of this use of the action.
set -euo pipefail

action=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
    echo "::error title=loadline is not installed::$1"
    exit 3
}

case ${LOADLINE_MODE:-} in
    gate | report | baseline | publish) ;;
    *) fail 'The input mode must be gate, report, baseline or publish; no load was sent' ;;
esac

# A field of the package: name, version, address.
field() { sed -n "s/^$1 = \"\(.*\)\"$/\1/p" "$action/Cargo.toml" | head -n 1; }

platform() {
    local system
    case $(uname -s) in
        Linux) system=unknown-linux-musl ;;
        Darwin) system=apple-darwin ;;
        MINGW* | MSYS* | CYGWIN*) system=pc-windows-msvc ;;
        *) return 1 ;;
    esac
    case $(uname -m) in
        x86_64 | amd64) echo "x86_64-$system" ;;
        arm64 | aarch64) echo "aarch64-$system" ;;
        *) return 1 ;;
    esac
}

digest() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# Downloads the release for this machine and gives the path of its program. Nothing is unpacked before it is what the
# table beside this script says: the table is part of the commit that the workflow names.
download() {
    local version=$1 target archive expected base protocol found
    target=$(platform) || fail "There is no release for $(uname -s) on $(uname -m); build it, and name it with the input binary-path"
    archive=loadline-$version-$target.tar.gz
    expected=$(awk -v name="$archive" '$2 == name { print $1 }' "$action/.github/action/checksums.txt")
    [[ $expected =~ ^[0-9a-f]{64}$ ]] ||
        fail "This commit of the action knows no $archive; name a commit or tag of a release in uses:, or set version to source"
    base=${LOADLINE_DOWNLOAD_BASE:-$(field repository)/releases/download}
    # Without encryption only from this machine: a mirror, or a test.
    case $base in http://127.0.0.1:*) protocol='=http' ;; *) protocol='=https' ;; esac
    curl --proto "$protocol" --proto-redir "$protocol" --tlsv1.2 --fail --silent --show-error --location --retry 3 \
        --connect-timeout 20 --max-time 300 --output "$folder/$archive" "$base/v$version/$archive" ||
        fail "Downloading $archive failed; set LOADLINE_DOWNLOAD_BASE to a mirror, or binary-path to an installed loadline"
    found=$(digest "$folder/$archive")
    if [ "$found" != "$expected" ]; then
        rm -f "$folder/$archive"
        fail "$archive is not what was released: its SHA-256 is $found instead of $expected; nothing of it was run"
    fi
    # Through standard input: GNU tar takes what stands before a colon, as in `D:\a\_temp`, for a machine on the network.
    tar -xzf - -C "$folder" <"$folder/$archive" || fail "$archive can't be unpacked"
    rm -f "$folder/$archive"
    find "$folder" -type f \( -name loadline -o -name loadline.exe \) | head -n 1
}

build() {
    command -v cargo >/dev/null || fail 'Building from source needs Rust; install it in a step before, or name a version'
    cargo install --quiet --locked --path "$action" --root "$folder" >&2 || fail 'Building from source failed; see above'
    find "$folder/bin" -type f | head -n 1
}

folder=$(mktemp -d "${RUNNER_TEMP:-/tmp}/loadline-XXXXXX")
version=${LOADLINE_VERSION:-$(field version)}
if [ -n "${LOADLINE_BINARY_PATH:-}" ]; then
    case $LOADLINE_BINARY_PATH in
        /* | [A-Za-z]:*) binary=$LOADLINE_BINARY_PATH ;;
        *) binary=$PWD/$LOADLINE_BINARY_PATH ;;
    esac
elif [ "$version" = source ]; then
    binary=$(build) || { echo "$binary"; exit 3; }
elif [[ $version =~ ^v?([0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?)$ ]]; then
    binary=$(download "${BASH_REMATCH[1]}") || { echo "$binary"; exit 3; }
else
    fail 'The input version must look like 1.2.3, or be source'
fi

[ -f "$binary" ] && [ -x "$binary" ] || fail 'There is no program at binary-path; is it built in a step before?'
said=$("$binary" --version) || fail 'The program does not run on this machine'
echo "$said"
{
    echo "binary=$binary"
    echo "folder=$folder"
} >>"$GITHUB_OUTPUT"
