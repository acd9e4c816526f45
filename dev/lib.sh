# shellcheck shell=bash
# For the scripts beside it: processes that end with the script, however it
# ends, and waiting with a deadline.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Defines BIN and SCIM2_SERVER, building them when they are missing.
# shellcheck disable=SC2034
need_tools() {
  local lines
  lines=$("$root/dev/tools.sh" --for-demo) || exit 1
  BIN=$(sed -n 's/^BIN=//p' <<<"$lines")
  SCIM2_SERVER=$(sed -n 's/^SCIM2_SERVER=//p' <<<"$lines")
}

# Makes the folder of this run, $run. Whatever `start` starts is ended, and the
# folder removed, as soon as nobody holds the pipe $run/alive open for writing
# any more: we do, until we end, be it by SIGKILL.
begin_run() {
  run=$(mktemp -d "${TMPDIR:-/tmp}/scim-operator.XXXXXX")
  mkfifo "$run/alive" "$run/hold"
  detached bash "$root/dev/end-run.sh" "$run" &
  janitor=$!
  exec 8>"$run/alive"
  trap end_run EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

end_run() {
  exec 8>&-
  wait "$janitor" || true
}

# Out of reach of the terminal's Ctrl-C: what has to end is ended in order.
detached() {
  exec python3 -c 'import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])' "$@" 8>&-
}

# start NAME COMMAND…: runs it in the background, its output in $run/NAME.log.
start() {
  local name=$1
  shift
  detached "$@" <"$run/hold" >"$run/$name.log" 2>&1 &
  echo $! >"$run/$name.pid"
  echo $! >>"$run/started"
}

running() { kill -0 "$(cat "$run/$1.pid")" 2>/dev/null; }

# await NAME SECONDS COMMAND…: until the command succeeds; fails at the
# deadline, and as soon as the process NAME has ended.
await() {
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! running "$name" || [ "$SECONDS" -ge "$deadline" ]; then
      return 1
    fi
    sleep 0.1
  done
}

log_tail() {
  printf -- '--- the end of the log of %s\n' "$1" >&2
  tail -n 15 "$run/$1.log" >&2
}

# A control plane of our own, with kubectl and helm pointing to it.
start_control_plane() {
  start control-plane "$BIN/control-plane" --dir "$run/control-plane"
  if ! await control-plane 150 grep -q '^ready ' "$run/control-plane.log"; then
    log_tail control-plane
    fail "the control plane did not start"
  fi
  export KUBECONFIG=$run/control-plane/kubeconfig
  # Nothing of the user's own Helm settings.
  export HELM_CONFIG_HOME=$run/helm HELM_CACHE_HOME=$run/helm HELM_DATA_HOME=$run/helm
}

kubectl() { "$BIN/kubectl" "$@"; }
helm() { "$BIN/helm" "$@"; }
