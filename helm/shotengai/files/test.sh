# Sells a product to a guest and sees the order paid: through storefront, as a customer would. Needs sh and curl.
#   URL  PRODUCT_ID (empty: makes one, as ADMIN_EMAIL with ADMIN_PASSWORD, and deletes it)  TIMEOUT_SECONDS
set -eu

say() { printf 'test: %s\n' "$*"; }
fail() { printf 'test: %s\n' "$*" >&2; exit 1; }

# The value of a name in flat JSON on standard input.
field() { sed -n "s/.*\"$1\" *: *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; }
call() { curl --silent --show-error --fail-with-body --max-time 20 --header 'content-type: application/json' "$@"; }

product=${PRODUCT_ID:-}
admin=
clean_up() {
  [ -z "$admin" ] || call --header "authorization: Bearer $admin" --request DELETE "$URL/products/$product" >/dev/null || true
}
trap clean_up EXIT

end=$(($(date +%s) + TIMEOUT_SECONDS))
in_time() { [ "$(date +%s)" -lt "$end" ] || fail "$1 within $TIMEOUT_SECONDS s; docs/operations.md says where to look"; sleep 1; }

if [ -z "$product" ]; then
  [ -n "${ADMIN_PASSWORD:-}" ] || fail 'there is no administrator to make a product: set tests.productId or admin.email'
  admin=$(call --data "{\"email\":\"$ADMIN_EMAIL\",\"password\":\"$ADMIN_PASSWORD\"}" "$URL/auth/login" | field access_token)
  [ -n "$admin" ] || fail 'the administrator could not sign in'
  product=helm_test_$(date +%s)
  call --header "authorization: Bearer $admin" \
    --data "{\"product_id\":\"$product\",\"name\":\"helm test\",\"description\":\"helm test\",\"price\":100,\"stock\":1}" "$URL/products" >/dev/null
  say "made the product $product"
fi
until call "$URL/products/$product" >/dev/null 2>&1; do in_time "the product $product can't be read"; done

guest=$(call --data '{"language":"en"}' "$URL/auth/guest" | field access_token)
[ -n "$guest" ] || fail 'no guest could sign in'
# Stock follows the product by an event of its own: until it is there an order is cancelled, and another is placed.
while :; do
  order=$(call --header "authorization: Bearer $guest" --header "idempotency-key: helm-test-$product-$(date +%s)" \
    --data "{\"items\":[{\"product_id\":\"$product\",\"quantity\":1}]}" "$URL/orders" | field order_id)
  [ -n "$order" ] || fail 'the order was not accepted'
  say "placed the order $order"
  status=pending
  while [ "$status" = pending ] || [ "$status" = confirmed ]; do
    in_time "the order $order is $status, not paid,"
    status=$(call --header "authorization: Bearer $guest" "$URL/orders/$order" 2>/dev/null | field status) || true
    status=${status:-pending}
  done
  [ "$status" != paid ] || break
  say "the order is $status; again"
  in_time 'no order was paid'
done
say "the order $order is paid"
