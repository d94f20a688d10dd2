#!/usr/bin/env bash
# The web apps first, since the programs carry them; then the programs, in the profile that the tests use too.
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
scripts/web.sh
cargo build --quiet --locked --workspace --bins
