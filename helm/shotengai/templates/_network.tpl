{{- /* Pieces of NetworkPolicies. A rule without peers allows everybody; a rule without ports every port. */}}

{{- define "shotengai.pods" -}}
podSelector:
  matchLabels:
    {{- include "shotengai.selector" . | nindent 4 }}
{{- end }}

{{- /* (dict "direction" "to" "peers" list "ports" list) */}}
{{- define "shotengai.rule" -}}
- ports:
  {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
  {{- end }}
  {{- with .peers }}
  {{ $.direction }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "shotengai.dnsRule" -}}
- ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
  {{- with .Values.networkPolicy.dnsTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- /* To AWS, or to what stands in for it. */}}
{{- define "shotengai.awsRule" -}}
{{- if and .Values.local.ministack.enabled (not .Values.aws.endpointUrl) }}
{{- include "shotengai.rule" (dict "direction" "to" "ports" (list 4566) "peers" (list (include "shotengai.pods" (dict "root" . "component" "ministack") | fromYaml))) }}
{{- else }}
{{- include "shotengai.rule" (dict "direction" "to" "ports" (list (include "shotengai.urlPort" (.Values.aws.endpointUrl | default "https://aws") | int)) "peers" .Values.networkPolicy.awsTo) }}
{{- end }}
{{- if .Values.aws.podIdentity }}
# EKS Pod Identity's agent, on the node.
- ports:
    - {protocol: TCP, port: 80}
  to:
    - ipBlock: {cidr: 169.254.170.23/32}
    - ipBlock: {cidr: "fd00:ec2::23/128"}
{{- end }}
{{- end }}

{{- define "shotengai.urlPort" -}}
{{- $url := urlParse . }}
{{- $host := regexReplaceAll "^.*\\]" $url.host "" }}
{{- if contains ":" $host }}{{ splitList ":" $host | last }}
{{- else }}{{ eq $url.scheme "https" | ternary 443 80 }}
{{- end }}
{{- end }}

{{- /* To a part of this release or, where it is none, to the peers of a value. */}}
{{- define "shotengai.localRule" -}}
{{- if (index .root.Values.local .local).enabled }}
{{- include "shotengai.rule" (dict "direction" "to" "ports" (list .localPort) "peers" (list (include "shotengai.pods" (dict "root" .root "component" .local) | fromYaml))) }}
{{- else }}
{{- include "shotengai.rule" (dict "direction" "to" "ports" .ports "peers" .peers) }}
{{- end }}
{{- end }}
