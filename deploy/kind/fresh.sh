#!/bin/sh
# Lets the street begin anew: local AWS and PostgreSQL empty, both at once, and no role that remembers what was in them.
. "$(dirname -- "$0")/common.sh"
timeout=${KIND_TIMEOUT:-600s}

need docker kind kubectl helm
need_cluster

# First of all: what a role remembers of the old stores it would write into the new ones.
step 'stop the roles'
k scale deployment --selector "app.kubernetes.io/instance=$release,shotengai/role=true" --replicas=0 >/dev/null
k wait --for=delete pod --selector "app.kubernetes.io/instance=$release,shotengai/role=true" --timeout "$timeout" >/dev/null \
  || { explain; fail 'the roles did not end; more: make kind-logs'; }

step 'empty the local AWS and PostgreSQL'
k rollout restart "deployment/$release-ministack" "deployment/$release-postgresql" >/dev/null
for part in ministack postgresql; do
  k rollout status "deployment/$release-$part" --timeout "$timeout" || { explain; fail "$part did not come back; more: make kind-logs"; }
done

# Provisions again, and brings the counts back.
exec sh "$here/up.sh"
