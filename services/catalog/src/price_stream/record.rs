//! Price in a record of the price stream.

use serde::Deserialize;
use serde_json::error::Category;
use shotengai_kernel::{Currency, Decimal, Money, ProductId};
use shotengai_streaming::Unfit;

use crate::reasons::NOT_A_PRICE;

const FORM: &str = "must be an object such as {\"product_id\": \"prod_001\", \"price\": 29.99}";

/// A price of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRecord {
    /// Of which.
    pub product_id: ProductId,
    /// Price of one piece.
    pub price: Money,
}

/// As it travels. Other fields are the source's own and mean nothing here, but for a currency: a price in another one must
/// not be taken for one in ours.
#[derive(Deserialize)]
struct Wire {
    product_id: ProductId,
    price: Decimal,
    currency: Option<String>,
}

/// The price in a record.
///
/// # Errors
/// [`Unfit`] for what is none. It quotes nothing: what came may be anybody's.
pub fn read(data: &[u8], currency: Currency) -> Result<PriceRecord, Unfit> {
    let unfit = |reason, error| Unfit { reason, error, trace: None };
    let not_a_price = |error: String| unfit(NOT_A_PRICE.word, error);
    let wire: Wire = serde_json::from_slice(data).map_err(|error| match error.classify() {
        Category::Data => not_a_price(format!("{FORM}; line {}, column {}", error.line(), error.column())),
        _ => unfit("not_json", format!("no JSON at line {}, column {}", error.line(), error.column())),
    })?;
    if wire.currency.is_some_and(|given| given != currency.code()) {
        return Err(not_a_price(format!("the currency must be {}", currency.code())));
    }
    let price = Money::from_major(&wire.price, currency).map_err(|error| not_a_price(format!("the price {error}")))?;
    Ok(PriceRecord { product_id: wire.product_id, price })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USD: &str = "USD";

    fn reason(text: &str) -> &'static str {
        let unfit = read(text.as_bytes(), Currency::parse(USD).unwrap()).unwrap_err();
        assert!(!unfit.error.contains("secret"), "{}", unfit.error);
        unfit.reason
    }

    #[test]
    fn a_price_is_read_with_every_digit_in_the_shops_currency() {
        for text in [
            r#"{"product_id":"prod_001","price":29.99}"#,
            r#" { "price" : 2999e-2 , "product_id" : "prod_001" } "#,
            r#"{"product_id":"prod_001","price":29.990,"currency":"USD","at":"2026-01-01","of":{"price":1}}"#,
        ] {
            let read = read(text.as_bytes(), Currency::parse(USD).unwrap()).unwrap();
            assert_eq!((read.product_id.as_str(), read.price.minor()), ("prod_001", 2999), "{text}");
        }
    }

    #[test]
    fn garbage_has_a_reason_and_is_not_quoted() {
        for text in ["", "secret", "{", r#"{"product_id":"prod_001","price":1"#, r#"{"price":01}"#] {
            assert_eq!(reason(text), "not_json", "{text}");
        }
        for text in [
            "null",
            "[]",
            "29.99",
            "{}",
            r#"{"product_id":"prod_001"}"#,
            r#"{"price":1}"#,
            r#"{"product_id":"secret","price":1}"#,
            r#"{"product_id":7,"price":1}"#,
            r#"{"product_id":"prod_001","price":"1"}"#,
            r#"{"product_id":"prod_001","price":null}"#,
            r#"{"product_id":"prod_001","price":-0.01}"#,
            r#"{"product_id":"prod_001","price":29.999}"#,
            r#"{"product_id":"prod_001","price":29.99000000000000000000000001}"#,
            r#"{"product_id":"prod_001","price":1e300}"#,
            r#"{"product_id":"prod_001","price":1,"price":2}"#,
            r#"{"product_id":"prod_001","price":1,"currency":"JPY"}"#,
        ] {
            assert_eq!(reason(text), "not_a_price", "{text}");
        }
        assert_eq!(read(&[0xff, 0xfe], Currency::JPY).unwrap_err().reason, "not_json");
    }
}
