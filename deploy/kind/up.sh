#!/bin/sh
# A cluster on this machine with the whole street in it. May be repeated: what is there is brought up to date.
#   IMAGE_TAR         load this image archive instead of building one
#   CONTOUR_MANIFEST  the ingress controller, where the usual address can't be reached
#   KIND_TIMEOUT      how long each wait may take (600s)
. "$(dirname -- "$0")/common.sh"
timeout=${KIND_TIMEOUT:-600s}
contour=${CONTOUR_MANIFEST:-https://raw.githubusercontent.com/projectcontour/contour/v1.33.0/examples/render/contour.yaml}

need docker kind kubectl helm
need_docker

if has_cluster; then
  step "the cluster $cluster is there"
else
  step "create the cluster $cluster"
  kind create cluster --name "$cluster" --config "$root/deploy/kind/cluster.yaml" ${KIND_NODE_IMAGE:+--image "$KIND_NODE_IMAGE"} --wait 120s \
    || fail 'the cluster could not be created; if a port is in use, end what has 8080 or 8443 (docker ps, ss -ltnp)'
fi

if [ -n "${IMAGE_TAR:-}" ]; then
  step "load the image of $IMAGE_TAR"
  kind load image-archive "$IMAGE_TAR" --name "$cluster" || fail "$IMAGE_TAR is no image archive, or the node's disk is full (docker system df)"
else
  step "build the image $image"
  docker build --file "$root/deploy/Dockerfile" --tag "$image" "$root" || fail 'the image could not be built (see above)'
  step 'load it into the cluster'
  kind load docker-image "$image" --name "$cluster" || fail "the image could not be loaded; is the node's disk full? (docker system df)"
fi

step 'install the ingress controller'
kubectl --context "kind-$cluster" apply --server-side --filename "$contour" >/dev/null \
  || fail "$contour could not be applied; without a network name a copy: CONTOUR_MANIFEST=contour.yaml make kind-up"
kubectl --context "kind-$cluster" --namespace projectcontour rollout status deployment/contour --timeout "$timeout" \
  || fail 'the ingress controller did not start: kubectl -n projectcontour describe pods'
kubectl --context "kind-$cluster" --namespace projectcontour rollout status daemonset/envoy --timeout "$timeout" \
  || fail 'the ingress controller got no ports: kubectl -n projectcontour describe pods'

# No load balancer gives its Service an address here. It reports this one, so that `kubectl get ingress` shows where the street is.
kubectl --context "kind-$cluster" --namespace projectcontour patch service envoy --subresource=status --type=merge \
  --patch '{"status":{"loadBalancer":{"ingress":[{"hostname":"localhost"}]}}}' >/dev/null \
  || fail 'the ingress controller has no Service envoy: CONTOUR_MANIFEST is of another controller, or of another version'

step "open the street in the namespace $namespace"
kubectl --context "kind-$cluster" create namespace "$namespace" --dry-run=client --output yaml | kubectl --context "kind-$cluster" apply --filename - >/dev/null
# The cluster itself refuses a pod that could do more than it should.
kubectl --context "kind-$cluster" label namespace "$namespace" --overwrite pod-security.kubernetes.io/enforce=restricted >/dev/null
# shellcheck disable=SC2046 # Flags or nothing.
h upgrade --install "$release" "$root/helm/shotengai" --values "$root/helm/shotengai/values-kind.yaml" $(force_conflicts) --wait --timeout "$timeout" \
  || { explain; fail 'the street did not open; more: make kind-logs'; }

# The image's name stays the same, so a new one is taken by starting anew.
step 'start the roles on the image just loaded'
k rollout restart deployment --selector "app.kubernetes.io/instance=$release,shotengai/role=true" >/dev/null || true
k rollout status deployment --selector "app.kubernetes.io/instance=$release" --timeout "$timeout" \
  || { explain; fail 'the roles did not come back; more: make kind-logs'; }

step 'the street is open'
cat <<END
  http://localhost:8080/         the live page
  the inbox                      kubectl --context kind-$cluster -n $namespace port-forward service/$release-mailpit 8025
  who reads which shard          kubectl --context kind-$cluster -n $namespace get leases
  buy something                  make kind-test
END
