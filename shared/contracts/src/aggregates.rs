//! Aggregates that are not a thing with an id of its own: inventory's, `<kind>/<name>`.

use shotengai_kernel::{AggregateId, AggregateKind, OrderId, ProductId, RefundId};
use uuid::Uuid;

/// The namespace of additions that are named by a refund and a product (RFC 9562, version 5). Must never change.
const RETURNS: Uuid = Uuid::from_u128(0x3e7b_09d4_51c8_4f16_8a2d_b963_70ec_14f7);

/// The numbers of one product's stock: `stock/<product>`.
pub const STOCK: AggregateKind = AggregateKind::new("stock");
/// Reservation of one order: `reservation/<order>`.
pub const RESERVATION: AggregateKind = AggregateKind::new("reservation");
/// One addition to a product's stock: `addition/<id>`.
pub const ADDITION: AggregateKind = AggregateKind::new("addition");

/// The numbers of one product's stock.
#[must_use]
pub fn stock(product: &ProductId) -> AggregateId {
    STOCK.of(product)
}

/// Reservation of one order.
#[must_use]
pub fn reservation(order: &OrderId) -> AggregateId {
    RESERVATION.of(order)
}

/// One addition to a product's stock, under the id that makes it happen once.
#[must_use]
pub fn addition(id: Uuid) -> AggregateId {
    ADDITION.of_uuid(id)
}

/// The addition of a refund's pieces of one product, which are sold again: always the same.
#[must_use]
pub fn returned(refund: RefundId, product: &ProductId) -> Uuid {
    Uuid::new_v5(&RETURNS, format!("{refund}\n{product}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_stores_hold() {
        let (product, order) = (ProductId::parse("prod_1").unwrap(), OrderId::parse("ord_1").unwrap());
        assert_eq!(stock(&product).as_str(), "stock/prod_1");
        assert_eq!(reservation(&order).as_str(), "reservation/ord_1");
        assert_eq!(addition(Uuid::from_u128(1)).as_str(), "addition/00000000000000000000000000000001");
        let returned = returned(RefundId::new(Uuid::from_u128(1)), &product);
        assert_eq!(returned.to_string(), "087508d7-7419-54f7-89e1-98923db73a33");
        assert_eq!(STOCK.name_in("stock/prod_1"), Some("prod_1"));
    }
}
