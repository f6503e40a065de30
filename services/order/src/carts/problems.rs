//! Refusals about carts, as clients see them.

use actix_web::http::header::ETAG;
use shotengai_contracts::api::carts::{CART_CHANGED, ChangedPrice, PRICES_CHANGED};
use shotengai_contracts::api::orders::{EMPTY_ORDER, TOO_MANY_LINES, TOTAL_OUT_OF_RANGE, UNKNOWN_PRODUCT};
use shotengai_contracts::api::shared::{IDEMPOTENCY_KEY_REUSED, OUT_OF_RANGE};
use shotengai_runtime::Problem;
use shotengai_runtime::http::versioned_tag;

use crate::carts::domain::CartRefusal;
use crate::carts::http::shown;
use crate::carts::ordering::{OrderCartRefusal, PriceChange};

impl From<CartRefusal> for Problem {
    fn from(refusal: CartRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            CartRefusal::Stale(stale) => {
                let cart = shown(&stale.0);
                let tag = format!("\"{}\"", versioned_tag(cart.version, &cart));
                Self::of(&CART_CHANGED).detail(detail).member("cart", &cart).header(ETAG, tag)
            }
            CartRefusal::NotInCart(_) => Self::not_found(detail),
            CartRefusal::TooManyLines => Self::of(&TOO_MANY_LINES).detail(detail),
            CartRefusal::TooManyPieces(_) => Self::of(&OUT_OF_RANGE).detail(detail),
            CartRefusal::NotForSale(_) => Self::of(&UNKNOWN_PRODUCT).detail(detail),
            CartRefusal::KeyReused => Self::of(&IDEMPOTENCY_KEY_REUSED).detail(detail),
        }
    }
}

impl From<OrderCartRefusal> for Problem {
    fn from(refusal: OrderCartRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            OrderCartRefusal::Place(refusal) => refusal.into(),
            OrderCartRefusal::Cart(refusal) => refusal.into(),
            OrderCartRefusal::Empty(_) => Self::of(&EMPTY_ORDER).detail(detail),
            OrderCartRefusal::PricesChanged(changes) => {
                let prices: Vec<_> = changes.into_iter().map(changed).collect();
                Self::of(&PRICES_CHANGED).detail(detail).member("prices", &prices)
            }
            OrderCartRefusal::Total(_) => Self::of(&TOTAL_OUT_OF_RANGE).detail(detail),
        }
    }
}

fn changed(change: PriceChange) -> ChangedPrice {
    let PriceChange { product_id, shown, now } = change;
    let (price_in_cart, price) = (shown.to_major_number(), now.to_major_number());
    ChangedPrice { product_id, price_in_cart, price, currency: now.currency() }
}
