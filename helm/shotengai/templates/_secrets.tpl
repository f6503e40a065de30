{{- /* Where a secret is: {secret, key}, or nothing where there is none. (dict "root" $ "name" "internalToken") */}}
{{- define "shotengai.secretRef" -}}
{{- $values := index .root.Values.secrets .name }}
{{- $own := dict "secret" (printf "%s-secrets" (include "shotengai.fullname" .root)) "key" $values.key }}
{{- $generated := and .root.Values.secrets.generate (has .name (list "jwtSigningKey" "internalToken")) }}
{{- if and .root.Values.secrets.generate (eq .name "adminPassword") .root.Values.admin.email }}
{{- $generated = not $values.hashed }}
{{- end }}
{{- $local := or (and (eq .name "databaseUrl") .root.Values.local.postgresql.enabled) (and (eq .name "smtpUrl") .root.Values.local.mailpit.enabled) }}
{{- if $values.existingSecret }}
{{- dict "secret" $values.existingSecret "key" $values.key | toYaml }}
{{- else if or $values.value $generated $local }}
{{- $own | toYaml }}
{{- else if ne .name "adminPassword" }}
{{- fail (printf "secrets.%s is missing: name a Secret (secrets.%s.existingSecret and .key), give it (secrets.%s.value)%s" .name .name .name (ternary ", or switch on local.postgresql" (ternary ", or switch on local.mailpit" ", or let it be made (secrets.generate=true)" (eq .name "smtpUrl")) (eq .name "databaseUrl"))) }}
{{- else if .root.Values.admin.email }}
{{- fail "admin.email is set, but there is no password: name a Secret (secrets.adminPassword.existingSecret), give one (secrets.adminPassword.value) or let it be made (secrets.generate=true, hashed=false)" }}
{{- end }}
{{- end }}

{{- /* A secret variable. (dict "root" $ "env" "INTERNAL_TOKEN" "name" "internalToken") */}}
{{- define "shotengai.secretEnv" -}}
{{- with include "shotengai.secretRef" . | fromYaml }}
- name: {{ $.env }}
  valueFrom:
    secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}
{{- end }}
{{- end }}

{{- /* What pods must start anew for when it changes. Made secrets are kept, so they don't. */}}
{{- define "shotengai.givenSecrets" -}}
{{- range $name, $values := .Values.secrets }}
{{- if kindIs "map" $values }}
{{ $name }}={{ $values.existingSecret | default $values.value }}/{{ $values.key }}
{{- end }}
{{- end }}
{{- end }}
