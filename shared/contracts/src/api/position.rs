//! Positions: what a command has moved and to which version, for reads that are to show it.

use std::fmt;

use schemars::json_schema;
use shotengai_kernel::{AggregateId, Version};

use super::accounts::AccessToken;
use super::carts::Cart;
use super::images::ImageUpload;
use super::orders::{OrderAccepted, OrderMoved};
use super::page::version_pattern;
use super::parameter::{Location, Parameter};
use super::products::{ProductWritten, StockAdded};
use super::refunds::RefundAccepted;
use crate::aggregates;

/// The header, in answers of commands and in reads.
pub const NAME: &str = "Shotengai-Position";

/// Pattern of the header in reads.
const PATTERN: &str = concat!("^(", version_pattern!(), "(, ?", version_pattern!(), "){0,9})?$");

/// A version of something that there is. Travels as `<id>:<version>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Of a product, a product's stock, an order or a cart.
    pub id: AggregateId,
    /// Its version.
    pub version: Version,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.version)
    }
}

/// What a command answers: it knows what was moved. Every route that does something answers such a type, so that none can
/// leave it out.
pub trait Commanded {
    /// Whether it moves anything that has versions. A sign-in doesn't.
    const MOVES: bool = true;

    /// What was moved, and to which version.
    fn positions(&self) -> Vec<Position>;
}

/// Says of answers of commands that what they moved has no versions.
#[macro_export]
macro_rules! moves_nothing {
    ($($answer:ty),+) => {$(
        impl $crate::api::position::Commanded for $answer {
            const MOVES: bool = false;

            fn positions(&self) -> Vec<$crate::api::position::Position> {
                Vec::new()
            }
        }
    )+};
}

macro_rules! moves {
    ($($answer:ty: $field:ident),+ $(,)?) => {$(
        impl Commanded for $answer {
            fn positions(&self) -> Vec<Position> {
                vec![Position { id: AggregateId::from(&self.$field), version: self.version }]
            }
        }
    )+};
}

moves_nothing!((), AccessToken);
moves!(
    ProductWritten: product_id,
    ImageUpload: product_id,
    OrderAccepted: order_id,
    OrderMoved: order_id,
    RefundAccepted: order_id,
    Cart: cart_id,
);

impl Commanded for StockAdded {
    fn positions(&self) -> Vec<Position> {
        vec![Position { id: aggregates::stock(&self.product_id), version: self.version }]
    }
}

/// What a read has to show, as answers of commands said it.
pub const POSITION: Parameter = Parameter {
    location: Location::Header,
    name: NAME,
    description: "Read your own writes: the header of the same name that commands answered, several with commas between, ten \
                  at the most. As `min_version`, which may stand beside it. Only the list of open carts waits for a cart's: \
                  elsewhere carts are never behind.",
    repeats: None,
    schema: |_| json_schema!({ "type": "string", "pattern": PATTERN }),
    example: "prod_kinoko:1, ord_019acb5c36b4700088f1a1f7d7f2b0c4:1",
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::page::MIN_VERSION;
    use super::super::{Method, PUBLIC};
    use super::*;
    use crate::topology::Service;

    #[test]
    fn every_command_on_something_with_versions_says_where_it_has_brought_it() {
        let without: BTreeSet<_> = PUBLIC
            .iter()
            .map(|route| route.spec())
            .filter(|spec| spec.method != Method::Get && !spec.has_position)
            .map(|spec| (spec.role, spec.name))
            .collect();
        // Nothing of these is in a read model: accounts, what operators do, and the rivals, which are read where they are kept.
        let accounts = ["openGuest", "register", "logIn", "refresh", "logOut", "changePassword", "eraseCustomer"];
        let operators = ["discardLetters", "pauseConsumer", "redriveLetters", "rehearseLetters", "uncoverLetter"];
        let mut known: BTreeSet<_> = accounts.map(|name| (Service::STOREFRONT, name)).into();
        known.extend(operators.map(|name| (Service::OPS, name)));
        known.insert((Service::TALLY, "changeTallyRivals"));
        assert_eq!(without, known);
    }

    /// Reads of query from where events are kept, never behind; and receipts, whose costs nobody waits for.
    const FROM_EVENTS: [&str; 3] = ["listOrderHistory", "getOrderJourney", "getOrderReceipt"];

    #[test]
    fn every_read_that_waits_takes_it_both_ways() {
        for spec in PUBLIC.iter().map(|route| route.spec()).filter(|spec| spec.method == Method::Get) {
            let takes = |name: &str| spec.parameters.iter().any(|known| known.name == name);
            assert_eq!(takes(NAME), takes(MIN_VERSION.name), "{}", spec.name);
            let reads_models = spec.role == Service::QUERY && !FROM_EVENTS.contains(&spec.name);
            assert_eq!(takes(NAME), reads_models, "{}: whatever may be behind waits", spec.name);
            assert!(!spec.has_position, "{} changes nothing", spec.name);
        }
    }
}
