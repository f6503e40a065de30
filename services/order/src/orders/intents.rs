//! Payment intents: the tokens of orders that are about to be placed, where billing finds them.

use std::sync::Arc;

use shotengai_contracts::payment::{INTENT_KEPT_FOR, IntentKey, PaymentIntent, PaymentToken};
use shotengai_kernel::{Clock, Timestamp};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};

const PUT: &str = "intents.put";

/// Writes intents, and never reads one. Cheap to clone.
#[derive(Clone)]
pub struct Intents {
    table: Arc<dyn Table>,
    clock: Arc<dyn Clock>,
}

impl Intents {
    /// Intents in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, clock: Arc<dyn Clock>) -> Self {
        Self { table, clock }
    }

    /// Puts the token of a request there, durable when it returns. The same request puts the same row, so it may be
    /// repeated; one whose order is never placed leaves a row that nobody looks for and that expires.
    ///
    /// # Errors
    /// A [`Fault`] of the table; after a transient one the row may be there.
    pub async fn put(&self, key: &IntentKey, token: PaymentToken) -> Result<(), Fault> {
        let intent = PaymentIntent { payment_token: token };
        let doc = serde_json::to_value(intent).map_err(|error| Fault::new(FaultKind::Permanent, PUT, error))?;
        let expires_at = self.clock.now().checked_add(INTENT_KEPT_FOR).unwrap_or(Timestamp::MAX);
        let key = Key::new(key.order_id.as_str(), key.fingerprint.as_str());
        let row = Row { expires_at: Some(expires_at), ..Row::new(key, 1, doc) };
        // The first time, on a condition: so it goes with others. A repeated one is kept for as long again.
        let mut answer = self.table.put(&row, Condition::Absent).await;
        if let Err(WriteError::Condition(_)) = answer {
            answer = self.table.put(&row, Condition::Any).await;
        }
        match answer {
            Ok(()) => Ok(()),
            Err(WriteError::Fault(fault)) => Err(fault),
            Err(WriteError::Condition(_)) => Err(Fault::new(FaultKind::Permanent, PUT, "refused without a condition")),
        }
    }
}
