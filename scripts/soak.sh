#!/usr/bin/env bash
# Measures the lines of the scoreboard in full, keeps what was reached and writes SCOREBOARD.md.
# Usage: scripts/soak.sh [PART OF A NAME]      Default: everything (some hours).
# A name is that of a test, of a bench section, of a file of browser scenes or of a script; see tools/score/lines.
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
only=${1:-}
scripts/build.sh
cargo build --quiet --locked -p haubert-score
score=$PWD/target/debug/haubert-score
HAUBERT_SCORES=$(mktemp -d)
export HAUBERT_SCORES HAUBERT_SOAK=1
trap 'rm -rf "$HAUBERT_SCORES"' EXIT
planned() { "$score" plan "$1" | grep -F -- "$only" || true; }
failed=0

filter=$(planned tests | sed 's/.*/test(=&)/' | paste -sd '|')
[ -z "$filter" ] || cargo nextest run --locked --workspace --profile soak --run-ignored all -E "$filter" || failed=1

mapfile -t scripts < <(planned scripts)
for script in "${scripts[@]}"; do "scripts/$script" || failed=1; done

mapfile -t scenes < <(planned browser)
[ ${#scenes[@]} -eq 0 ] || npm test --silent --prefix web -w e2e -- "${scenes[@]}" || failed=1

sections=$(planned benches | paste -sd ',')
[ -z "$sections" ] || scripts/bench.sh "$sections" || failed=1

machine=$(awk -F': *' '/model name/ {print $2; exit}' /proc/cpuinfo)
"$score" keep "$HAUBERT_SCORES" --only "$only" --date "$(date -u +%F)" --commit "$(git rev-parse --short HEAD)" \
  --machine "$machine, $(nproc) cores, $(awk '/MemTotal/ {printf "%d GiB", $2 / 1048576}' /proc/meminfo), Linux $(uname -r)"
exit "$failed"
