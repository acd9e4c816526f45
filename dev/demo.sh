#!/usr/bin/env bash
# `make demo`: the whole system on this machine, from an empty API server to
# people on a SCIM server, one step after the other and both sides of each.
# With a terminal it stays up until Ctrl-C. With ONCE=1, or without a terminal,
# it ends, and the exit code says whether every step did what it should.
# With CLUSTER=current it uses the cluster of the kubeconfig's current context
# instead of one of its own, and at the end takes away what it brought there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# examples/quickstart/provider.yaml points to it.
port=8642
# The chart's release, its namespace, and the one of the people.
release=scim-operator system=scim-operator-system people=quickstart
export SCIM_URL=http://127.0.0.1:$port/v2 SCIM_TOKEN=secret

stay=yes
if [ -n "${ONCE:-}" ] || [ ! -t 0 ] || [ ! -t 1 ]; then stay=; fi
bold='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
passed=0 failed=0 own_plane=

step() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

# Shows a command as one would type it, and its output.
show() {
  printf '%s$ %s%s\n' "$bold" "$*" "$plain"
  "$@" || true
}

# check WHAT COMMAND…
check() {
  local what=$1
  shift
  if "$@" >"$run/check.log" 2>&1; then
    passed=$((passed + 1))
    say "ok: $what"
  else
    failed=$((failed + 1))
    say "FAILED: $what"
    cat "$run/check.log"
  fi
}

# soon COMMAND…: becomes true within a minute, while the operator runs.
soon() { await operator 60 "$@"; }

directory() { python3 "$root/dev/directory.py" "$@"; }
both_sides() {
  show kubectl get scim
  printf '%sWhat the SCIM server has:%s\n' "$bold" "$plain"
  directory list || true
}

# Everything is Ready in its latest generation, and groups have all their members.
all_ready() {
  local lines
  lines=$(kubectl get scimproviders,scimusers,scimgroups --output jsonpath='{range .items[*]}{.metadata.generation} {.status.observedGeneration} {.status.conditions[?(@.type=="Ready")].status} {.status.members.desired} {.status.members.applied}{"\n"}{end}') &&
    awk '$1 != $2 || $3 != "True" || $4 != $5 { exit 1 }' <<<"$lines"
}

port_is_free() {
  python3 -c 'import socket, sys; sys.exit(socket.socket().connect_ex(("127.0.0.1", int(sys.argv[1]))) == 0)' "$port"
}

choose_cluster() {
  case ${CLUSTER:-} in
  "") ;;
  current) release=scim-operator-demo system=scim-operator-demo people=scim-operator-demo-people ;;
  *) fail "CLUSTER is either current, for the cluster of the kubeconfig's current context, or not set, for one of the demo's own" ;;
  esac
}

build() {
  command -v cargo >/dev/null || fail "Rust is needed (cargo was not found): it builds the operator"
  need_tools
  port_is_free || fail "port $port is taken, perhaps by another demo; it is where the SCIM server has to listen"
  say "Building the operator: a few minutes the first time, seconds from then on."
  (cd "$root" && cargo build --bin scim-operator)
  operator=$(cd "$root" && cargo metadata --no-deps --format-version 1 |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/scim-operator
}

start_scim_server() {
  start scim-server "$SCIM2_SERVER" --hostname 127.0.0.1 --port "$port" --bearer-token "$SCIM_TOKEN"
  if ! await scim-server 30 directory list; then
    log_tail scim-server
    fail "scim2-server did not start"
  fi
}

# The names of our definitions, as kubectl takes them.
definitions() {
  (cd "$root/crds" && printf 'crd/%s.scim-operator.dev\n' *.yaml | sed 's/\.yaml//')
}

# A copy of the kubeconfig with nothing but its current context, so that the
# demo changes nothing in the original.
use_current_cluster() {
  local taken
  kubectl config current-context >/dev/null 2>&1 ||
    fail "the kubeconfig has no current context: choose a cluster with kubectl config use-context"
  (umask 077 && kubectl config view --raw --minify --flatten >"$run/kubeconfig")
  export KUBECONFIG=$run/kubeconfig
  export HELM_CONFIG_HOME=$run/helm HELM_CACHE_HOME=$run/helm HELM_DATA_HOME=$run/helm
  taken=$(kubectl get customresourcedefinitions --output name --request-timeout=20s) ||
    fail "the cluster $(kubectl config current-context) does not answer, or does not let you list definitions"
  if grep -q 'scim-operator\.dev$' <<<"$taken"; then
    fail "the cluster $(kubectl config current-context) has scim-operator's definitions already, and the demo would \
take them away at its end, with every object of theirs. Use another cluster, or make demo without CLUSTER. \
If they are left from a release that is gone, and kubectl get scim --all-namespaces shows nothing: \
kubectl delete $(grep 'scim-operator\.dev$' <<<"$taken" | tr '\n' ' ')"
  fi
  for taken in $system $people; do
    ! kubectl get namespace "$taken" >/dev/null 2>&1 ||
      fail "the namespace $taken exists already, and the demo makes and removes one of that name: delete it first"
  done
  leave_no_trace
}

# Before anything is made in the cluster: what takes it away again, also if this script is killed.
leave_no_trace() {
  local name
  for name in BIN KUBECONFIG HELM_CONFIG_HOME HELM_CACHE_HOME HELM_DATA_HOME release system people; do
    printf 'export %s=%q\n' $name "${!name}"
  done >"$run/cleanup.part"
  printf 'exec bash %q %q\n' "$root/dev/leave-cluster.sh" "$(basename "$run")" >>"$run/cleanup.part"
  mv "$run/cleanup.part" "$run/cleanup"
}

# A namespace that can be told from everybody else's of the same name.
make_namespace() {
  kubectl create --filename - >/dev/null <<YAML
{apiVersion: v1, kind: Namespace, metadata: {name: $1, labels: {scim-operator.dev/demo: "$(basename "$run")"}}}
YAML
}

install_chart() {
  make_namespace $system
  make_namespace $people
  local settings=(--set replicas=0)
  # No more rights in somebody's cluster than are needed.
  [ -z "${CLUSTER:-}" ] || settings+=(--set "watchNamespaces={$people}")
  helm install $release "$root/charts/scim-operator" --namespace $system "${settings[@]}" >"$run/helm.log" ||
    fail "the chart cannot be installed"
  # shellcheck disable=SC2046
  kubectl wait --for=condition=Established --timeout=30s $(definitions) >/dev/null
}

# A kubeconfig with the rights that the chart gives, and no others.
operator_kubeconfig() {
  local token
  token=$(kubectl create token $release --namespace $system --duration=24h)
  cp "$KUBECONFIG" "$run/operator.kubeconfig"
  KUBECONFIG=$run/operator.kubeconfig kubectl config set-credentials operator --token="$token" >/dev/null
  KUBECONFIG=$run/operator.kubeconfig kubectl config set-context --current --user=operator --namespace=$system >/dev/null
}

start_operator() {
  operator_kubeconfig
  start operator env KUBECONFIG="$run/operator.kubeconfig" "$operator" run \
    --allow-hosts=127.0.0.1 --metrics-address=127.0.0.1:0 --operator-namespace=$system --lease-name=$release \
    --watch-namespaces="${CLUSTER:+$people}"
}

boot() {
  if [ -n "${CLUSTER:-}" ]; then
    step "Your cluster $(kubectl config current-context), a SCIM server, and the operator"
    use_current_cluster
    say "cluster:       $(kubectl config view --minify --output 'jsonpath={.clusters[0].cluster.server}')"
  else
    step "An empty API server, a SCIM server, and the operator"
    start_control_plane
    own_plane=yes
    say "control plane: $(kubectl version --output json | sed -n 's/.*"gitVersion": "\(.*\)".*/\1/p' | tail -n 1), with no nodes"
  fi
  start_scim_server
  say "SCIM server:   scim2-server at $SCIM_URL"
  install_chart
  say "chart:         installed into $system with replicas=0, because no image is published"
  start_operator
  say "operator:      a process here, with the token of the chart's ServiceAccount"
  kubectl config set-context --current --namespace=$people >/dev/null
}

apply_quickstart() {
  step "A provider, five people and two groups in YAML: examples/quickstart"
  (cd "$root" && show kubectl apply --filename examples/quickstart)
  check "all of them become Ready" soon all_ready
  both_sides
  check "the server has the people" directory has-user ada@example.com title "Head of Platform"
  check "one of them may not sign in" directory has-user eli@example.com active false
  check "the server has the group Platform" directory has-group Platform ada@example.com,bo@example.com
  check "the server has the group On call" directory has-group "On call" ada@example.com,chidi@example.com
}

edit_yaml() {
  step "An edit in YAML: Ada has a new title and only one address, and Bo takes her place on call"
  local examples=$root/examples/quickstart edited=$run/edited
  mkdir "$edited"
  sed -e 's/title: Head of Platform/title: Chief of Platform/' -e '/ada.marlow@home/{N;d;}' \
    "$examples/people.yaml" >"$edited/people.yaml"
  sed 's/users: \[ada, chidi\]/users: [bo, chidi]/' "$examples/groups.yaml" >"$edited/groups.yaml"
  local file
  for file in people.yaml groups.yaml; do
    diff -U 0 "$examples/$file" "$edited/$file" | grep '^[-+] ' || true
  done
  show kubectl apply --filename "$edited"
  check "the title changes on the server" soon directory has-user ada@example.com title "Chief of Platform"
  check "Bo is on call there" soon directory has-group "On call" bo@example.com,chidi@example.com
  check "all are Ready again" soon all_ready
  both_sides
}

meddle() {
  step "Behind the operator's back: somebody changes Bo, and takes Chidi off call, on the server itself"
  directory set-user bo@example.com title "Somebody else's idea"
  directory set-user bo@example.com nickName Bobo
  directory kick "On call" chidi@example.com
  directory list
  say "… and the sweep, every 5 seconds here, finds it:"
  local since=$SECONDS
  check "the title is as in YAML again" soon directory has-user bo@example.com title Engineer
  check "Chidi is on call again" soon directory has-group "On call" bo@example.com,chidi@example.com
  say "healed within $((SECONDS - since + 1)) s"
  check "the nickname, which no manifest names, was left alone" directory has-user bo@example.com nickName Bobo
  check "all are Ready" soon all_ready
  both_sides
}

delete() {
  step "A deletion: Dana, Eli (deletionPolicy: Retain) and the group Platform"
  show kubectl delete --timeout=60s scimuser/dana scimuser/eli scimgroup/platform
  check "Dana is gone from the server" directory lacks-user dana@example.com
  check "Eli stays there, and nobody manages him any more" directory has-user eli@example.com
  check "the group is gone" directory lacks-group Platform
  check "its members are not" directory has-user ada@example.com
  both_sides
}

invite() {
  step "Yours to play with, until Ctrl-C"
  cat <<TEXT
In another terminal:

  export KUBECONFIG=$KUBECONFIG PATH="$BIN:\$PATH"

  kubectl get scim --output wide
  kubectl explain scimuser.spec
  kubectl edit scimuser ada
  curl --header 'Authorization: Bearer $SCIM_TOKEN' $SCIM_URL/Users
  tail -f $run/operator.log
TEXT
  # From here on Ctrl-C is how it is meant to end.
  trap 'say; say "Removing everything."; exit $((failed > 0))' INT
  local name
  while sleep 1; do
    for name in ${own_plane:+control-plane} scim-server operator; do
      running "$name" || { log_tail "$name"; fail "$name has ended"; }
    done
  done
}

choose_cluster
build
begin_run
started=$SECONDS
boot
apply_quickstart
edit_yaml
meddle
delete
if [ "$failed" -gt 0 ]; then
  running operator || say "The operator has ended by itself."
  log_tail operator
fi
step "$passed checks passed, $failed failed, in $((SECONDS - started)) s"
if [ -n "$stay" ]; then invite; fi
[ "$failed" -eq 0 ]
