#!/usr/bin/env bash
# Builds the gateway and its launcher as they are shipped, into the target folder target/shipped/FOLDER. The same sources give the
# same bytes, whatever the folder is called: paths are replaced, and no time is kept but that of the commit.
# HAUBERT_SUPPLIER_ROOT names the supplier's root that is built in.
# Usage: scripts/shipped.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
folder=$PWD/target/shipped/${1:?a folder}
cargo_home=${CARGO_HOME:-$HOME/.cargo}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
export SOURCE_DATE_EPOCH
# One pass of LLVM leaves the order of what uses a value to chance (seen with Rust 1.95: `opt -O3` of one module, twice, differs, and
# does not without this pass). What it wins is little.
export RUSTFLAGS="--remap-path-prefix=$PWD=/haubert --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$folder=/build \
  -C llvm-args=-opt-disable=correlated-propagation"
# What is written in C gets canaries, which Debian's compiler leaves out by itself.
export CFLAGS="-fstack-protector-strong -ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$folder=/build"
CARGO_TARGET_DIR=$folder exec cargo build --quiet --locked --release -p haubert-gateway -p haubert-update --bins
