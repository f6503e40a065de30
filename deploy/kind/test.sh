#!/bin/sh
# Buys something in the cluster, and looks at what only a cluster has: the ingress, the leases, the network's rules.
. "$(dirname -- "$0")/common.sh"

need kind kubectl helm curl
need_cluster

step 'buy something (helm test)'
h test "$release" --logs || { explain; fail 'the order was not paid; more: make kind-logs, then docs/operations.md'; }

step 'the ingress leads to storefront, and through it to the roles'
for path in /products /tally; do
  curl --fail --silent --show-error --max-time 10 --retry 10 --retry-all-errors --output /dev/null "http://localhost:8080$path" \
    || fail "http://localhost:8080$path does not answer: kubectl --context kind-$cluster -n $namespace describe ingress"
  echo "  $path answers"
done

step 'the ingress lets the WebSocket of the live page through'
live=http://localhost:8080/tally/live
# An open socket doesn't end by itself, so curl waits out its time: what counts is the status, not how curl ends.
status=$(curl --http1.1 --silent --max-time 5 --output /dev/null --write-out '%{http_code}' \
  --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' \
  --header 'Sec-WebSocket-Key: c2hvdGVuZ2FpLXN0cmVldA==' "$live" || true)
[ "$status" = 101 ] || fail "$live answers ${status:-nothing} where 101 is wanted: the annotation projectcontour.io/websocket-routes of the ingress must name its path"
echo '  /tally/live switches protocols'

step 'every shard has a lease'
k get leases
[ -n "$(k get leases --output name)" ] || fail 'no bridge keeps a lease: kubectl logs deployment/shotengai-bridge'

step 'the bridge may touch leases and nothing else'
account=system:serviceaccount:$namespace:$release-bridge
k auth can-i update leases --as "$account" >/dev/null || fail 'the bridge may not update leases'
for thing in secrets pods configmaps; do
  ! k auth can-i get "$thing" --as "$account" >/dev/null || fail "the bridge may read $thing"
done
echo '  leases yes; secrets, pods, configmaps no'
# RBAC lets it write any Lease; admission lets it write its own.
! printf '{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "somebody-else"}}' \
  | k create --dry-run=server --as "$account" --filename - >/dev/null 2>&1 \
  || fail "the bridge may write Leases of others: kubectl get validatingadmissionpolicies"
echo '  leases of others no'

step 'a restart of every role loses nothing'
k rollout restart deployment --selector "app.kubernetes.io/instance=$release,shotengai/role=true" >/dev/null
h test "$release" --logs || { explain; fail 'an order placed during the restart was not paid; more: make kind-logs'; }
k rollout status deployment --selector "app.kubernetes.io/instance=$release" --timeout 300s || { explain; fail 'the roles did not come back'; }
step 'passed'
