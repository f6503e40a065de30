{{- /* Pod Security `restricted`, and more: nothing writable, no capability, no user but this. (65532) */}}
{{- define "shotengai.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "shotengai.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "shotengai.probe" -}}
httpGet: {path: {{ .path }}, port: health}
periodSeconds: {{ .probe.periodSeconds }}
failureThreshold: {{ .probe.failureThreshold }}
timeoutSeconds: {{ .probe.timeoutSeconds }}
{{- end }}

{{- define "shotengai.resources" -}}
resources:
  requests: {cpu: {{ .requests.cpu }}, memory: {{ .requests.memory }}}
  limits:
    memory: {{ .limits.memory }}
    {{- with .limits.cpu }}
    cpu: {{ . }}
    {{- end }}
{{- end }}
