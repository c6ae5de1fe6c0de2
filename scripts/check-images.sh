#!/bin/sh
# Rebuilds the committed guest images and compares them byte for byte.
# Status 0: the same. 1: they differ. 2: can't tell, because the tools are missing or are other versions than those that made them.
set -eu
cd "$(dirname "$0")/../guest"

compiler="${CROSS:-aarch64-linux-gnu-}gcc"
if ! command -v "$compiler" >/dev/null 2>&1; then
  echo "check-images: there is no $compiler here, so guest/images can't be rebuilt (scripts/get-tools.sh installs it)" >&2
  exit 2
fi
made_by=$(cat images/tools)
have=$(make -s tools)
if [ "$made_by" != "$have" ]; then
  echo "check-images: guest/images were made by $made_by and here is $have, so their bytes can't be compared" >&2
  exit 2
fi

# In a folder of its own: what lies in build/ may be stale.
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
for image in $(make -s image-names); do
  make -s BUILD="$build" "$build/images/$image"
  if ! cmp "$build/images/$image" "images/$image"; then
    echo "check-images: guest/images/$image is not what guest/ builds; run 'make -C guest images' and commit the result" >&2
    exit 1
  fi
done
