#!/usr/bin/env bash
# Builds what is shipped twice, from nothing, in two folders, and compares the bytes; then looks at how the programs are hardened.
# Takes half an hour and more, and records line 30 of the scoreboard. Usage: scripts/reproducible.sh [--hardening-only]
set -euo pipefail
cd "$(dirname "$0")/.."
. target/setup/env.sh
score() { [ -z "${HAUBERT_SCORES:-}" ] || cargo run --quiet --locked -p haubert-score -- record "$@"; }
failed=0
programs=(haubert-gateway haubert-slot)

# `grep -q` would end before the program that it reads from, and that end would count as a failure: the word is looked for to the end.
has() { grep -e "$1" >/dev/null; }
# What is missing of PIE, full RELRO, a stack that does not run, canaries, no path of this machine.
unhardened() {
  readelf -hW "$1" | has 'DYN (Position-Independent Executable' || echo PIE
  { readelf -lW "$1" | has GNU_RELRO && readelf -dW "$1" | has BIND_NOW; } || echo RELRO
  readelf -lW "$1" | grep GNU_STACK | has ' RW ' || echo NX
  readelf --dyn-syms -W "$1" | has __stack_chk_fail || echo canary
  if grep -qF -e "$PWD" -e "$HOME/.cargo" "$1"; then echo path; fi
}

if [ "${1:-}" != --hardening-only ]; then
  scripts/web.sh
  for folder in 1 2; do
    rm -rf "target/shipped/$folder"
    scripts/shipped.sh "$folder"
  done
  differing=()
  for program in "${programs[@]}"; do
    cmp "target/shipped/1/release/$program" "target/shipped/2/release/$program" || differing+=("$program")
  done
  if [ ${#differing[@]} -eq 0 ]; then
    score "30.reproducible" held "${#programs[@]} programs of two builds, all bytes equal"
  else
    score "30.reproducible" missed "differ: ${differing[*]}"
    failed=1
  fi
  # The control: another root built in, and the same comparison finds it.
  other=$(mktemp)
  echo '{"not": "the same"}' >"$other"
  HAUBERT_SUPPLIER_ROOT=$other scripts/shipped.sh 2
  rm -f "$other"
  if cmp -s target/shipped/1/release/haubert-slot target/shipped/2/release/haubert-slot; then
    score "30.reproducible-control" missed 'a build of something else has the same bytes'
    failed=1
  else
    score "30.reproducible-control" held 'a build with another root inside differs'
  fi
fi

weak=()
for program in "${programs[@]}"; do
  lacks=$(unhardened "target/shipped/1/release/$program" | paste -sd ' ')
  [ -z "$lacks" ] || weak+=("$program: $lacks")
done
if [ ${#weak[@]} -eq 0 ]; then
  score "30.hardening" held "${#programs[@]} programs: PIE, full RELRO, NX, canaries, no path of the machine"
else
  score "30.hardening" missed "${weak[*]}"
  printf 'not hardened: %s\n' "${weak[@]}" >&2
  failed=1
fi
# The control: a program that was built without all of it.
bare=$(mktemp -d)
trap 'rm -rf "$bare"' EXIT
printf 'char *p = "%s"; int main(void) { return p == 0; }\n' "$PWD" >"$bare/bare.c"
cc -no-pie -z norelro -z execstack -fno-stack-protector -o "$bare/bare" "$bare/bare.c" 2>/dev/null
found=$(unhardened "$bare/bare" | wc -l)
if [ "$found" = 5 ]; then
  score "30.hardening-control" held 'of a bare program all five are found missing'
else
  score "30.hardening-control" missed "of a bare program $found of five are found missing"
  failed=1
fi
exit "$failed"
