{{- /* Names and labels. Names leave room for "-notification" and "-provision-123-a1b2c3". */}}

{{- define "shotengai.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimAll "-." }}
{{- end }}

{{- define "shotengai.fullname" -}}
{{- $name := include "shotengai.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimAll "-." }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimAll "-." }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimAll "-." }}
{{- end }}
{{- end }}

{{- /* What a component's pods are found by; never changes in a release's life. (dict "root" $ "component" "order") */}}
{{- define "shotengai.selector" -}}
app.kubernetes.io/name: {{ include "shotengai.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- /* Of pods: nothing that changes with the chart's version, or each would restart with it. */}}
{{- define "shotengai.podLabels" -}}
{{- $own := include "shotengai.selector" . | fromYaml }}
{{- toYaml (merge $own (dict "app.kubernetes.io/part-of" "shotengai") (.labels | default dict) .root.Values.commonLabels) }}
{{- end }}

{{- define "shotengai.labels" -}}
{{- $chart := printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- $more := dict "app.kubernetes.io/version" .root.Chart.AppVersion "app.kubernetes.io/managed-by" .root.Release.Service "helm.sh/chart" $chart }}
{{- toYaml (merge (include "shotengai.podLabels" . | fromYaml) $more) }}
{{- end }}

{{- /* The head of an object: (dict "root" $ "component" "order" "name" "x" "labels" dict "annotations" dict); with "clusterWide" true of one
       that is in no namespace. */}}
{{- define "shotengai.metadata" -}}
name: {{ .name }}
{{- if not .clusterWide }}
namespace: {{ .root.Release.Namespace }}
{{- end }}
labels:
  {{- include "shotengai.labels" . | nindent 2 }}
{{- with merge (deepCopy (.annotations | default dict)) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "shotengai.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}
{{- else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end }}
{{- end }}
{{- end }}

{{- define "shotengai.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
