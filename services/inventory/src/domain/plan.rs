//! Many requests decided together, so that they cost one transaction.
//!
//! Requests are taken in order, each on the states that the ones before it leave behind. Every product's moves are summed
//! into one event, every reservation and addition gets one commit; the caller writes all of it or nothing.

use std::collections::BTreeMap;

use shotengai_contracts::InventoryEvent;
use shotengai_kernel::{AggregateId, OrderId, ProductId, Version};
use shotengai_messaging::{Disposition, Loaded};
use uuid::Uuid;

use super::draft::Draft;
use super::{Addition, Request, Reservation, Stock};
use crate::reasons::CONTRADICTION;

/// The most commits and guards of one plan: what one transaction can hold.
pub(crate) const MAX_ITEMS: usize = 100;

/// The states that the requests are about, as loaded. One that is missing counts as never written.
#[derive(Debug, Clone, Default)]
pub(crate) struct States {
    /// Numbers by product.
    pub(crate) stocks: BTreeMap<ProductId, Loaded<Stock>>,
    /// Reservations by order.
    pub(crate) reservations: BTreeMap<OrderId, Loaded<Reservation>>,
    /// Additions by id.
    pub(crate) additions: BTreeMap<Uuid, Loaded<Addition>>,
}

/// What came of one request, once its plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done, now or before.
    Done,
    /// Something it needs has not come yet; ask again later.
    Wait(Wait),
    /// The plan is full; ask again with the next.
    NoRoom,
    /// The states do not fit together, because another process came between their reads; ask again on fresh ones.
    Stale,
    /// Nobody has introduced the product.
    UnknownProduct,
    /// The addition has happened with another product or quantity.
    OtherAddition,
    /// It contradicts what has happened, or can't be written; asking again won't help.
    Impossible(&'static str),
}

impl Outcome {
    /// What whoever asked is told; none when the request is to be decided again.
    pub(crate) const fn answer(self) -> Option<Result<(), Declined>> {
        Some(match self {
            Self::Done => Ok(()),
            Self::Wait(wait) => Err(Declined::Wait(wait)),
            Self::UnknownProduct => Err(Declined::UnknownProduct),
            Self::OtherAddition => Err(Declined::OtherAddition),
            Self::Impossible(why) => Err(Declined::Impossible(why)),
            Self::NoRoom | Self::Stale => return None,
        })
    }
}

/// Why a request was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// Something it needs has not come yet; ask again later.
    #[error(transparent)]
    Wait(Wait),
    /// Nobody has introduced the product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The addition has happened with another product or quantity.
    #[error("the addition is another one's")]
    OtherAddition,
    /// It contradicts what has happened, or can't be written; asking again won't help.
    #[error("{0}")]
    Impossible(&'static str),
}

impl From<Declined> for Disposition {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Wait(wait) => Self::retry(wait.to_string()),
            declined => Self::reject(CONTRADICTION, declined.to_string()),
        }
    }
}

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wait {
    /// A product that catalog knows and inventory does not yet.
    #[error("a product of the order has not been introduced yet")]
    Product,
    /// The order's reservation.
    #[error("the order has not been reserved yet")]
    Reservation,
}

/// An event and the request (by index) that led to it; of a sum, the first one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Caused {
    /// The event.
    pub(crate) event: InventoryEvent,
    /// The index of its request.
    pub(crate) cause: usize,
}

/// The kinds of inventory's aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// [`Stock`].
    Stock,
    /// [`Reservation`].
    Reservation,
    /// [`Addition`].
    Addition,
}

/// One commit to write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Write {
    /// What the aggregate is.
    pub(crate) kind: Kind,
    /// Which one.
    pub(crate) id: AggregateId,
    /// The version it was loaded at.
    pub(crate) current: Version,
    /// What happened to it, one event at least.
    pub(crate) events: Vec<Caused>,
}

/// Numbers that a rejection relies on and that the plan does not move: they must stand as they were loaded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// The aggregate of the numbers.
    pub(crate) id: AggregateId,
    /// The version it was loaded at.
    pub(crate) version: Version,
}

/// What to write, and what came of each request if it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// All of these or none; at most [`MAX_ITEMS`] with those that are judged.
    pub(crate) writes: Vec<Write>,
    /// Slots beside their own that the writes rely on.
    pub(crate) judged: Vec<Judged>,
    /// One a request, in order.
    pub(crate) outcomes: Vec<Outcome>,
}

/// Decides `requests` in order. The first is never answered [`Outcome::NoRoom`], so asking again comes to an end.
#[must_use]
pub(crate) fn plan(states: &States, requests: &[&Request]) -> Plan {
    let mut draft = Draft::new(states);
    let mut full = false;
    let mut outcomes = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter().enumerate() {
        if full {
            outcomes.push(Outcome::NoRoom);
            continue;
        }
        // What a request changes is kept only if all of it is possible and has room.
        let mut tried = draft.clone();
        let outcome = tried.decide(index, request);
        if matches!(outcome, Outcome::Impossible(_) | Outcome::Stale | Outcome::OtherAddition) {
            outcomes.push(outcome);
        } else if tried.items() <= MAX_ITEMS {
            draft = tried;
            outcomes.push(outcome);
        } else if draft.items() == 0 {
            outcomes.push(Outcome::Impossible("too many products for one transaction"));
        } else {
            full = true;
            outcomes.push(Outcome::NoRoom);
        }
    }
    Plan { judged: draft.judged(), writes: draft.into_writes(), outcomes }
}
