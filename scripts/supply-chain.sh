#!/usr/bin/env bash
# What is shipped is made of: the lists of components and licences (CycloneDX, target/release-files/lists), banned crates, foreign
# sources, and published advisories where their database is at hand or can be fetched. Records line 30 of the scoreboard.
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
score() { [ -z "${HAUBERT_SCORES:-}" ] || cargo run --quiet --locked -p haubert-score -- record "$@"; }
out=target/release-files/lists
cargo run --quiet --locked -p haubert-release -- components --out "$out"
echo "components and licences: $out"
if ! cargo deny --version >/dev/null 2>&1; then
  echo 'cargo-deny is not installed: bans, sources and advisories are not checked (cargo install --locked cargo-deny)' >&2
  exit 1
fi

if cargo deny --locked --offline check bans licenses sources; then
  score "30.bans" held 'none banned, all from crates.io, all licences accepted'
else
  score "30.bans" missed 'see cargo deny check bans licenses sources'
  exit 1
fi
# Its control: a rule against a crate that is there must be broken.
forbidden=$(mktemp --suffix=.toml)
trap 'rm -f "$forbidden"' EXIT
printf '[bans]\ndeny = [{ name = "rustls" }]\n' >"$forbidden"
if cargo deny --locked --offline --config "$forbidden" check bans >/dev/null 2>&1; then
  score "30.bans-control" missed 'a ban on a crate that is used was not noticed'
  exit 1
fi
score "30.bans-control" held 'a ban on a crate that is used is noticed'

# The folder is not there before the first fetch.
at_hand() { find "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" -maxdepth 1 -name 'advisory-db-*' 2>/dev/null | head -n 1 || true; }
timeout 120 cargo deny --locked fetch db >/dev/null 2>&1 || echo 'the database of advisories (github.com/RustSec/advisory-db) cannot be fetched'
database=$(at_hand)
if [ -z "$database" ]; then
  echo 'and there is none at hand: ADVISORIES WERE NOT CHECKED'
  exit 0
fi
day=$(git -C "$database" log -1 --format=%cs)
echo "advisories up to $day"
justified=$(grep -c '^ *{ id = "RUSTSEC-' deny.toml || true)
if cargo deny --locked --offline check advisories; then
  score "30.advisories" held "none but $justified justified in deny.toml; database of $day"
else
  score "30.advisories" missed "see cargo deny check advisories; database of $day"
  exit 1
fi
# Its control: without the justification the same check fails.
grep -v '^ *{ id = "RUSTSEC-' deny.toml >"$forbidden"
if [ "$justified" != 0 ]; then
  if cargo deny --locked --offline --config "$forbidden" check advisories >/dev/null 2>&1; then
    score "30.advisories-control" missed 'the advisory that is justified is not found without its justification'
    exit 1
  fi
  score "30.advisories-control" held 'the advisory that is justified is found without its justification'
fi
