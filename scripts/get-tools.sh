#!/bin/sh
# Installs what the tests, the benchmarks and the guest programs need from Debian or Ubuntu, and nothing when all of it is there.
# usage: scripts/get-tools.sh [--check]     --check only says what is missing (status 1 when something is)
set -eu

missing=""
need() { # command package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
need aarch64-linux-gnu-objdump binutils-aarch64-linux-gnu
need qemu-system-aarch64 qemu-system-arm
need qemu-aarch64 qemu-user
need dtc device-tree-compiler
need gdb-multiarch gdb-multiarch
need make make
need cpio cpio
need xxhsum xxhash
need chromium chromium

[ -n "$missing" ] || exit 0

fail() {
  echo "get-tools: $1" >&2
  exit 1
}

[ "${1:-}" != "--check" ] || fail "missing packages:$missing (scripts/get-tools.sh installs them)"
command -v apt-get >/dev/null 2>&1 || fail "there is no apt-get here; install by hand what these Debian packages hold:$missing"

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || fail "installing$missing needs root, and there is no sudo"
  as_root="sudo"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # $missing is a list of words, $as_root may be empty
if ! { $as_root apt-get -qq update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 5 "$log" >&2
  fail "apt-get could not install$missing (its last words are above)"
fi
