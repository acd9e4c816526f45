#!/usr/bin/env bash
# build-static.sh FILE: builds the operator into FILE as one program that needs
# no library and no other file, for an image with nothing else in it. The
# Dockerfile runs it, and `make image-check FULL=1`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$(uname -m)-unknown-linux-musl
command -v musl-gcc >/dev/null || {
  echo "error: musl-gcc was not found (on Debian and Ubuntu it is in the package musl-tools)" >&2
  exit 1
}
rustup target add "$target"
# For the parts in C, which are cryptography.
export "CC_${target//-/_}=musl-gcc"
cargo build --release --locked --bin scim-operator --target "$target"
install -m 755 "${CARGO_TARGET_DIR:-target}/$target/release/scim-operator" "$1"
