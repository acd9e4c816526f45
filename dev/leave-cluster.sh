#!/usr/bin/env bash
# leave-cluster.sh ID: takes away what the demo brought into somebody's cluster,
# and nothing else: namespaces with the demo's label, its release, and the
# definitions that this release installed. While the operator still runs, so
# that it can let its objects go. BIN, KUBECONFIG, release, system and people
# are set; see demo.sh.
set -uo pipefail
id=$1
: "${BIN:?}" "${KUBECONFIG:?}" "${release:?}" "${system:?}" "${people:?}"

say() { printf '%s\n' "$*"; }
kubectl() { "$BIN/kubectl" "$@"; }
ours() {
  [ "$(kubectl get namespace "$1" --output 'jsonpath={.metadata.labels.scim-operator\.dev/demo}' 2>/dev/null)" = "$id" ]
}
gone() { kubectl wait --for=delete "namespace/$people" --timeout="$1" >/dev/null 2>&1; }

# The SCIM server ends with the demo, so nobody is left to be deleted there.
let_objects_go() {
  local object
  kubectl get scimusers,scimgroups,scimproviders --namespace "$people" --output name 2>/dev/null |
    while read -r object; do
      kubectl patch "$object" --namespace "$people" --type merge --patch '{"metadata": {"finalizers": null}}' >/dev/null
    done
}

remove_people() {
  kubectl delete namespace "$people" --wait=false >/dev/null
  gone 60s && return
  let_objects_go
  gone 60s
}

# Definitions of our release, by the notes that Helm leaves on them.
definitions() {
  kubectl get customresourcedefinitions --selector "app.kubernetes.io/instance=$release" --output \
    'jsonpath={range .items[*]}{.metadata.annotations.meta\.helm\.sh/release-namespace} {.metadata.name}{"\n"}{end}' |
    awk -v namespace="$system" '$1 == namespace { print $2 }'
}

remove_definitions() {
  local names others
  names=$(definitions)
  [ -n "$names" ] || return 0
  others=$(for name in $names; do kubectl get "$name" --all-namespaces --output name; done)
  if [ -n "$others" ]; then
    say "Somebody has made objects meanwhile, so the definitions stay:" "$others"
    return 1
  fi
  # shellcheck disable=SC2086
  kubectl delete customresourcedefinitions $names >/dev/null
}

if ! ours "$system" && ! ours "$people"; then exit 0; fi
say "Taking everything out of the cluster again."
done=yes
if ours "$people"; then remove_people || done=; fi
if ours "$system"; then
  if "$BIN/helm" status "$release" --namespace "$system" >/dev/null 2>&1; then
    "$BIN/helm" uninstall "$release" --namespace "$system" >/dev/null || done=
  fi
  remove_definitions || done=
  kubectl delete namespace "$system" --timeout=60s >/dev/null || done=
fi
if [ -n "$done" ]; then
  say "The cluster is as it was."
else
  say "Something is left: look at kubectl get namespaces,customresourcedefinitions | grep scim-operator"
fi
