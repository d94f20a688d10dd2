#!/usr/bin/env bash
# Builds, lists components and licences, and signs a bundle. Keys and roots are given by their folders and never lie in the repository:
#   KEYS=/media/keys ROOTS=/media/roots NUMBER=7 scripts/release.sh
# Without KEYS everything but the signature is made, in target/release-files.
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
files=target/release-files/haubert-gateway-$version
rm -rf "$files" && mkdir -p "$files"
scripts/web.sh
cargo build --quiet --locked --release -p haubert-gateway -p haubert-update --bins
strip -o "$files/haubert-gateway" target/release/haubert-gateway
scripts/supply-chain.sh
cp target/release-files/lists/* "$files/"
(cd "$files" && sha256sum ./*) >"$files.sha256"
echo "files: $files"
if [ -n "${KEYS:-}" ]; then
  cargo run --quiet --locked -p haubert-release -- bundle --roots "${ROOTS:?}" --keys "$KEYS" --files "$files" \
    --release "$version" --number "${NUMBER:?}" --out "$files.haubert"
  echo "bundle: $files.haubert"
fi
