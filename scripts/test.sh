#!/usr/bin/env bash
# Everything that CI checks. Each step says its name; the closing lines of nextest and Playwright are repeated at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
mkdir -p target/reports
scripts/build.sh
scripts/lint.sh
echo '== web unit tests' && npm test --silent --prefix web
export HAUBERT_LOOKS=$PWD/target/reports/looks
rm -f "$HAUBERT_LOOKS"
echo '== Rust tests' && cargo nextest run --locked --workspace --color never 2>&1 | tee target/reports/nextest.log
echo '== secrets in logs, command lines, environments' && scripts/canaries.sh
echo '== browser tests' && npm test --silent --prefix web -w e2e 2>&1 | tee target/reports/playwright.log
echo '== summary'
grep -E '^ *Summary' target/reports/nextest.log
grep -E '^ *[0-9]+ (passed|failed|flaky|skipped)' target/reports/playwright.log
