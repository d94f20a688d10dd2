#!/usr/bin/env bash
# Coverage-guided fuzzing of every parser of outside bytes (fuzz/): each target for so many seconds, one after the other. What it
# finds stays in fuzz/artifacts, what it learns in fuzz/corpus. Fails when a target crashes, hangs or takes too much memory.
# Usage: scripts/fuzz.sh [SECONDS_PER_TARGET] [TARGET...]      Default: 600, all targets.
# The target planted_fault holds a fault on purpose: the control that a fault would be found.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
shift $(($# > 0 ? 1 : 0))
say() { printf 'fuzz: %s\n' "$*" >&2; }
die() { say "missing: $*"; exit 1; }
case $seconds in '' | 0 | *[!0-9]*) say "seconds per target, from 1: not '$seconds'"; exit 2 ;; esac

# --- What it needs ---------------------------------------------------------------------------------------------------
export PATH="$PATH:$HOME/.cargo/bin"
for tool in cc c++ perl pkg-config; do command -v "$tool" >/dev/null || die "$tool (scripts/setup.sh build brings it)"; done
command -v rustup >/dev/null || die "rustup, for a nightly Rust (https://rustup.rs)"
if ! cargo +nightly --version >/dev/null 2>&1; then
  say "installing Rust (nightly) with rustup"
  rustup toolchain install nightly --profile minimal >&2 || die "a nightly Rust: rustup cannot reach its server"
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  say "building cargo-fuzz from crates.io (once, some minutes)"
  cargo install --locked --quiet cargo-fuzz || die "cargo-fuzz from crates.io"
fi

# --- Build -----------------------------------------------------------------------------------------------------------
if [ $# -gt 0 ]; then targets=("$@"); else mapfile -t targets < <(cargo +nightly fuzz list); fi
[ ${#targets[@]} -gt 0 ] || die "targets (cargo fuzz list)"
logs=fuzz/target/logs
mkdir -p "$logs"
# The programs are kept beside, so that a run is of one state of the sources. HAUBERT_FUZZ_BUILT=1: those of the last build.
programs=fuzz/target/programs
if [ -z "${HAUBERT_FUZZ_BUILT:-}" ]; then
  triple=$(rustc -vV | sed -n 's/^host: //p')
  say "building the targets (the first time takes minutes)"
  cargo +nightly fuzz build >"$logs/build.log" 2>&1 || { tail -n 30 "$logs/build.log" >&2; say "cannot build the targets (see $logs/build.log)"; exit 1; }
  mkdir -p "$programs"
  for target in "${targets[@]}"; do cp "fuzz/target/$triple/release/$target" "$programs/"; done
fi

# --- Run -------------------------------------------------------------------------------------------------------------
# Longest input in bytes: past what the parser accepts, or past what makes a difference to it.
longest() {
  case $1 in
    modbus_* | names | registers) echo 1024 ;;
    profile) echo 70000 ;;
    *) echo 8192 ;;
  esac
}
stat_of() { sed -n "s/^stat::$1: *//p" "$2" | tail -n 1; }

TIMEFORMAT=%U
[ -z "${HAUBERT_SCORES:-}" ] || [ -x target/debug/haubert-score ] || cargo build --quiet --locked -p haubert-score
record() {
  [ -z "${HAUBERT_SCORES:-}" ] || target/debug/haubert-score record "$@"
}

failed=()
for target in "${targets[@]}"; do
  log=$logs/$target.log
  mkdir -p "fuzz/corpus/$target"
  cp -r "fuzz/seeds/$target/." "fuzz/corpus/$target/"
  began=$SECONDS
  verdict=ok
  expected=ok
  [ "$target" != planted_fault ] || expected=FAILED
  # Our largest inputs decode to some MiB: 2 GiB with the sanitizer's own, 256 MiB at once and 10 s are far beyond honest work.
  mkdir -p "fuzz/artifacts/$target"
  { time ASAN_OPTIONS=detect_odr_violation=0 "$programs/$target" -artifact_prefix="fuzz/artifacts/$target/" \
    -max_total_time="$seconds" -max_len="$(longest "$target")" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256 \
    -print_final_stats=1 -verbosity=1 "fuzz/corpus/$target" >"$log" 2>&1; } 2>"$log.cpu" || verdict=FAILED
  cpu=$(cut -d. -f1 "$log.cpu")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  runs=$(stat_of number_of_executed_units "$log")
  printf '%-16s %-6s %12s executions  %6s edges covered  %5d s\n' "$target" "$verdict" "${runs:-?}" "${coverage:-?}" $((SECONDS - began))
  outcome=held
  [ "$verdict" = "$expected" ] || outcome=missed
  record "15.$target" "$outcome" "$verdict: ${runs:-?} executions in $((SECONDS - began)) s ($cpu s of CPU), ${coverage:-?} edges covered"
  if [ "$verdict" != "$expected" ]; then
    failed+=("$target")
    grep -E -m 4 'panicked at|ERROR: |assertion|Test unit written' "$log" || tail -n 5 "$log"
    say "details in $log; again with: cargo +nightly fuzz run $target fuzz/artifacts/$target/<file>"
  fi
done
[ ${#failed[@]} -eq 0 ] || { say "failed: ${failed[*]}"; exit 1; }
