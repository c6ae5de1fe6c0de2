#!/bin/sh
# Gets what the tests compare with: programs by apt, and Debian's kernel into the cache, unless they are there already.
set -eu
cd "$(dirname "$0")/.."
scripts/get-tools.sh
[ -f "${XDG_CACHE_HOME:-$HOME/.cache}/trapeze/debian/manifest.json" ] || node bin/trapeze.js get debian
