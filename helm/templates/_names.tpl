{{- define "podseal.selector" -}}
app.kubernetes.io/name: podseal-controller
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "podseal.labels" -}}
{{ include "podseal.selector" . }}
{{ include "podseal.common" . }}
{{- end }}

{{- define "podseal.common" -}}
app.kubernetes.io/part-of: podseal
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "podseal.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "podseal.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "podseal.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
