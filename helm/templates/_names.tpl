{{- define "podseal.selector" -}}
app.kubernetes.io/name: podseal-controller
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "podseal.labels" -}}
{{ include "podseal.selector" . }}
app.kubernetes.io/part-of: podseal
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
