//! The built-in provider: a durable book in a table of its own.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use lru::LruCache;
use shotengai_kernel::PaymentId;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};

use super::{Answer, Charge, Entry, Operation, PaymentProvider, PaymentRecord};

/// The place of a payment's book within its partition.
const BOOK: &str = "book";
/// Books that a process remembers: of as many payments at a time.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);
/// How often an operation is decided anew after losing to another one on the same payment. A payment has four operations and
/// one refund by the shop at a time, so more losses than that mean that something else writes here.
const ATTEMPTS: u32 = 8;

/// One row a payment, replaced only at the version it was read at: of two operations at once, the second sees the first.
#[derive(Clone)]
pub struct Ledger {
    table: Arc<dyn Table>,
    /// Books as this process has last written them. What a book says it says for ever, and a new line is written only where
    /// nobody has written another one.
    written: Arc<Mutex<LruCache<Key, Row>>>,
}

impl Ledger {
    /// The ledger in this table ([`tables::BILLING_LEDGER`](shotengai_contracts::topology::tables::BILLING_LEDGER)).
    #[must_use]
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table, written: Arc::new(Mutex::new(LruCache::new(REMEMBERED))) }
    }

    fn written(&self) -> MutexGuard<'_, LruCache<Key, Row>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Operations on a payment, oldest first; none for an unknown one.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn entries(&self, payment: &PaymentId) -> Result<Vec<Entry>, Fault> {
        let row = self.table.get(&key_of(payment)).await?;
        Ok(row.as_ref().map(read).transpose()?.unwrap_or_default().entries)
    }

    async fn ask(&self, operation: Operation, charge: &Charge, token: Option<&str>) -> Result<Answer, Fault> {
        let key = key_of(&charge.payment);
        let remembered = self.written().get(&key).cloned();
        // An authorization is nearly always the first line, which the write itself finds out.
        let mut row = match remembered {
            None if operation != Operation::Authorize => self.table.get(&key).await?,
            remembered => remembered,
        };
        for _ in 0..ATTEMPTS {
            let mut record = row.as_ref().map(read).transpose()?.unwrap_or_default();
            let (answer, is_new) = record.ask(operation, charge, token);
            if !is_new {
                return Ok(answer);
            }
            let (version, condition) = match &row {
                None => (1, Condition::Absent),
                Some(row) => (row.version.saturating_add(1), Condition::VersionIs(row.version)),
            };
            let doc = serde_json::to_value(&record).map_err(|error| unreadable("ledger.write", error))?;
            let written = Row::new(key.clone(), version, doc);
            match self.table.put(&written, condition).await {
                Ok(()) => {
                    self.written().put(key, written);
                    return Ok(answer);
                }
                Err(WriteError::Condition(standing)) => row = standing.map(|row| *row),
                Err(WriteError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::new(FaultKind::Throttled, "ledger.write", "too many writers on one payment"))
    }
}

fn key_of(payment: &PaymentId) -> Key {
    Key::new(payment.as_str(), BOOK)
}

fn read(row: &Row) -> Result<PaymentRecord, Fault> {
    serde_json::from_value(row.doc.clone()).map_err(|error| unreadable("ledger.read", error))
}

fn unreadable(operation: &'static str, error: serde_json::Error) -> Fault {
    Fault::new(FaultKind::Permanent, operation, error)
}

#[async_trait]
impl PaymentProvider for Ledger {
    async fn authorize(&self, charge: &Charge, token: Option<&str>) -> Result<Answer, Fault> {
        self.ask(Operation::Authorize, charge, token).await
    }

    async fn capture(&self, charge: &Charge) -> Result<Answer, Fault> {
        self.ask(Operation::Capture, charge, None).await
    }

    async fn void(&self, charge: &Charge) -> Result<Answer, Fault> {
        self.ask(Operation::Void, charge, None).await
    }

    async fn refund(&self, charge: &Charge) -> Result<Answer, Fault> {
        self.ask(Operation::Refund, charge, None).await
    }
}
