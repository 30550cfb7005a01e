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

{{- define "podseal.cleanupLabels" -}}
app.kubernetes.io/name: podseal-cleanup
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: podseal
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "podseal.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* A hook object: made before the release goes, gone after it; kept if it failed, for its log. */}}
{{- define "podseal.hook" -}}
helm.sh/hook: pre-delete
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
