//! Aggregates that are not a thing with an id of its own: inventory's, `<kind>/<name>`.

use shotengai_kernel::{AggregateId, AggregateKind, OrderId, ProductId};
use uuid::Uuid;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_stores_hold() {
        let (product, order) = (ProductId::parse("prod_1").unwrap(), OrderId::parse("ord_1").unwrap());
        assert_eq!(stock(&product).as_str(), "stock/prod_1");
        assert_eq!(reservation(&order).as_str(), "reservation/ord_1");
        assert_eq!(addition(Uuid::from_u128(1)).as_str(), "addition/00000000000000000000000000000001");
        assert_eq!(STOCK.name_in("stock/prod_1"), Some("prod_1"));
    }
}
