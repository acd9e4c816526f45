#!/usr/bin/env bash
# test.sh TARGET…: runs these targets of the Makefile, all of them even when one
# fails, and ends with the table scenario × server, the scenarios of safety and
# their time, the mutants, and one line that counts the tests.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

log=$(mktemp)
results=$(mktemp -d)
export MATRIX_RESULTS=$results/matrix SCENARIO_RESULTS=$results/scenarios MUTANTS_RESULTS=$results/mutants
mkdir "$MATRIX_RESULTS" "$SCENARIO_RESULTS" "$MUTANTS_RESULTS"
trap 'rm -rf "$log" "$results"' EXIT
broken=()
took=
for target in "$@"; do
  printf '\n== %s\n' "$target"
  began=$SECONDS
  make --no-print-directory "$target" 2>&1 | tee -a "$log" || broken+=("$target")
  took+=", $target $((SECONDS - began)) s"
done

# sum WORD: of all numbers before the word in what cargo and the checks of chart, image and mutants report last.
sum() {
  grep -E '^(test result: |chart: |image: |mutants: )' "$log" | grep -oE "[0-9]+ (checks )?$1" |
    awk '{ total += $1 } END { print total + 0 }'
}
passed=$(sum passed)
failed=$(sum failed)

printf '\n== scenario × server\n'
dev/matrix.py show "$MATRIX_RESULTS" || broken+=("matrix")

# Each file has the name of a scenario and its seconds; one on several servers has several.
printf '\n== scenarios of safety\n'
find "$SCENARIO_RESULTS" -type f -exec cat {} + |
  awk '{ seconds[$1] += $2 } END { for (name in seconds) print seconds[name], name }' | sort -rn |
  awk 'NR <= 5 { longest = longest (NR > 1 ? ", " : "; the longest: ") $2 " " $1 " s" }
    { total += $1 } END { printf "%d scenarios, %.0f s one after the other%s\n", NR, total, longest }'

if [ -e "$MUTANTS_RESULTS/table" ]; then
  printf '\n== mutants\n'
  cat "$MUTANTS_RESULTS/table"
fi

printf '\ntime: %s\n' "${took#, }"
if [ "${#broken[@]}" -gt 0 ]; then
  printf 'failed: %s\n' "${broken[*]}"
  # A target may break without a test that counts, by formatting for example.
  [ "$failed" -gt 0 ] || failed=${#broken[@]}
fi
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
