{{- /* How to reach AWS: of every container that does. */}}
{{- define "shotengai.awsEnv" -}}
{{- $env := dict "AWS_REGION" .Values.aws.region "KINESIS_STREAM_NAME" .Values.aws.stream }}
{{- with .Values.aws.resourcePrefix }}{{ $_ := set $env "RESOURCE_PREFIX" . }}{{ end }}
{{- with .Values.aws.imageBucket }}{{ $_ := set $env "IMAGE_BUCKET" . }}{{ end }}
{{- with .Values.aws.archiveBucket }}{{ $_ := set $env "ARCHIVE_BUCKET" . }}{{ end }}
{{- with .Values.aws.publicStoreUrl }}{{ $_ := set $env "S3_PUBLIC_ENDPOINT" . }}{{ end }}
{{- with include "shotengai.awsEndpoint" . }}{{ $_ := set $env "AWS_ENDPOINT_URL" . }}{{ end }}
{{- $_ := set $env "PUBLISH" .Values.publish }}
{{- if and .Values.local.ministack.enabled (not .Values.aws.credentials.existingSecret) }}
{{- /* MiniStack takes any; twelve digits are an account of their own. */}}
{{- $_ := set $env "AWS_ACCESS_KEY_ID" "000000000000" }}
{{- $_ := set $env "AWS_SECRET_ACCESS_KEY" "local" }}
{{- end }}
{{- toYaml $env }}
{{- end }}

{{- define "shotengai.awsEndpoint" -}}
{{- if .Values.aws.endpointUrl }}{{ .Values.aws.endpointUrl }}
{{- else if .Values.local.ministack.enabled }}http://{{ include "shotengai.fullname" . }}-ministack:4566
{{- end }}
{{- end }}

{{- define "shotengai.awsCredentials" -}}
{{- with .Values.aws.credentials }}
{{- if .existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom:
    secretKeyRef: {name: {{ .existingSecret }}, key: {{ .accessKeyIdKey }}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom:
    secretKeyRef: {name: {{ .existingSecret }}, key: {{ .secretAccessKeyKey }}}
{{- end }}
{{- end }}
{{- end }}

{{- /* The settings of a role, by variable: what the chart knows, then settings, then roles.<name>.settings. */}}
{{- define "shotengai.settings" -}}
{{- $root := .root }}
{{- $env := include "shotengai.awsEnv" $root | fromYaml }}
{{- $_ := set $env "CURRENCY" $root.Values.currency }}
{{- $_ := set $env "LOG_FORMAT" $root.Values.log.format }}
{{- with $root.Values.log.directives }}{{ $_ := set $env "LOG" . }}{{ end }}
{{- with $root.Values.tracing.endpoint }}{{ $_ := set $env "OTEL_EXPORTER_OTLP_ENDPOINT" . }}{{ end }}
{{- $_ := set $env "PRE_STOP_SECONDS" .role.shutdown.preStopSeconds }}
{{- $_ := set $env "DRAIN_SECONDS" .role.shutdown.drainSeconds }}
{{- range .role.calls }}
{{- $_ := set $env (printf "%s_URL" (upper .)) (printf "http://%s-%s:8080" (include "shotengai.fullname" $root) .) }}
{{- end }}
{{- if .role.watches }}
{{- $_ := set $env "OPS_PROCESSES" (printf "http://%s-metrics:9090" (include "shotengai.fullname" $root)) }}
{{- end }}
{{- if eq .name "storefront" }}
{{- with $root.Values.admin.email }}{{ $_ := set $env "ADMIN_EMAIL" . }}{{ end }}
{{- /* Without it all customers would share the limits of the one address that the proxy has. */}}
{{- if or $root.Values.ingress.enabled $root.Values.gateway.enabled }}{{ $_ := set $env "TRUSTED_PROXIES" 1 }}{{ end }}
{{- $_ := set $env "JWT_SIGNING_KEY_FILE" "/etc/shotengai/keys/signing-key.pem" }}
{{- end }}
{{- if eq .name "notification" }}
{{- $_ := set $env "MAIL_FROM" $root.Values.mail.from }}
{{- $_ := set $env "MAIL_DOMAIN" $root.Values.mail.domain }}
{{- with $root.Values.publicUrl }}{{ $_ := set $env "PUBLIC_URL" . }}{{ end }}
{{- end }}
{{- if eq .name "archiver" }}{{ $_ := set $env "ARCHIVE" "on" }}{{ end }}
{{- if and (has "database" .role.needs) $root.Values.database.caConfigMap }}
{{- $_ := set $env "DATABASE_CA_FILE" "/etc/shotengai/database/ca.pem" }}
{{- end }}
{{- if has "leases" .role.needs }}{{ $_ := set $env "LEASES" $root.Values.leases }}{{ end }}
{{- toYaml (mergeOverwrite $env (deepCopy $root.Values.settings) .role.settings) }}
{{- end }}

{{- /* The variables of a map as a list, in the order of their names; numbers become text without exponents. */}}
{{- define "shotengai.envList" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
{{- end }}
{{- end }}

{{- /* All variables of a role's container. */}}
{{- define "shotengai.env" -}}
{{- $settings := include "shotengai.settings" . | fromYaml }}
{{- $extra := concat .root.Values.extraEnv .role.extraEnv }}
{{- range $extra }}
{{- if hasKey $settings .name }}
{{- fail (printf "extraEnv sets %s, which the chart sets: use its value, settings or roles.%s.settings" .name $.name) }}
{{- end }}
{{- end }}
{{- include "shotengai.envList" $settings }}
{{- include "shotengai.awsCredentials" .root }}
{{- $password := .root.Values.secrets.adminPassword.hashed | ternary "ADMIN_PASSWORD_HASH" "ADMIN_PASSWORD" }}
{{- $names := dict "internalToken" "INTERNAL_TOKEN" "adminPassword" $password "databaseUrl" "DATABASE_URL" "smtpUrl" "SMTP_URL" }}
{{- range .role.secrets }}
{{- if hasKey $names . }}
{{- include "shotengai.secretEnv" (dict "root" $.root "env" (index $names .) "name" .) }}
{{- end }}
{{- end }}
{{- if .role.leases }}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_UID
  valueFrom: {fieldRef: {fieldPath: metadata.uid}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
{{- end }}
{{- with $extra }}
{{ toYaml . }}
{{- end }}
{{- end }}
