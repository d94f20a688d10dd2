#!/usr/bin/env bash
# Licences, sources and advisories of what is shipped. The licences are checked by our own tool in any case; cargo-deny adds banned
# crates, foreign sources and published advisories, when it is installed (cargo install --locked cargo-deny).
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
out=target/release-files/lists
cargo run --quiet --locked -p haubert-release -- components --out "$out"
echo "components and licences: $out"
if cargo deny --version >/dev/null 2>&1; then
  cargo deny --locked check
else
  echo 'cargo-deny is not installed: advisories, bans and sources are not checked'
fi
