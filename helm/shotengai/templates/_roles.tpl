{{- /* The roles that are installed: {name: facts of files/roles.yaml and values of roleDefaults and roles.<name>}. */}}
{{- define "shotengai.roles" -}}
{{- $facts := .Files.Get "files/roles.yaml" | fromYaml }}
{{- $roles := dict }}
{{- range $name, $fact := $facts }}
{{- $values := mustMergeOverwrite (deepCopy $.Values.roleDefaults) (deepCopy (index $.Values.roles $name | default dict)) }}
{{- if $values.enabled }}
{{- $_ := set $roles $name (merge $values $fact (dict "http" false "asked" false "public" false "stream" false "watches" false "calls" list "queues" list "needs" list)) }}
{{- end }}
{{- end }}
{{- range $name, $role := $roles }}
{{- $calls := list }}
{{- range $role.calls }}
{{- if hasKey $roles . }}
{{- $calls = append $calls . }}
{{- end }}
{{- end }}
{{- $_ := set $role "calls" $calls }}
{{- /* What scales it: keda, hpa or nothing. */}}
{{- $scaler := "" }}
{{- if $role.autoscaling.enabled }}
{{- if and $.Values.keda.enabled (or $role.queues $role.stream) }}
{{- $scaler = "keda" }}
{{- else if and $role.http (not $role.asked) }}
{{- $scaler = "hpa" }}
{{- end }}
{{- end }}
{{- $_ := set $role "scaler" $scaler }}
{{- $_ := set $role "leases" (and (has "leases" $role.needs) (eq $.Values.leases "kubernetes")) }}
{{- end }}
{{- toYaml $roles }}
{{- end }}

{{- define "shotengai.serviceAccountName" -}}
{{- if .account.name }}{{ .account.name }}
{{- else if .account.create }}{{ include "shotengai.fullname" .root }}-{{ .component }}
{{- else }}default
{{- end }}
{{- end }}
