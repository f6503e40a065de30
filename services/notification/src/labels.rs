//! The words around the words: the same in each mail of a language.

use serde::Serialize;

use crate::domain::contact::Language;

/// Labels of the layouts.
#[derive(Debug, Serialize)]
pub(crate) struct Labels {
    street: &'static str,
    order: &'static str,
    product: &'static str,
    price: &'static str,
    quantity: &'static str,
    amount: &'static str,
    total: &'static str,
    view: &'static str,
    automatic: &'static str,
}

const JA: Labels = Labels {
    street: "商店街",
    order: "ご注文番号",
    product: "商品",
    price: "単価",
    quantity: "数量",
    amount: "小計",
    total: "合計",
    view: "ご注文を見る",
    automatic: "このメールは自動でお送りしています。ご返信いただいてもお答えできません。",
};

const EN: Labels = Labels {
    street: "Shotengai",
    order: "Order",
    product: "Product",
    price: "Price",
    quantity: "Quantity",
    amount: "Amount",
    total: "Total",
    view: "View your order",
    automatic: "This mail was sent automatically. Replies to it are not read.",
};

pub(crate) const fn labels(language: Language) -> &'static Labels {
    match language {
        Language::Ja => &JA,
        Language::En => &EN,
    }
}
