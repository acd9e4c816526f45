#!/usr/bin/env bash
# Checks the chart and the examples against a real API server: schemas, values
# that must be refused, an installation, its upgrade, what the operator may do
# and what not, and that uninstalling loses nobody.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

chart=$root/charts/scim-operator
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

render() { helm template scim-operator "$chart" --namespace scim-operator-system "$@"; }
# conform FILE…: - is standard input.
conform() { "$BIN/kubeconform" -strict -summary -schema-location "$run/schemas/{{ .ResourceKind }}{{ .KindSuffix }}.json" "$@"; }
conforms() { render "$@" | conform -; }
misspelt() { render | sed 's/readOnlyRootFilesystem/readOnlyRootFileSystem/' | conform -; }

fetch_schemas() {
  local path
  for path in "$@"; do
    kubectl get --raw "/openapi/v3/$path" >"$run/openapi-${path//\//-}.json"
  done
  python3 "$root/dev/openapi_schemas.py" "$run/schemas" "$run"/openapi-*.json
}

served() { kubectl get --raw /openapi/v3 | grep -q apis/scim-operator.dev/v1alpha1; }

check_templates() {
  local values
  fetch_schemas api/v1 apis/apps/v1 apis/policy/v1 apis/rbac.authorization.k8s.io/v1 apis/apiextensions.k8s.io/v1
  check "lint" helm lint --strict "$chart"
  check "the rendered chart is valid" conforms
  for values in "$chart"/ci/*-values.yaml; do
    check "lint with $(basename "$values")" helm lint --strict "$chart" --values "$values"
    check "valid with $(basename "$values")" conforms --values "$values"
  done
  check "a misspelt field would be noticed" refused misspelt
  local value
  for value in replica=1 replicas=-1 lease.duration=60 lease.renew=5s image.repo=x events=None concurrency=0 'allowHosts={http://a}' \
    'refuseNetworks={a.example.com}' \
    'watchNamespaces={Team_A}' 'env={RUST_LOG=debug}' crds.install=maybe; do
    check "the value $value is refused" refused render --set "$value"
  done
}

# may YES|NO [IN] VERB RESOURCE…: what the service account of the operator may do.
may() {
  local answer=$1 namespace=$2
  shift 2
  check "$answer: $* in $namespace" test "$answer" = "$(kubectl auth can-i "$@" --namespace "$namespace" \
    --as system:serviceaccount:scim-operator-system:scim-operator 2>/dev/null)"
}

check_rights_on_own_kinds() {
  local kind
  for kind in scimproviders clusterscimproviders scimusers scimgroups; do
    may yes team-c list $kind.scim-operator.dev
    may yes team-c watch $kind.scim-operator.dev
    may yes team-c patch $kind.scim-operator.dev
    may yes team-c patch $kind.scim-operator.dev --subresource=status
    may no team-c create $kind.scim-operator.dev
    may no team-c delete $kind.scim-operator.dev
  done
  # Which networks are the cluster's own.
  may yes default list servicecidrs.networking.k8s.io
  may yes default get endpointslices.discovery.k8s.io/kubernetes
  may no default get endpointslices.discovery.k8s.io/other
  may no default list endpointslices.discovery.k8s.io
}

check_rights() {
  check_rights_on_own_kinds
  local verb
  for verb in list watch create update patch delete; do
    may no team-a $verb secrets
    may no team-a $verb configmaps
  done
  may yes team-a get secret/any
  may yes team-a get configmap/any
  may yes team-a get namespaces/team-a
  may yes team-a create events.events.k8s.io
  may yes team-a patch events.events.k8s.io
  may no team-a list namespaces
  may no team-a get pods
  may no team-a list customresourcedefinitions
  may yes default create events.events.k8s.io
  check_rights_in_own_namespace
}

# Its key, and what cluster providers name.
check_rights_in_own_namespace() {
  local verb
  local lease=leases.coordination.k8s.io
  may yes scim-operator-system create $lease
  for verb in get update; do
    may yes scim-operator-system $verb $lease/scim-operator
    may no scim-operator-system $verb $lease/other
    may no team-a $verb $lease/scim-operator
  done
  for verb in list watch patch delete; do
    may no scim-operator-system $verb $lease
  done
  may yes scim-operator-system create secrets
  may yes scim-operator-system get secret/any
  may yes scim-operator-system get configmap/any
  for verb in list watch update patch delete; do
    may no scim-operator-system $verb secrets
  done
  check_rights_of_the_guard
}

# What was deleted is counted, and what is held is in holds: only here. The operator makes holds and decides nothing.
check_rights_of_the_guard() {
  local verb
  for verb in list create update delete; do
    may yes scim-operator-system $verb configmaps
  done
  for verb in get list watch create delete; do
    may yes scim-operator-system $verb scimdeletionholds.scim-operator.dev
    may no team-c $verb scimdeletionholds.scim-operator.dev
  done
  may yes scim-operator-system patch scimdeletionholds.scim-operator.dev --subresource=status
  may yes scim-operator-system create events.events.k8s.io
  for verb in update patch; do
    may no scim-operator-system $verb scimdeletionholds.scim-operator.dev
  done
}

check_limited_rights() {
  check_rights_on_own_kinds
  may yes team-a get secret/any
  may yes team-a get configmap/any
  may yes team-a get namespaces/team-a
  may yes team-b create events.events.k8s.io
  may no team-c get secret/any
  may no team-c get configmap/any
  may no team-c get namespaces/team-c
  may no team-c create events.events.k8s.io
  # Where events about cluster providers go; nothing else is readable there.
  may yes default create events.events.k8s.io
  may no default get secret/any
  check_rights_in_own_namespace
}

# can GROUP YES|NO VERB RESOURCE…: what people of a group may do in team-a.
can() {
  local group=$1 answer=$2
  shift 2
  check "$answer: $group $*" test "$answer" = "$(kubectl auth can-i "$@" --namespace team-a \
    --as somebody --as-group "$group" 2>/dev/null)"
}

# What `view` and `edit`, which every cluster has, say about our kinds. Grants
# say what namespaces may do, so whoever edits namespaces must not edit them.
check_rights_of_people() {
  local kind
  for kind in scimproviders scimusers scimgroups; do
    can viewers yes list $kind.scim-operator.dev
    can viewers no patch $kind.scim-operator.dev
    can editors yes create $kind.scim-operator.dev
    can editors yes delete $kind.scim-operator.dev
    can editors no patch $kind.scim-operator.dev --subresource=status
  done
  can viewers yes list clusterscimproviders.scim-operator.dev
  local verb
  # Who may edit people may not decide about their deletion.
  can viewers yes list scimdeletionholds.scim-operator.dev
  for verb in create update patch delete; do
    can editors no $verb scimdeletionholds.scim-operator.dev
  done
  kubectl create rolebinding approvers --namespace team-a --group approvers \
    --clusterrole scim-operator-deletion-approver >/dev/null
  can approvers yes patch scimdeletionholds.scim-operator.dev
  can approvers no create scimdeletionholds.scim-operator.dev
  can approvers no delete scimdeletionholds.scim-operator.dev
  can approvers no patch scimusers.scim-operator.dev
  for verb in create update patch delete; do
    can viewers no $verb clusterscimproviders.scim-operator.dev
    can editors no $verb clusterscimproviders.scim-operator.dev
  done
}

installed() { helm upgrade --install scim-operator "$chart" --namespace scim-operator-system "$@"; }

check_installation() {
  local namespace kinds
  for namespace in scim-operator-system team-a team-b team-c; do
    kubectl create namespace $namespace >/dev/null
  done
  kinds=$(cd "$chart/files/crds" && printf 'crd/%s.scim-operator.dev ' *.yaml | sed 's/\.yaml//g')
  check "install" installed --set replicas=0
  # shellcheck disable=SC2086
  check "the definitions are accepted" kubectl wait --for=condition=Established --timeout=30s $kinds
  check_rights
  check "upgrade to every value" installed --values "$chart/ci/everything-values.yaml"
  check "upgrade to two namespaces" installed --values "$chart/ci/namespaces-values.yaml"
  check_limited_rights
  check_rights_of_people
  check_examples
  check "uninstall" helm uninstall scim-operator --namespace scim-operator-system
  check "people survive it" kubectl get --namespace team-a scimuser/ada
  check "the chart can be installed again" installed --set replicas=0
}

check_examples() {
  check "the API server has taken in the kinds" await control-plane 30 served
  fetch_schemas apis/scim-operator.dev/v1alpha1
  check "the examples are valid" conform "$root/examples"
  check "the API server takes the examples" kubectl apply --namespace team-a --filename "$root/examples/quickstart"
  # Some say themselves where they belong, so the others get their namespace from the context. Not the one
  # of the quickstart: the examples have objects of the same names.
  kubectl config set-context --current --namespace=team-b >/dev/null
  local folder
  for folder in "$root"/examples/*/; do
    check "and $(basename "$folder")" kubectl apply --server-side --force-conflicts --dry-run=server \
      --filename "$folder"
  done
}

need_tools
begin_run
start_control_plane
kubectl create clusterrolebinding viewers --clusterrole=view --group=viewers >/dev/null
kubectl create clusterrolebinding editors --clusterrole=edit --group=editors >/dev/null
check_templates
check_installation
say "chart: $passed checks passed, $failed failed"
[ "$failed" -eq 0 ]
