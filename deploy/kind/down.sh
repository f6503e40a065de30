#!/bin/sh
# Removes the cluster and all that was in it.
. "$(dirname -- "$0")/common.sh"

need docker kind
if has_cluster; then
  step "remove the cluster $cluster"
  kind delete cluster --name "$cluster" || fail "the cluster could not be removed: docker rm -f $cluster-control-plane"
else
  echo "there is no cluster $cluster"
fi
