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
    /// The description in English.
    pub(super) in_english: &'static str,
    pub(super) categories: &'static [&'static str],
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
        description: "サクサクのクラッカーの軸に、こくのあるチョコレートの傘をのせた、ひと口サイズのきのこ。商店街の二大ライバルの一方です。",
        in_english: "Caps of rich chocolate on crisp cracker stems, a mouthful each. One of the two rivals of this street.",
        categories: &["sweets/chocolate"],
        yen: 200,
        stock: 100_000,
    },
    Product {
        id: "prod_takenoko",
        name: "たけのこの里",
        english: "Takenoko no Sato",
        description: "ほろりとくずれるクッキーを、チョコレートで包んだ、ひと口サイズのたけのこ。商店街の二大ライバルのもう一方です。",
        in_english: "Crumbly biscuit shoots dressed in chocolate, a mouthful each. The other rival of this street.",
        categories: &["sweets/chocolate"],
        yen: 220,
        stock: 100_000,
    },
    Product {
        id: "prod_dorayaki",
        name: "どら焼き",
        english: "Dorayaki",
        description: "はちみつを入れてふんわり焼いた皮で、北海道産小豆の粒あんをはさみました。毎朝焼いています。",
        in_english: "Two small honey pancakes, baked each morning, with a paste of whole red beans from Hokkaido between them.",
        categories: &["sweets/wagashi"],
        yen: 180,
        stock: 500,
    },
    Product {
        id: "prod_taiyaki",
        name: "たい焼き",
        english: "Taiyaki",
        description: "鉄の型で一匹ずつ焼いた、皮のぱりっとしたたい焼き。頭からしっぽの先まで、あんが入っています。",
        in_english: "A cake in the shape of a sea bream, each baked in an iron mould of its own. Bean paste from head to tail.",
        categories: &["sweets/wagashi"],
        yen: 160,
        stock: 500,
    },
    Product {
        id: "prod_senbei",
        name: "せんべい",
        english: "Senbei",
        description: "炭火で手焼きし、しょうゆを二度塗りした堅焼きせんべい。十枚入りで、お茶うけにどうぞ。",
        in_english: "Rice crackers, grilled over charcoal and brushed twice with soy sauce. Ten pieces, good with tea.",
        categories: &["snacks/rice-crackers", "gifts"],
        yen: 350,
        stock: 200,
    },
    Product {
        id: "prod_yokan",
        name: "羊羹",
        english: "Yokan",
        description: "小豆、砂糖、寒天だけで練り上げた本煉羊羹。日もちがするので、贈りものにも向いています。",
        in_english: "Red beans, sugar and agar, and nothing else, stirred for hours into a firm bar. It keeps well, so it makes a good present.",
        categories: &["sweets/wagashi", "gifts"],
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

    #[test]
    fn every_product_is_described_in_both_languages_and_has_a_category() {
        for product in &PRODUCTS {
            let Product { id, english, description, in_english, categories, .. } = product;
            assert!(!description.is_ascii() && description.ends_with('。'), "{id}");
            assert!(english.is_ascii() && in_english.is_ascii() && in_english.ends_with('.'), "{id}");
            assert!(!categories.is_empty(), "{id}");
        }
    }
}
