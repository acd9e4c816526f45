{{- /* The name of everything: short when the release is called like the chart. */}}
{{- define "scim-operator.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- /* What a Deployment selects its pods by: it can never change. */}}
{{- define "scim-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "scim-operator.labels" -}}
{{ include "scim-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Who a binding is for. */}}
{{- define "scim-operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "scim-operator.name" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- /* What the operator does with its own kinds: it never creates or deletes one, and writes neither spec nor labels. */}}
{{- define "scim-operator.rules.kinds" -}}
- apiGroups: [scim-operator.dev]
  resources: [scimproviders, clusterscimproviders, scimusers, scimgroups]
  # patch: finalizers and the operator's own annotations.
  verbs: [get, list, watch, patch]
- apiGroups: [scim-operator.dev]
  resources: [scimproviders/status, clusterscimproviders/status, scimusers/status, scimgroups/status]
  verbs: [patch]
{{- end }}

{{- /* Which networks are the cluster's own: requests to them are refused. */}}
{{- define "scim-operator.rules.networks" -}}
- apiGroups: [networking.k8s.io]
  resources: [servicecidrs]
  verbs: [list]
{{- end }}

{{- /* What it needs of others, in every namespace that it watches. */}}
{{- define "scim-operator.rules.others" -}}
{{ include "scim-operator.rules.references" . }}
- apiGroups: [""]
  resources: [namespaces]
  # Nothing is created on a server for a namespace that is being deleted, and
  # grants of cluster providers may go by its labels.
  verbs: [get]
{{ include "scim-operator.rules.events" . }}
{{- end }}

{{- /* What providers name: credentials, and the certificates to trust. */}}
{{- define "scim-operator.rules.references" -}}
- apiGroups: [""]
  resources: [secrets, configmaps]
  # Without list and watch no others than the named ones can be found.
  verbs: [get]
{{- end }}

{{- /* What the deletion guard needs, in the operator's own namespace alone. */}}
{{- define "scim-operator.rules.guard" -}}
- apiGroups: [""]
  resources: [configmaps]
  # How much was deleted, and what rejected deletions have left behind.
  verbs: [list, create, update, delete]
- apiGroups: [scim-operator.dev]
  resources: [scimdeletionholds]
  # It makes holds and removes old ones. Who may decide is another role's matter.
  verbs: [get, list, watch, create, delete]
- apiGroups: [scim-operator.dev]
  resources: [scimdeletionholds/status]
  verbs: [patch]
{{ include "scim-operator.rules.events" . }}
{{- end }}

{{- define "scim-operator.rules.events" -}}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
