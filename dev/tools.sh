#!/usr/bin/env bash
# Builds what is missing of the local tools and says where they lie:
#   BIN=<folder of kube-apiserver, kube-controller-manager, kubectl, etcd, helm, kubeconform, control-plane>
#   SCIM2_SERVER=<the scim2-server executable>
#   SCIMMY=<the executable of the host of SCIMMY>
#   SCIMPLE=<the executable of the host of Apache SCIMple>
#   DJANGO_SCIM2=<the executable of the host of django-scim2>
# The last three are for tests alone: with --for-demo they are left out, and
# nobody needs Node.js, Java and Maven.
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
'') for_tests=yes ;;
--for-demo) for_tests= ;;
*) fail "usage: dev/tools.sh [--for-demo]" ;;
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
  if [ "$for_tests" ]; then
    check_node
    check_java
  fi
}

check_node() {
  command -v node >/dev/null ||
    fail "Node.js 18.3 or newer is needed (node was not found): it runs SCIMMY, the second SCIM service of the tests"
  node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major < 18 || (major == 18 && minor < 3) ? 1 : 0)' ||
    fail "Node.js 18.3 or newer is needed for SCIMMY; this is $(node --version)"
  command -v npm >/dev/null ||
    fail "npm is needed (it was not found): it installs SCIMMY, the second SCIM service of the tests"
}

check_java() {
  local command version
  for command in java javac; do
    command -v "$command" >/dev/null ||
      fail "a JDK of Java 17 or newer is needed ($command was not found): it runs Apache SCIMple, a SCIM service of the tests"
  done
  version=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
  [ "${version:-0}" -ge 17 ] ||
    fail "a JDK of Java 17 or newer is needed for Apache SCIMple; this is $(javac -version 2>&1)"
  command -v mvn >/dev/null ||
    fail "Maven 3.6.3 or newer is needed (mvn was not found): it fetches Apache SCIMple, a SCIM service of the tests"
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

# install_python FOLDER NAME: a virtual environment with what dev/NAME/requirements.txt lists.
# It knows its own path, so it is made in place, and what callers use comes last.
install_python() {
  rm -rf "$1"
  say "Installing $2 into a virtual environment of its own: once only, about 20 seconds."
  python3 -m venv "$1" >&2 ||
    fail "python3 -m venv failed (on Debian and Ubuntu it is in the package python3-venv)"
  "$1/bin/pip" install --quiet --disable-pip-version-check --no-input \
    --require-hashes --requirement "$here/$2/requirements.txt" >&2
}

install_scim2_server() {
  install_python "$scim2" scim2-server
  ln -s bin/scim2-server "$scim2/scim2-server"
}

install_django_scim2() {
  install_python "$django" django-scim2
  cp -R "$here"/django-scim2/{host.py,people} "$django/"
  # shellcheck disable=SC2016
  launcher "$django" django-scim2 '"$here/bin/python3" "$here/host.py"'
}

# launcher FOLDER NAME COMMAND: an executable of this name there that becomes the command, which
# knows the folder as $here. It comes into being whole.
launcher() {
  # shellcheck disable=SC2016
  printf '#!/bin/sh\nhere=${0%%/*}\nexec %s "$@"\n' "$3" >"$1/launcher"
  chmod +x "$1/launcher"
  mv "$1/launcher" "$1/$2"
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

# What Maven fetched is what was fetched when jars.sha256 was written.
install_scimple() {
  local partial=$cache/installing-scimple fetched
  rm -rf "$partial"
  mkdir -p "$partial/classes"
  say "Installing Apache SCIMple into a folder of its own: once only, about 30 seconds."
  cp "$here/scimple/pom.xml" "$partial/"
  (cd "$partial" && mvn --batch-mode --quiet --strict-checksums dependency:copy-dependencies -DoutputDirectory=lib) >&2 ||
    fail "mvn dependency:copy-dependencies failed for dev/scimple (its own words are above)"
  fetched=$(cd "$partial/lib" && python3 -c 'if True:
    import hashlib, pathlib
    for jar in sorted(pathlib.Path().iterdir()):
        print(hashlib.sha256(jar.read_bytes()).hexdigest(), "", jar)')
  diff "$here/scimple/jars.sha256" - <<<"$fetched" >&2 ||
    fail "Maven fetched something else than dev/scimple/jars.sha256 lists"
  javac -parameters -d "$partial/classes" -cp "$partial/lib/*" "$here/scimple/Host.java" >&2
  # It runs for minutes: a quick start and little memory are worth more than speed later.
  # shellcheck disable=SC2016
  launcher "$partial" scimple 'java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m -cp "$here/classes:$here/lib/*" Host'
  mv "$partial" "$scimple"
}

has_scim2_server() { [ -x "$scim2/scim2-server" ] && [ -x "$scim2/bin/python3" ]; }
has_scimmy() { [ ! "$for_tests" ] || [ -d "$scimmy" ]; }
has_scimple() { [ ! "$for_tests" ] || [ -d "$scimple" ]; }
has_django_scim2() { [ ! "$for_tests" ] || { [ -x "$django/django-scim2" ] && [ -x "$django/bin/python3" ]; }; }

check_needs
tools=$cache/tools-$(digest "$here"/control-plane/{go.mod,go.sum,*.go})
scim2=$cache/scim2-server-$(digest "$here/scim2-server/requirements.txt")
scimmy=$cache/scimmy-$(digest "$here"/scimmy/{package.json,package-lock.json,host.mjs})
scimple=$cache/scimple-$(digest "$here"/scimple/{pom.xml,jars.sha256,Host.java})
django=$cache/django-scim2-$(digest "$here"/django-scim2/{requirements.txt,host.py,people/*.py})
if ! { [ -d "$tools" ] && has_scim2_server && has_scimmy && has_scimple && has_django_scim2; }; then
  lock
  [ -d "$tools" ] || build_tools
  has_scim2_server || install_scim2_server
  has_scimmy || install_scimmy
  has_scimple || install_scimple
  has_django_scim2 || install_django_scim2
fi
printf 'BIN=%s\nSCIM2_SERVER=%s\n' "$tools" "$scim2/scim2-server"
if [ "$for_tests" ]; then
  printf 'SCIMMY=%s\n' "$scimmy/host.mjs"
  printf 'SCIMPLE=%s\nDJANGO_SCIM2=%s\n' "$scimple/scimple" "$django/django-scim2"
fi
