#!/usr/bin/env bash
# Formatting, lints and types of both languages; banned crates, foreign sources and licences (scripts/supply-chain.sh has the advisories).
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
echo '== rustfmt' && cargo fmt --all --check
echo '== clippy' && cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
echo '== svelte-check' && npm run --silent check --prefix web --workspaces --if-present
echo '== cargo-deny' && cargo deny --locked --offline check bans licenses sources
