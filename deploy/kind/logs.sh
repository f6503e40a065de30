#!/bin/sh
# What the street says: make kind-logs; of one role: make kind-logs ROLE=order; into a folder: make kind-logs INTO=logs.
. "$(dirname -- "$0")/common.sh"

need kind kubectl
need_cluster

selector=app.kubernetes.io/instance=$release${ROLE:+,app.kubernetes.io/component=$ROLE}
if [ -n "${INTO:-}" ]; then
  step "write logs, pods and events into $INTO"
  mkdir -p -- "$INTO"
  kind export logs --name "$cluster" "$INTO/node" >/dev/null || true
  k get all,leases,networkpolicies --output wide >"$INTO/objects.txt" 2>&1 || true
  k describe pods >"$INTO/pods.txt" 2>&1 || true
  k get events --sort-by=.lastTimestamp >"$INTO/events.txt" 2>&1 || true
  k logs --selector "$selector" --prefix --tail=-1 --max-log-requests 40 >"$INTO/street.log" 2>&1 || true
else
  step 'pods'
  k get pods --selector "$selector"
  step 'the last events'
  k get events --sort-by=.lastTimestamp | tail -n 15
  step 'the last lines'
  k logs --selector "$selector" --prefix --tail "${TAIL:-50}" --max-log-requests 40
fi
