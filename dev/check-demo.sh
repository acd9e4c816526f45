#!/usr/bin/env bash
# `make demo-check`: runs the demo, on a cluster of its own and on the current
# one, and looks at what is left of it: nothing, also when it is killed.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

passed=0 failed=0

# check WHAT COMMAND…
check() {
  local what=$1
  shift
  if "$@" >"$run/check.log" 2>&1; then
    passed=$((passed + 1))
    say "ok      $what"
  else
    failed=$((failed + 1))
    say "FAILED  $what"
    sed 's/^/        /' "$run/check.log"
  fi
}
refused() { ! "$@"; }

# Everything that a demo could leave: what is in the whole cluster, and in a namespace of somebody else.
inventory() {
  kubectl get namespaces,customresourcedefinitions,clusterroles,clusterrolebindings --output name
  kubectl get all,configmaps,secrets,serviceaccounts,roles,rolebindings --namespace default --output name
  sha256sum <"$KUBECONFIG"
}

as_before() { diff "$run/before" <(inventory); }
demo() { CLUSTER=current ONCE=1 "$root/dev/demo.sh"; }
says() { grep -q "$1" "$run/demo.log"; }
demo_says() { ! demo >"$run/demo.log" 2>&1 && says "$1"; }

check_run() {
  check "it runs through on the current cluster" demo
  check "nothing is left, and the kubeconfig is untouched" as_before
}

check_killed() {
  start demo env CLUSTER=current ONCE=1 "$root/dev/demo.sh"
  check "it gets as far as people" await demo 120 says 'ok: all of them become Ready'
  kill -KILL "$(cat "$run/demo.pid")" 2>/dev/null || true
  await control-plane 120 as_before || true
  check "nothing is left of it when it is killed" as_before
  check "the processes are gone, too" await control-plane 30 port_is_free
}

port_is_free() {
  python3 -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", 8642)) == 0)'
}

check_refusals() {
  check "CLUSTER is current or nothing" refused env CLUSTER=kind-kind "$root/dev/demo.sh"
  kubectl create namespace scim-operator-demo >/dev/null
  check "it refuses a namespace of its name" demo_says 'the namespace scim-operator-demo exists already'
  check "and leaves it" kubectl get namespace scim-operator-demo
  kubectl delete namespace scim-operator-demo >/dev/null
  kubectl create --filename "$root/crds/scimusers.yaml" >/dev/null
  check "it refuses a cluster with our definitions" demo_says "has scim-operator's definitions already"
  check "and leaves them" kubectl get customresourcedefinition scimusers.scim-operator.dev
}

need_tools
begin_run
start_control_plane
kubectl create configmap somebody-elses --from-literal=key=value >/dev/null
# Kubernetes adds this to every namespace, in its own time.
await control-plane 30 kubectl get configmap kube-root-ca.crt || fail "the control plane does not work"
inventory >"$run/before"
check_run
check_killed
check_refusals
say "demo: $passed checks passed, $failed failed"
[ "$failed" -eq 0 ]
