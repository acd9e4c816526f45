#!/usr/bin/env bash
# matrix.sh: the scenarios of the matrix on every server, and the table of what
# they came to.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

MATRIX_RESULTS=$(mktemp -d)
export MATRIX_RESULTS
trap 'rm -rf "$MATRIX_RESULTS"' EXIT
# They mostly wait, so more of them than there are cores.
RUST_TEST_THREADS=8 cargo test --quiet --no-fail-fast --test integration matrix::
ended=$?
dev/matrix.py show "$MATRIX_RESULTS" || ended=1
exit "$ended"
