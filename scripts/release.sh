#!/usr/bin/env bash
# Builds what is shipped, lists components and licences, and signs a bundle. Keys and roots are given by their folders and never lie
# in the repository:
#   KEYS=/media/keys ROOTS=/media/roots NUMBER=7 scripts/release.sh
# With ROOTS the newest root is built in: then no other one can be configured (ADR 23). Without KEYS nothing is signed, and everything
# else is made, in target/release-files.
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
files=$PWD/target/release-files/haubert-gateway-$version
rm -rf "$files" && mkdir -p "$files"
scripts/web.sh
if [ -n "${ROOTS:-}" ]; then
  newest=$(find "$ROOTS" -maxdepth 1 -name '*.root.json' -printf '%f\n' | sort -n | tail -n 1)
  [ -n "$newest" ] || { echo "release: $ROOTS has no root" >&2; exit 1; }
  HAUBERT_SUPPLIER_ROOT=$(realpath "$ROOTS/$newest")
  export HAUBERT_SUPPLIER_ROOT
  echo "built in: $newest"
fi
scripts/shipped.sh 1
strip -o "$files/haubert-gateway" target/shipped/1/release/haubert-gateway
scripts/supply-chain.sh
cp target/release-files/lists/* "$files/"
# The launcher is installed beside the slots, and is no part of a bundle.
strip -o "target/release-files/haubert-slot-$version" target/shipped/1/release/haubert-slot
(cd "$files" && sha256sum ./* "../haubert-slot-$version") >"$files.sha256"
echo "files: $files, and haubert-slot-$version beside it"
if [ -n "${KEYS:-}" ]; then
  cargo run --quiet --locked -p haubert-release -- bundle --roots "${ROOTS:?}" --keys "$KEYS" --files "$files" \
    --release "$version" --number "${NUMBER:?}" --out "$files.haubert"
  echo "bundle: $files.haubert"
fi
