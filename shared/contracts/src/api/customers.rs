//! Customers, for the administrator.

use std::fmt;

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Timestamp, UserId};

use super::accounts::Language;
use super::page::{CURSOR, LIMIT};
use super::parameter::Parameter;
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
