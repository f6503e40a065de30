//! The HTTP interface as types: every route with its path, who may call it, what it takes and answers, and how it refuses.
//!
//! - [`route`]: [`Route`], a constant that says all of this, and [`Endpoint`], the same without its types, for lists.
//! - [`parameter`]: parameters of the query string, and headers of requests. [`filters`]: those that choose and sort a list's entries;
//!   [`position`]: what commands have moved, for reads that are to show it.
//! - [`problem`]: [`ProblemType`]; [`shared`] has those that any route may answer with.
//! - [`accounts`], [`customers`], [`products`], [`search`], [`images`], [`carts`], [`orders`], [`journey`], [`receipt`], [`refunds`], [`payments`], [`inventory`], [`tally`], [`rivals`], [`ops`]: what the street serves, and the problems of each.
//! - [`internal`]: what services ask each other. [`pages`]: web pages.
//! - [`interface`]: the public routes of an installation. [`documents`]: the interface about itself. [`page`]: lists in pages; [`listed`]: their entries. [`as_of`]: reads of what was. [`openapi`]: the OpenAPI document of a list of routes.
//!
//! Servers register these constants (`Routes::route`), the front door forwards by them, clients call by them. An
//! application with routes of its own declares [`Route`] constants too and puts its list beside [`PUBLIC`], in an
//! [`Interface`].

pub mod accounts;
pub mod as_of;
pub mod carts;
pub mod customers;
pub mod documents;
pub mod filters;
mod given;
pub mod images;
pub mod interface;
pub mod internal;
pub mod inventory;
pub mod journey;
pub mod listed;
pub mod openapi;
pub mod ops;
pub mod orders;
pub mod page;
pub mod pages;
pub mod parameter;
pub mod payments;
pub mod position;
pub mod problem;
pub mod products;
pub mod receipt;
pub mod refunds;
pub mod rivals;
pub mod route;
pub mod search;
pub mod shared;
pub mod tally;

pub use accounts::{CHANGE_PASSWORD, GET_ME, KEYS, LOG_IN, LOG_OUT, OPEN_GUEST, REFRESH, REGISTER};
pub use carts::{ADD_TO_CART, CHANGE_CART_ITEM, CLEAR_CART, GET_CART, LIST_CARTS, MERGE_CART, REMOVE_FROM_CART};
pub use customers::{CUSTOMER_SUMMARY, ERASE_CUSTOMER, LIST_CUSTOMER_SUMMARIES, LIST_CUSTOMERS};
pub use images::{CREATE_IMAGE, DELETE_IMAGE, LIST_IMAGES};
pub use interface::{Interface, InterfaceError};
pub use internal::{INTERNAL_CONTACT, INTERNAL_LEDGER, INTERNAL_PRODUCT};
pub use inventory::LIST_INVENTORY;
pub use journey::{ORDER_HISTORY, ORDER_JOURNEY};
pub use ops::consumers::PAUSE_CONSUMER;
pub use ops::explanations::EXPLANATION;
pub use ops::letters::{DEAD_LETTERS, LETTERS, UNCOVER_LETTER};
pub use ops::records::RECORDS;
pub use ops::rehearsals::REHEARSE;
pub use ops::runs::{DISCARD, REDRIVE, RUN, RUNS};
pub use ops::steps::STEPS;
pub use ops::street::STREET;
pub use orders::{CANCEL_ORDER, GET_ORDER, LIST_ORDERS, ORDER_EVENTS, PLACE_ORDER, SHIP_ORDER};
pub use page::Page;
pub use pages::{HOME_PAGE, TALLY_PAGE};
pub use payments::{LIST_PAYMENTS, ORDER_PAYMENT};
pub use problem::ProblemType;
pub use products::{
    ADD_STOCK, CHANGE_PRODUCT, CREATE_PRODUCT, DELETE_PRODUCT, GET_PRODUCT, LIST_PRODUCTS, PRODUCT_PRICES,
    RESTORE_PRODUCT,
};
pub use receipt::{INTERNAL_RECEIPT, ORDER_RECEIPT};
pub use refunds::REFUND_ORDER;
pub use rivals::{CHANGE_RIVALS, TALLY_RIVALS};
pub use route::{Administrator, Anyone, Audience, Customer, Endpoint, Internal, LinkHolder, Method, RateLimit, Route};
pub use search::{SEARCH_PRODUCTS, SUGGEST_PRODUCTS};
pub use tally::{TALLY, TALLY_LIVE};

/// Every public route, in the order that documents show them in.
pub const PUBLIC: &[&dyn Endpoint] = &[
    &OPEN_GUEST,
    &REGISTER,
    &LOG_IN,
    &REFRESH,
    &LOG_OUT,
    &CHANGE_PASSWORD,
    &GET_ME,
    &KEYS,
    &LIST_CUSTOMERS,
    &ERASE_CUSTOMER,
    &LIST_CUSTOMER_SUMMARIES,
    &CUSTOMER_SUMMARY,
    &LIST_PRODUCTS,
    &GET_PRODUCT,
    &SEARCH_PRODUCTS,
    &SUGGEST_PRODUCTS,
    &CREATE_PRODUCT,
    &CHANGE_PRODUCT,
    &DELETE_PRODUCT,
    &RESTORE_PRODUCT,
    &PRODUCT_PRICES,
    &CREATE_IMAGE,
    &LIST_IMAGES,
    &DELETE_IMAGE,
    &ADD_STOCK,
    &LIST_INVENTORY,
    &GET_CART,
    &ADD_TO_CART,
    &CHANGE_CART_ITEM,
    &REMOVE_FROM_CART,
    &CLEAR_CART,
    &MERGE_CART,
    &LIST_CARTS,
    &PLACE_ORDER,
    &LIST_ORDERS,
    &GET_ORDER,
    &ORDER_EVENTS,
    &ORDER_HISTORY,
    &ORDER_JOURNEY,
    &ORDER_RECEIPT,
    &ORDER_PAYMENT,
    &CANCEL_ORDER,
    &SHIP_ORDER,
    &REFUND_ORDER,
    &LIST_PAYMENTS,
    &TALLY,
    &TALLY_LIVE,
    &TALLY_RIVALS,
    &CHANGE_RIVALS,
    &STREET,
    &STEPS,
    &DEAD_LETTERS,
    &LETTERS,
    &UNCOVER_LETTER,
    &REHEARSE,
    &REDRIVE,
    &DISCARD,
    &RUNS,
    &RUN,
    &PAUSE_CONSUMER,
    &EXPLANATION,
    &RECORDS,
    &TALLY_PAGE,
    &HOME_PAGE,
    &problem::LIST_PROBLEMS,
    &problem::GET_PROBLEM,
    &documents::OPENAPI,
    &documents::DOCS,
];

/// Every route that services serve each other.
pub const INTERNAL: &[&dyn Endpoint] = &[&INTERNAL_PRODUCT, &INTERNAL_CONTACT, &INTERNAL_LEDGER, &INTERNAL_RECEIPT];

/// Every type of problem that these routes answer with, by slug; those that any route may answer with included.
#[must_use]
pub fn problems<'a>(routes: impl IntoIterator<Item = &'a &'a dyn Endpoint>) -> Vec<&'static ProblemType> {
    let own = routes.into_iter().flat_map(|route| route.spec().problems.iter().copied());
    let mut all: Vec<_> = shared::ALL.iter().copied().chain(own).collect();
    all.sort_by_key(|problem| problem.slug);
    all.dedup_by_key(|problem| problem.slug);
    all
}
