#!/usr/bin/env bash
# Builds what is missing of the local tools and says where they lie:
#   BIN=<folder of kube-apiserver, kube-controller-manager, kubectl, etcd, helm, kubeconform, control-plane>
#   SCIM2_SERVER=<the scim2-server executable>
#   SCIMMY=<the executable of the host of SCIMMY>
# The last is for tests alone: with --without-scimmy it is left out, and nobody
# needs Node.js.
#
# Each lies in the user's cache folder under a name made of what it was built
# from. Callers at the same time wait for each other; an interrupted build
# leaves nothing that a later one would take for complete.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/scim-operator
kubernetes=$(sed -n 's|^\tk8s.io/kubernetes v\([0-9.]*\).*|\1|p' "$here/control-plane/go.mod")

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

case ${1-} in
'') with_scimmy=yes ;;
--without-scimmy) with_scimmy= ;;
*) fail "usage: dev/tools.sh [--without-scimmy]" ;;
esac

# What the files given say together, as a short name.
digest() {
  cat "$@" | python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:12])'
}

check_needs() {
  command -v python3 >/dev/null ||
    fail "Python 3.11 or newer is needed (python3 was not found): it runs scim2-server, the SCIM service of demo and tests"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed for scim2-server; this is $(python3 --version)"
  command -v go >/dev/null ||
    fail "Go 1.21 or newer is needed (go was not found): it builds the Kubernetes API server of demo and tests"
  if [ "$with_scimmy" ]; then check_node; fi
}

check_node() {
  command -v node >/dev/null ||
    fail "Node.js 18.3 or newer is needed (node was not found): it runs SCIMMY, the second SCIM service of the tests"
  node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major < 18 || (major == 18 && minor < 3) ? 1 : 0)' ||
    fail "Node.js 18.3 or newer is needed for SCIMMY; this is $(node --version)"
  command -v npm >/dev/null ||
    fail "npm is needed (it was not found): it installs SCIMMY, the second SCIM service of the tests"
}

# Held by this process until it ends. Python takes it because macOS has no flock(1).
lock() {
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  python3 -c '
import fcntl, sys
try:
    fcntl.flock(9, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("waiting for another build of the same tools", file=sys.stderr)
    fcntl.flock(9, fcntl.LOCK_EX)'
}

build_tools() {
  local partial=$cache/building-tools version=k8s.io/component-base/version
  rm -rf "$partial"
  mkdir -p "$partial"
  say "Building the local control plane: Kubernetes $kubernetes, etcd, kubectl, helm, kubeconform."
  say "Once only: about 10 minutes on 2 cores, less than one with a warm Go build cache."
  (
    cd "$here/control-plane"
    export CGO_ENABLED=0
    # Without these the API server does not know its own version.
    go build -trimpath -o "$partial/" -ldflags "-s -w -X $version.gitVersion=v$kubernetes \
      -X $version.gitMajor=${kubernetes%%.*} -X $version.gitMinor=$(cut -d. -f2 <<<"$kubernetes")" tool
    go build -trimpath -o "$partial/control-plane" .
  ) >&2
  mv "$partial/server" "$partial/etcd"
  mv "$partial" "$tools"
}

# A virtual environment knows its own path, so it is made in place; the link that callers use comes last.
install_scim2_server() {
  rm -rf "$scim2"
  say "Installing scim2-server into a virtual environment of its own: once only, about 20 seconds."
  python3 -m venv "$scim2" >&2 ||
    fail "python3 -m venv failed (on Debian and Ubuntu it is in the package python3-venv)"
  "$scim2/bin/pip" install --quiet --disable-pip-version-check --no-input \
    --require-hashes --requirement "$here/scim2-server/requirements.txt" >&2
  ln -s bin/scim2-server "$scim2/scim2-server"
}

install_scimmy() {
  local partial=$cache/installing-scimmy
  rm -rf "$partial"
  mkdir -p "$partial"
  say "Installing SCIMMY into a folder of its own: once only, about 5 seconds."
  cp "$here"/scimmy/{package.json,package-lock.json,host.mjs} "$partial/"
  (cd "$partial" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error) >&2 ||
    fail "npm ci failed for dev/scimmy (its own words are above)"
  mv "$partial" "$scimmy"
}

has_scim2_server() { [ -x "$scim2/scim2-server" ] && [ -x "$scim2/bin/python3" ]; }
has_scimmy() { [ ! "$with_scimmy" ] || [ -d "$scimmy" ]; }

check_needs
tools=$cache/tools-$(digest "$here"/control-plane/{go.mod,go.sum,*.go})
scim2=$cache/scim2-server-$(digest "$here/scim2-server/requirements.txt")
scimmy=$cache/scimmy-$(digest "$here"/scimmy/{package.json,package-lock.json,host.mjs})
if ! { [ -d "$tools" ] && has_scim2_server && has_scimmy; }; then
  lock
  [ -d "$tools" ] || build_tools
  has_scim2_server || install_scim2_server
  has_scimmy || install_scimmy
fi
printf 'BIN=%s\nSCIM2_SERVER=%s\n' "$tools" "$scim2/scim2-server"
if [ "$with_scimmy" ]; then printf 'SCIMMY=%s\n' "$scimmy/host.mjs"; fi
