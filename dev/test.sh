#!/usr/bin/env bash
# test.sh TARGET…: runs these targets of the Makefile, all of them even when one
# fails, and ends with the table scenario × server and one line that counts their tests.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

log=$(mktemp)
MATRIX_RESULTS=$(mktemp -d)
export MATRIX_RESULTS
trap 'rm -rf "$log" "$MATRIX_RESULTS"' EXIT
broken=()
for target in "$@"; do
  printf '\n== %s\n' "$target"
  make --no-print-directory "$target" 2>&1 | tee -a "$log" || broken+=("$target")
done

# sum WORD: of all numbers before the word in what cargo and the checks of chart and image report last.
sum() {
  grep -E '^(test result: |chart: |image: )' "$log" | grep -oE "[0-9]+ (checks )?$1" |
    awk '{ total += $1 } END { print total + 0 }'
}
passed=$(sum passed)
failed=$(sum failed)

printf '\n== scenario × server\n'
dev/matrix.py show "$MATRIX_RESULTS" || broken+=("matrix")

printf '\n'
if [ "${#broken[@]}" -gt 0 ]; then
  printf 'failed: %s\n' "${broken[*]}"
  # A target may break without a test that counts, by formatting for example.
  [ "$failed" -gt 0 ] || failed=${#broken[@]}
fi
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
