//! The products of a fresh street, and what they cost in any currency.

use serde_json::Number;
use shotengai_kernel::{Currency, Money, MoneyError};

/// One of them.
pub(super) struct Product {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// Its name in English.
    pub(super) english: &'static str,
    pub(super) description: &'static str,
    /// In yen; `price` says what that is elsewhere.
    yen: i64,
    pub(super) stock: u32,
}

/// The two rivals first.
pub(super) const PRODUCTS: [Product; 6] = [
    Product {
        id: "prod_kinoko",
        name: "きのこの山",
        english: "Kinoko no Yama",
        description: "Chocolate caps on crackers. One of the two rivals.",
        yen: 200,
        stock: 100_000,
    },
    Product {
        id: "prod_takenoko",
        name: "たけのこの里",
        english: "Takenoko no Sato",
        description: "Chocolate over biscuit shoots. The other rival.",
        yen: 220,
        stock: 100_000,
    },
    Product {
        id: "prod_dorayaki",
        name: "どら焼き",
        english: "Dorayaki",
        description: "Two small pancakes with sweet bean paste.",
        yen: 180,
        stock: 500,
    },
    Product {
        id: "prod_taiyaki",
        name: "たい焼き",
        english: "Taiyaki",
        description: "A fish-shaped cake, warm.",
        yen: 160,
        stock: 500,
    },
    Product {
        id: "prod_senbei",
        name: "せんべい",
        english: "Senbei",
        description: "Rice crackers with soy sauce, ten pieces.",
        yen: 350,
        stock: 200,
    },
    Product {
        id: "prod_yokan",
        name: "羊羹",
        english: "Yokan",
        description: "A bar of bean jelly. Only three left.",
        yen: 1200,
        stock: 3,
    },
];

/// Currencies whose unit is worth far less than most: how many of theirs stand for one yen.
const PER_YEN: [(&str, i64); 7] =
    [("KRW", 10), ("TWD", 1), ("HUF", 3), ("INR", 1), ("IDR", 100), ("VND", 150), ("CLP", 6)];

impl Product {
    /// What one piece costs, in major units: ¥200, $2.00, €2.00, ₩2000. A round figure that reads well, no exchange
    /// rate.
    pub(super) fn price(&self, currency: Currency) -> Result<Number, MoneyError> {
        let minor_per_major = 10_i64.pow(currency.decimals());
        let minor = match PER_YEN.iter().find(|(code, _)| *code == currency.code()) {
            Some((_, per_yen)) => self.yen * per_yen * minor_per_major,
            None if currency.decimals() == 0 => self.yen,
            // A hundred yen are one dollar, one euro, one pound …
            None => self.yen * minor_per_major / 100,
        };
        Money::from_minor(minor, currency).map(Money::to_major_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_sensible_in_every_currency() {
        let [kinoko, takenoko, ..] = &PRODUCTS;
        for (code, first, second) in [
            ("JPY", "200", "220"),
            ("USD", "2", "2.2"),
            ("EUR", "2", "2.2"),
            ("KWD", "2", "2.2"),
            ("KRW", "2000", "2200"),
            ("IDR", "20000", "22000"),
            ("VND", "30000", "33000"),
        ] {
            let currency = Currency::parse(code).unwrap();
            let prices = [kinoko, takenoko].map(|product| product.price(currency).unwrap().to_string());
            assert_eq!(prices, [first, second], "{code}");
        }
    }
}
