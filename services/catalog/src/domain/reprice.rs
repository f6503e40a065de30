//! Prices from the price stream.

use shotengai_contracts::CatalogEvent;
use shotengai_contracts::events::ProductPriceChanged;
use shotengai_kernel::Money;

use super::Product;

/// Why a price of the price stream is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceRefusal {
    /// There never was such a product.
    #[error("there is no such product")]
    Unknown,
    /// It was deleted.
    #[error("the product was deleted")]
    Deleted,
}

/// Sets the price that the record at this place of the price stream has. Nothing happens where a record at this place or a
/// later one has set it already: whoever reads a shard twice, or late, puts no old price back. A price that is the same is
/// written all the same, or an older record could still take its place.
///
/// Places are compared as numbers, which is right for records of one partition key, before and after a resharding; of two
/// keys the larger number wins, always the same one.
///
/// # Errors
/// [`PriceRefusal`].
pub fn reprice(product: &Product, price: Money, sequence: &str) -> Result<Vec<CatalogEvent>, PriceRefusal> {
    let known = product.known().ok_or(PriceRefusal::Unknown)?;
    if known.source_sequence.as_deref().is_some_and(|last| number(sequence) <= number(last)) {
        return Ok(Vec::new());
    }
    if known.deleted {
        return Err(PriceRefusal::Deleted);
    }
    let (product_id, source_sequence) = (known.product_id.clone(), Some(sequence.to_owned()));
    Ok(vec![ProductPriceChanged { product_id, price, source_sequence }.into()])
}

/// Decimals of any length, so that they compare as the numbers they are.
fn number(sequence: &str) -> (usize, &str) {
    let digits = sequence.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::{Currency, Precondition, ProductId, Version};

    use super::super::{Change, Details, Expected, Identity, create, delete, restore, update};
    use super::*;

    const ANY: Expected<'static> = Expected { current: Version::FIRST, wanted: &Precondition::Any };

    fn yen(minor: i64) -> Money {
        Money::from_minor(minor, Currency::JPY).unwrap()
    }

    fn then(mut product: Product, events: Vec<CatalogEvent>) -> Product {
        events.iter().for_each(|event| product.evolve(event).unwrap());
        product
    }

    fn details(price: u32) -> Details {
        Details::parse("きのこの山", "", &price.into(), Currency::JPY).unwrap()
    }

    fn created() -> Product {
        let id = ProductId::parse("prod_kinoko").unwrap();
        let events = create(&Product::default(), &id, Identity::Chosen, &details(200), 1).unwrap();
        then(Product::default(), events)
    }

    fn priced(product: Product, price: i64, sequence: &str) -> Product {
        let events = reprice(&product, yen(price), sequence).unwrap();
        then(product, events)
    }

    fn price(product: &Product) -> i64 {
        product.known().unwrap().details.price().minor()
    }

    #[test]
    fn the_latest_place_wins_in_whatever_order_records_come() {
        // The last is one digit longer, and so larger.
        let records = [("0999", 1), ("999", 1), ("1000", 2), ("49660000000000000000000000001", 3)];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 2], [3, 3, 1, 2]] {
            let after = order.iter().fold(created(), |product, at| priced(product, records[*at].1, records[*at].0));
            assert_eq!(price(&after), 3, "{order:?}");
        }
        let product = priced(created(), 5, "7");
        for sequence in ["7", "07", "6", "0"] {
            assert_eq!(reprice(&product, yen(9), sequence), Ok(Vec::new()), "{sequence}");
        }
    }

    #[test]
    fn a_price_that_is_the_same_still_makes_older_records_old() {
        let product = priced(created(), 200, "8");
        assert_eq!(reprice(&product, yen(100), "7"), Ok(Vec::new()));
    }

    #[test]
    fn a_price_set_by_hand_stands_until_a_later_record_comes() {
        let product = priced(created(), 150, "8");
        let by_hand = update(&product, ANY, &Change::to(&details(500))).unwrap();
        let product = then(product, by_hand);
        assert_eq!(price(&priced(product.clone(), 150, "8")), 500, "the record comes again");
        assert_eq!(price(&priced(product, 160, "9")), 160);
    }

    #[test]
    fn what_is_not_on_sale_has_no_new_price() {
        assert_eq!(reprice(&Product::default(), yen(1), "1"), Err(PriceRefusal::Unknown));
        let product = priced(created(), 150, "8");
        let deleted = then(product.clone(), delete(&product, ANY).unwrap());
        assert_eq!(reprice(&deleted, yen(1), "9"), Err(PriceRefusal::Deleted));
        assert_eq!(reprice(&deleted, yen(1), "8"), Ok(Vec::new()), "it was set before");
        let back = then(deleted.clone(), restore(&deleted, ANY).unwrap());
        assert_eq!(price(&back), 150);
        assert_eq!(reprice(&back, yen(1), "8"), Ok(Vec::new()), "restored products remember");
    }

    #[test]
    fn a_state_without_a_place_is_read_as_one_that_had_no_record() {
        let mut json = serde_json::to_value(created()).unwrap();
        json["known"].as_object_mut().unwrap().remove("source_sequence").unwrap();
        assert_eq!(serde_json::from_value::<Product>(json).unwrap(), created());
    }
}
