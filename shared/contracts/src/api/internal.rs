//! What services ask each other. None of it passes the front door.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use shotengai_kernel::{Currency, Names, OrderId, PaymentId, ProductId, RefundId, UserId, Version};

use super::{Internal, ProblemType, Route};
use crate::topology::Service;

const TAG: &str = "internal";

/// A product now, deleted ones included: read from the event store, never behind.
pub const INTERNAL_PRODUCT: Route<Internal, ProductId, (), InternalProduct> =
    Route::get("/internal/products/{id}", Service::CATALOG, "getInternalProduct")
        .about(TAG, "A product, never behind", "")
        .refuses(&[&NO_SUCH_PRODUCT]);

/// How a person is reached.
pub const INTERNAL_CONTACT: Route<Internal, UserId, (), Contact> =
    Route::get("/internal/contacts/{id}", Service::STOREFRONT, "getContact")
        .about(TAG, "How a person is reached", "")
        .cached("no-store")
        .refuses(&[&NO_SUCH_ACCOUNT]);

/// What the built-in payment provider did about an order.
pub const INTERNAL_LEDGER: Route<Internal, OrderId, (), Ledger> =
    Route::get("/internal/ledger/{id}", Service::BILLING, "getLedger").about(TAG, "What the payment provider did", "");

/// A product as catalog has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InternalProduct {
    /// Which.
    pub product_id: ProductId,
    /// What people call it.
    pub name: String,
    /// What they call it in other languages.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// Price of one piece, in major units.
    pub price: Number,
    /// The price's currency.
    pub currency: Currency,
    /// The product's version.
    pub version: Version,
    /// Whether it was taken off sale.
    pub deleted: bool,
}

/// How a person is reached. Personal data: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// Where mail goes; without it none is sent.
    pub email: Option<String>,
    /// What mails are written in, as a language tag: whoever asks may be older than the language.
    pub language: String,
    /// What mails call the person.
    pub name: Option<String>,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(…)")
    }
}

/// What the built-in payment provider did about an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// The order.
    pub order_id: OrderId,
    /// Its payment.
    pub payment_id: PaymentId,
    /// Each operation once, refunds by the shop once each, in order.
    pub entries: Vec<LedgerEntry>,
}

/// One operation of the payment provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerEntry {
    /// What was asked: `authorize`, `capture`, `void` or `refund`.
    pub operation: String,
    /// The refund by the shop that it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RefundId")]
    pub refund_id: Option<RefundId>,
    /// How much, in major units.
    pub amount: Number,
    /// The amount's currency.
    pub currency: Currency,
    /// What was answered.
    #[serde(flatten)]
    pub outcome: LedgerOutcome,
}

/// What the payment provider answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum LedgerOutcome {
    /// It did it.
    Approved {
        /// Its name for what it did.
        reference: String,
    },
    /// It did not, and never will.
    Declined {
        /// Its word for why.
        reason: String,
    },
}

/// 404: `no-such-product`.
pub const NO_SUCH_PRODUCT: ProblemType = ProblemType {
    slug: "no-such-product",
    status: 404,
    title: "There is no such product",
    meaning: "There never was a product with this id. Only the services themselves ask for products in this way.",
    cure: "Don't sell it.",
};

/// 404: `no-such-account`.
pub const NO_SUCH_ACCOUNT: ProblemType = ProblemType {
    slug: "no-such-account",
    status: 404,
    title: "There is no such account",
    meaning: "There is no account with this id, or it was erased. Only the services themselves ask for accounts.",
    cure: "Send no mail to it.",
};
