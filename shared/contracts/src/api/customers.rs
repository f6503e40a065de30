//! Customers, for the administrator.

use std::fmt;

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use shotengai_kernel::{Currency, Timestamp, UserId};

use super::accounts::Language;
use super::filters::{CUSTOMER_SORT, PLACED_AFTER, PLACED_BEFORE};
use super::listed::{Listed, ROW_DAMAGED};
use super::page::{CURSOR, LIMIT, MIN_VERSION, NOT_CAUGHT_UP};
use super::parameter::Parameter;
use super::position::POSITION;
use super::route::Success;
use super::{Administrator, Page, Route, route};
use crate::topology::Service;

const ROLE: Service = Service::STOREFRONT;
const TAG: &str = "customers";

/// Lists the customers who have registered.
pub const LIST_CUSTOMERS: Route<Administrator, (), (), Page<Customer>> =
    Route::get("/customers", ROLE, "listCustomers")
        .about(TAG, "Customers who have registered", "By address, in pages. Guests are not among them.")
        .cached("no-store")
        .reads(&[&EMAIL, &LIMIT, &CURSOR]);

/// Erases a customer's or a guest's account.
pub const ERASE_CUSTOMER: Route<route::Customer, UserId, (), ()> = Route::delete("/customers/{id}", ROLE, "eraseCustomer")
    .about(
        TAG,
        "Erase an account",
        "One's own, or as the administrator anybody's but the administrator's. Address, name, language, password and sessions \
         are gone for good, and no mail is sent any more; orders stay, with the id alone. Repeating it does no harm.",
    )
    .answers(&[Success { status: 204, meaning: "There is no such account any more." }]);

/// Lists what customers have ordered and paid.
pub const LIST_CUSTOMER_SUMMARIES: Route<Administrator, (), (), Page<Listed<CustomerSummary>>> = Route::get(
    "/customers/summaries",
    Service::QUERY,
    "listCustomerSummaries",
)
.about(
    TAG,
    "What customers have ordered and paid",
    "Everybody who has placed an order, guests too, by their last one unless `sort` says otherwise, in pages. With \
             `placed_after` and `placed_before` only orders of that time count. Nothing of a person but the id.",
)
.cached("private, no-store")
.reads(&[&PLACED_AFTER, &PLACED_BEFORE, &CUSTOMER_SORT, &LIMIT, &CURSOR, &MIN_VERSION, &POSITION])
.refuses(&[&NOT_CAUGHT_UP]);

/// What one customer has ordered and paid.
pub const CUSTOMER_SUMMARY: Route<Administrator, UserId, (), CustomerSummary> =
    Route::get("/customers/{id}/summary", Service::QUERY, "getCustomerSummary")
        .about(
            TAG,
            "What a customer has ordered and paid",
            "Whoever has placed no order has none: 404. It stays when the account is erased, with the id alone.",
        )
        .cached("private, no-store")
        .reads(&[&MIN_VERSION, &POSITION])
        .refuses(&[&NOT_CAUGHT_UP, &ROW_DAMAGED]);

/// The beginning of an address.
pub const EMAIL: Parameter = Parameter::query(
    "email",
    "Only customers whose address begins so. Case makes no difference.",
    |_| json_schema!({ "type": "string", "maxLength": 254 }),
    "mei@",
);

/// A customer who has registered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "user_id": "usr_019acb5c36b4700088f1a1f7d7f2b0c4", "email": "mei@example.com", "name": "Mei", "language": "en",
    "created_at": "2026-11-28T12:34:56.789Z"
}]))]
pub struct Customer {
    /// Who.
    pub user_id: UserId,
    /// Where mails go.
    pub email: String,
    /// What mails call the person, if known.
    pub name: Option<String>,
    /// What mails are written in.
    pub language: Language,
    /// When the account came to be; of one that was a guest's, when the guest came.
    pub created_at: Timestamp,
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Customer({})", self.user_id)
    }
}

/// What a customer has ordered and paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "user_id": "usr_019acb5c36b4700088f1a1f7d7f2b0c4", "orders": 2,
    "totals": [{ "currency": "JPY", "paid": 1000, "refunded": 200 }],
    "first_order_at": "2026-11-28T12:34:56.789012Z", "last_order_at": "2026-11-29T12:34:56.789012Z"
}]))]
pub struct CustomerSummary {
    /// Who.
    pub user_id: UserId,
    /// How many orders were placed, those included that were cancelled.
    pub orders: u64,
    /// What was paid for them and given back, by currency; none where nothing was paid.
    pub totals: Vec<CustomerTotal>,
    /// When the first of them was placed.
    pub first_order_at: Timestamp,
    /// When the last of them was placed.
    pub last_order_at: Timestamp,
}

/// Sums in one currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomerTotal {
    /// The currency.
    pub currency: Currency,
    /// How much was taken, in major units.
    pub paid: Number,
    /// How much of that went back, in major units: refunds by the shop, and what was paid for cancelled orders.
    pub refunded: Number,
}
