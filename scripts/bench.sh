#!/usr/bin/env bash
# Builds the programs as they are shipped and measures them. Usage: scripts/bench.sh [SECTION,…]
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
scripts/web.sh
cargo build --quiet --locked --release -p haubert-gateway -p haubert-hub -p haubert-plant -p haubert-bench
exec target/release/haubert-bench ${1:+--only "$1"}
