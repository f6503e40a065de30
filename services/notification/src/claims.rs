//! Claims in the table `notification-claims`: pk = order, sk = kind of mail and, of a refund's, which. They never expire: an event may be redriven or
//! published again years later, and a mail that was sent must not go out once more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shotengai_kernel::Ports;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, Watch, WriteError};
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::claim::{ClaimState, Standing};
use crate::domain::mail::OrderMail;

/// How long an attempt has a mail to itself: what it may take at most, and a margin for the record. A process that dies
/// holding a claim delays its mail by this long.
pub const LEASE: Duration = Duration::from_secs(40);

/// How long it is remembered since when a claim of another has stood: longer than a message is looked at again and again. Whoever
/// looks after a longer pause, as after an hour without queues, waits for a lease once more.
pub const WATCHED: Duration = Duration::from_secs(900);

/// Writes lost to others in a row before the message is rather tried again later.
const MAX_RACES: usize = 4;

/// The right to send one mail, until the lease ends.
#[derive(Debug, Clone)]
pub struct Claim {
    key: Key,
    version: u64,
}

/// The answer to a wish to send.
#[derive(Debug)]
pub enum Claimed {
    /// Go on.
    Mine(Claim),
    /// Somebody else is at it; ask again after this long.
    Busy(Duration),
    /// It has ended already.
    Settled,
}

/// All claims.
#[derive(Clone)]
pub struct SendClaims {
    table: Arc<dyn Table>,
    ports: Ports,
    /// Claims of others, and since when each has stood as it does.
    watched: Arc<Mutex<Watch<Key, u64>>>,
}

impl SendClaims {
    /// The claims in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, ports: Ports) -> Self {
        Self { table, ports, watched: Arc::default() }
    }

    /// Whether a claim has stood for a whole lease by this process's own watch. Its holder's clock may be far ahead of
    /// ours: then its end never seems to come, and this is how it does.
    fn has_stood(&self, row: &Row, asked: Instant) -> bool {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, since| asked.saturating_duration_since(since) < WATCHED);
        watched.observe(row.key.clone(), row.version, asked, Instant::now()) >= LEASE
    }

    /// Takes the claim of one mail, if it can be had.
    ///
    /// # Errors
    /// A [`Fault`] of the table; the claim may then be held by nobody until its lease ends.
    pub async fn claim(&self, mail: &OrderMail) -> Result<Claimed, Fault> {
        let by = self.ports.ids.uuid_v7();
        let key = Key::new(mail.order_id.as_str(), mail.which());
        let (mut version, mut condition) = (1, Condition::Absent);
        for _ in 0..MAX_RACES {
            let (now, asked) = (self.ports.clock.now(), Instant::now());
            let until = now.checked_add(lease()).unwrap_or(Timestamp::MAX);
            match self.write(&key, version, &ClaimState::Sending { until, by }, condition).await {
                Ok(()) => return Ok(Claimed::Mine(Claim { key, version })),
                Err(WriteError::Fault(fault)) => return Err(fault),
                // Nothing stands there: it was dropped by its age, which an older release gave it.
                Err(WriteError::Condition(None)) => (version, condition) = (1, Condition::Absent),
                Err(WriteError::Condition(Some(row))) => match read(&row)?.standing(by, now) {
                    Standing::Mine => return Ok(Claimed::Mine(Claim { key, version: row.version })),
                    Standing::Settled => return Ok(Claimed::Settled),
                    Standing::Busy(wait) if !self.has_stood(&row, asked) => {
                        // Its holder's clock may say hours; it will have stood for a lease before.
                        return Ok(Claimed::Busy(Duration::try_from(wait).unwrap_or(LEASE).min(LEASE)));
                    }
                    Standing::Expired | Standing::Busy(_) => {
                        (version, condition) = (row.version + 1, Condition::VersionIs(row.version));
                    }
                },
            }
        }
        Ok(Claimed::Busy(Duration::from_secs(1)))
    }

    /// Records how it ended. A mail that has left is recorded even where the claim was taken over meanwhile, by a process
    /// whose clock is ahead say, which then need not send it again; any other end is left to the one who has it now.
    ///
    /// # Errors
    /// A [`Fault`] of the table; the mail may then go out once more after the lease.
    pub async fn settle(&self, claim: &Claim, outcome: &ClaimState) -> Result<(), Fault> {
        let (mut version, mut condition) = (claim.version + 1, Condition::VersionIs(claim.version));
        for _ in 0..MAX_RACES {
            // A repeated write of ours that had succeeded shows as a claim that is settled.
            let row = match self.write(&claim.key, version, outcome, condition).await {
                Ok(()) => return Ok(()),
                Err(WriteError::Fault(fault)) => return Err(fault),
                Err(WriteError::Condition(_)) if !outcome.has_left() => return Ok(()),
                Err(WriteError::Condition(row)) => row,
            };
            match row {
                Some(row) if read(&row)?.is_open() => {
                    (version, condition) = (row.version + 1, Condition::VersionIs(row.version));
                }
                Some(_) => return Ok(()),
                None => (version, condition) = (1, Condition::Absent),
            }
        }
        Err(Fault::new(FaultKind::Transient, "notification.claim", "others wrote the claim again and again"))
    }

    /// Gives it up, so that the next attempt need not wait for the lease to end. The row stays, because its version must
    /// never start again: an attempt that lost its lease could take another's claim for its own.
    ///
    /// # Errors
    /// A [`Fault`] of the table; then the lease ends by itself.
    pub async fn release(&self, claim: &Claim) -> Result<(), Fault> {
        let nobody = ClaimState::Sending { until: self.ports.clock.now(), by: Uuid::nil() };
        self.replace(claim, &nobody).await
    }

    async fn replace(&self, claim: &Claim, state: &ClaimState) -> Result<(), Fault> {
        let condition = Condition::VersionIs(claim.version);
        match self.write(&claim.key, claim.version + 1, state, condition).await {
            // A repeated write of ours that had succeeded shows the same as another's: a newer version.
            Ok(()) | Err(WriteError::Condition(_)) => Ok(()),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    async fn write(&self, key: &Key, version: u64, state: &ClaimState, condition: Condition) -> Result<(), WriteError> {
        let doc = serde_json::to_value(state).map_err(unreadable)?;
        self.table.put(&Row::new(key.clone(), version, doc), condition).await
    }
}

fn lease() -> SignedDuration {
    SignedDuration::try_from(LEASE).unwrap_or(SignedDuration::ZERO)
}

fn read(row: &Row) -> Result<ClaimState, Fault> {
    serde_json::from_value(row.doc.clone()).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Fault {
    Fault::new(FaultKind::Permanent, "notification.claim", error)
}
