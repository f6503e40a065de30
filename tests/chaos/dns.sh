#!/bin/sh
# Names stop resolving for 20 s under a running street, and come back. After `make infra` in another terminal:
#   DATABASE=<what that prints for PostgreSQL, with db.street.test for the address> sh tests/chaos/dns.sh [seconds]
# Linux, as root: the processes get an /etc/hosts of their own, which is emptied meanwhile.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
bin=${SHOTENGAI_BIN:-$here/target/debug/shotengai}
seconds=${1:-20}
work=$(mktemp -d)
chmod 755 "$work"
hosts=$work/hosts
names() { printf '127.0.0.1 localhost aws.street.test db.street.test mail.street.test\n' > "$hosts"; }
none() { printf '127.0.0.1 localhost\n' > "$hosts"; }
names
printf 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' > "$work/resolv.conf"
"$bin" keygen > "$work/key.pem"
: "${DATABASE:?the database, as make infra prints it, at db.street.test}"

AWS_ENDPOINT_URL=http://aws.street.test:4566 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
DATABASE_URL="$DATABASE" SMTP_URL=smtp://mail.street.test:1025 \
ADMIN_EMAIL=admin@shotengai.example ADMIN_PASSWORD=shotengai INTERNAL_TOKEN=only-for-this-trial-of-names \
JWT_SIGNING_KEY_FILE=$work/key.pem HTTP_ADDR=127.0.0.1:18081 HEALTH_ADDR=127.0.0.1:19091 CATALOG_URL=http://127.0.0.1:18081 \
STOREFRONT_URL=http://127.0.0.1:18081 LOG_FORMAT=json \
unshare --mount sh -c "mount --bind '$hosts' /etc/hosts && mount --bind '$work/resolv.conf' /etc/resolv.conf && exec '$bin' serve all" \
    > "$work/log" 2>&1 &
street=$!
trap 'kill $street 2>/dev/null; wait $street 2>/dev/null; rm -rf "$work"' EXIT

until_ready() { until curl -fsS http://127.0.0.1:19091/readyz >/dev/null 2>&1; do kill -0 $street || { tail -n 3 "$work/log"; exit 1; }; sleep 0.2; done; }
until_ready
"$bin" seed --url http://127.0.0.1:18081 >/dev/null
"$bin" smoke --url http://127.0.0.1:18081 | tail -n 1

none
echo "names are gone for $seconds s"
end=$(($(date +%s) + seconds))
refused=0
while [ "$(date +%s)" -lt "$end" ]; do
    [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:19091/livez)" = 200 ] || { echo "not alive"; exit 1; }
    [ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:19091/readyz)" = 200 ] || { echo "not ready"; exit 1; }
    code=$(curl -s -o /dev/null -m 15 -w '%{http_code}' http://127.0.0.1:18081/products)
    case $code in 503) refused=$((refused + 1)) ;; 200) ;; *) echo "a read answered $code"; exit 1 ;; esac
    sleep 0.5
done
names
echo "names are back; alive and ready all the time, $refused reads answered 503 and none anything else but 200"
"$bin" smoke --url http://127.0.0.1:18081 | tail -n 1
