//! Chains of reminders: of those of one order, one goes on.
//!
//! Reminders are numbered, and each has a token. To send the next one, a reminder has to be the first that asks for its
//! number: a row says which one was. One that comes again, since its process died after it had asked, or from the dead
//! letters, asks by its own token and is let through, so no fault ends a chain. What is sent twice by a fault is one
//! reminder more until the next step or the one after, where one of the two ends. So does a chain that began later than
//! another.
//!
//! Rows stand in `order-pending`: pk = `reminders/` and the order, sk = `last`. An older release kept them beside the payment
//! intents; nobody reads those any more, which does no harm. A chain whose row is not there goes on and writes one; of two
//! that are alive, one ends at the next step, as after a fault.
//!
//! It guards nothing from one who empties the queue: an order whose reminders were purged hears of its deadline when its
//! `OrderPlaced` is published again after it.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use shotengai_contracts::topology::tables;
use shotengai_kernel::{OrderId, Ports, Timestamp};
use shotengai_messaging::{Condition, Delivery, Fault, FaultKind, Key, Row, Table, WriteError};

/// The attribute of a reminder that says which one it is: number and token.
pub(crate) const ATTRIBUTE: &str = "reminder";
/// How long a row is kept after it was written: far longer than a reminder is on its way.
const KEPT_FOR: SignedDuration = tables::REMINDERS.kept;

/// Which reminder of its order one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    number: u64,
    token: String,
}

impl Mark {
    pub(crate) fn text(&self) -> String {
        format!("{}.{}", self.number, self.token)
    }

    /// None for what an older release sent.
    fn of(reminder: &Delivery) -> Option<Self> {
        let (number, token) = reminder.attributes.get(ATTRIBUTE)?.split_once('.')?;
        Some(Self { number: number.parse().ok()?, token: token.to_owned() })
    }
}

/// Who sent which reminder of an order. Cheap to clone.
#[derive(Clone)]
pub struct Chains {
    table: Arc<dyn Table>,
    ports: Ports,
}

impl Chains {
    /// Chains whose rows are in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, ports: Ports) -> Self {
        Self { table, ports }
    }

    /// The mark of a reminder of this number.
    pub(crate) fn mark(&self, number: u64) -> Mark {
        Mark { number, token: self.ports.ids.uuid_v7().as_simple().to_string() }
    }

    /// The mark of the order's next reminder, where it is for this one to send it.
    ///
    /// # Errors
    /// A [`Fault`] of the table; the same message may ask again.
    pub(crate) async fn next(&self, order: &OrderId, reminder: &Delivery) -> Result<Option<Mark>, Fault> {
        let mark = Mark::of(reminder);
        let by = mark.as_ref().map_or(&reminder.message_id, |mark| &mark.token);
        let next = mark.as_ref().map_or(1, |mark| mark.number.saturating_add(1));
        let row = self.row(order, next, by);
        let number = match self.table.put(&row, Condition::VersionBelow(next)).await {
            Ok(()) => next,
            Err(WriteError::Condition(Some(standing))) if standing.doc == row.doc => standing.version,
            // One without a mark is of an older release, and may be the last there is: it goes before the others.
            Err(WriteError::Condition(Some(standing))) if mark.is_none() => self.overtake(order, &standing, by).await?,
            Err(WriteError::Condition(Some(_))) => return Ok(None),
            // It expired meanwhile.
            Err(WriteError::Condition(None)) => next,
            Err(WriteError::Fault(fault)) => return Err(fault),
        };
        Ok(Some(self.mark(number)))
    }

    async fn overtake(&self, order: &OrderId, standing: &Row, by: &str) -> Result<u64, Fault> {
        let next = standing.version.saturating_add(1);
        match self.table.put(&self.row(order, next, by), Condition::VersionIs(standing.version)).await {
            Ok(()) => Ok(next),
            Err(WriteError::Condition(_)) => {
                Err(Fault::new(FaultKind::Throttled, "reminders.next", "another reminder was quicker"))
            }
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    fn row(&self, order: &OrderId, number: u64, by: &str) -> Row {
        let expires_at = self.ports.clock.now().checked_add(KEPT_FOR).unwrap_or(Timestamp::MAX);
        // Beside customers' pending orders, under a key that is no customer's.
        let key = Key::new(format!("reminders/{order}"), "last");
        Row { expires_at: Some(expires_at), ..Row::new(key, number, json!({ "by": by })) }
    }
}
