#!/bin/sh
# Starts etcd and an API server on loopback and writes a kubeconfig of an administrator. No scheduler and no kubelet: objects
# are admitted, validated, stored and authorised as in any cluster, but no pod ever runs.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd -P)
home=$here/.local/control-plane
run=$home/run
kubeconfig=$home/kubeconfig

command -v etcd >/dev/null || { echo "control plane: etcd is missing; on Debian: apt-get install etcd-server" >&2; exit 2; }
command -v openssl >/dev/null || { echo "control plane: openssl is missing" >&2; exit 2; }
sh "$here/deploy/control-plane/down.sh" quiet
server=$(sh "$here/deploy/control-plane/build.sh")

# Fresh state each time: a test must not meet what another left.
rm -rf "$run"
mkdir -p "$run/certificates"
chmod 700 "$run"
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
client=$(port); peer=$(port); secure=$(port)
token=$(openssl rand -hex 24)
openssl genrsa -out "$run/service-accounts.key" 2048 2>/dev/null
printf '%s,administrator,administrator,"system:masters"\n' "$token" > "$run/tokens.csv"

etcd --name local --data-dir "$run/etcd" --log-level warn \
    --listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
    --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
    --initial-cluster "local=http://127.0.0.1:$peer" > "$run/etcd.log" 2>&1 &
echo $! > "$run/etcd.pid"

cat > "$run/start-apiserver.sh" <<S
#!/bin/sh
# The same server on the same address and state: what a restart in a test runs.
"$server" --etcd-servers "http://127.0.0.1:$client" --secure-port $secure --bind-address 127.0.0.1 \\
    --advertise-address 127.0.0.1 --cert-dir "$run/certificates" --token-auth-file "$run/tokens.csv" \\
    --authorization-mode RBAC --anonymous-auth=false --service-cluster-ip-range 10.96.0.0/16 \\
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$run/service-accounts.key" \\
    --service-account-signing-key-file "$run/service-accounts.key" \\
    --endpoint-reconciler-type none >> "$run/apiserver.log" 2>&1 &
echo \$! > "$run/apiserver.pid"
S
sh "$run/start-apiserver.sh"

until_answers() {
    deadline=$(( $(date +%s) + 90 ))
    until [ -s "$run/certificates/apiserver.crt" ] && curl -fsS --cacert "$run/certificates/apiserver.crt" \
        -H "authorization: Bearer $token" "https://127.0.0.1:$secure/readyz" >/dev/null 2>&1; do
        for part in etcd apiserver; do
            kill -0 "$(cat "$run/$part.pid")" 2>/dev/null || {
                echo "control plane: $part ended; its log says:" >&2; tail -n 5 "$run/$part.log" >&2; exit 1; }
        done
        [ "$(date +%s)" -lt "$deadline" ] || { echo "control plane: not ready after 90 s; see $run/apiserver.log" >&2; exit 1; }
        sleep 0.2
    done
}
until_answers

umask 077
cat > "$kubeconfig" <<K
apiVersion: v1
kind: Config
current-context: local
contexts: [{name: local, context: {cluster: local, user: administrator, namespace: default}}]
clusters:
  - name: local
    cluster:
      server: https://127.0.0.1:$secure
      certificate-authority-data: $(base64 -w0 < "$run/certificates/apiserver.crt")
users:
  - name: administrator
    user: {token: $token}
K
# What the chart's optional parts are objects of.
KUBECONFIG=$kubeconfig sh "$here/deploy/control-plane/crds.sh"
echo "control plane: ready. export KUBECONFIG=$kubeconfig"
