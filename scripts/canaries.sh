#!/usr/bin/env bash
# Counts the looks for secrets that the suite has taken (tools/testkit/src/canary.rs): each program that a test starts is searched
# (command line, environment, log) for every password, key and token that the test gave it or got from it. A find fails the test
# itself; here is the sum, for the scoreboard. Without a run before, the whole-system tests are run.
set -euo pipefail
cd "$(dirname "$0")/.."
looks=${HAUBERT_LOOKS:-${HAUBERT_SCORES:+$HAUBERT_SCORES/looks}}
if [ -z "$looks" ] || [ ! -s "$looks" ]; then
  looks=$(mktemp)
  HAUBERT_LOOKS=$looks cargo nextest run --locked -p haubert-system-tests
fi
read -r programs bytes secrets leaks < <(awk -F'\t' '{b += $2; s += $3; l += $4} END {printf "%d %d %d %d\n", NR, b, s, l}' "$looks")
held=false
[ "$programs" -gt 0 ] && [ "$leaks" -eq 0 ] && held=true
figure="$leaks found in $programs runs of programs: $bytes bytes of log, command lines, environments; $secrets searches for a secret"
echo "$figure"
if [ -n "${HAUBERT_SCORES:-}" ]; then
  printf '{"id":"%s","held":%s,"figure":"%s"}\n' "25.suite" "$held" "$figure" > "$HAUBERT_SCORES/25.suite.json"
fi
[ "$held" = true ]
