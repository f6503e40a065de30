//! Reading one's own writes: a query waits until the read model has what the caller knows to have happened.
//!
//! Anybody may wait for any id: ids are not guessable, and a version tells no more than that something happened, which
//! whoever knows the id can ask for one version after the other. What waiting costs is bounded: all waiting reads of a process share their looks at the database, only some wait at the same
//! time, and nobody waits for what does not exist.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::aggregates;
use shotengai_kernel::{AggregateId, CartId, OrderId, PaymentId, ProductId, Version};
use shotengai_messaging::Fault;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::applied::Applied;
use crate::database::Database;
use crate::looks::Looks;
use crate::project::Histories;

/// How often waiting queries look by themselves: other pods apply batches too, and wake only their own.
const POLL: Duration = Duration::from_millis(50);

/// Queries that wait at the same time; who finds the version there at once is not one of them.
pub const MAX_WAITS: usize = 100;

/// Questions to the event stores, of all who begin to wait, at the same time. Who finds them taken waits unasked.
const QUESTIONS_AT_ONCE: usize = 4;

/// A version that a caller knows to have been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Of a product, a product's stock, an order, a payment or a cart.
    pub id: AggregateId,
    /// That version, or any later one.
    pub version: Version,
}

/// A text that expects nothing that this service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be <id>:<version>, the id that of a product, order, payment or cart, or stock/<product>")]
pub struct ExpectedError;

impl FromStr for Expected {
    type Err = ExpectedError;
    fn from_str(text: &str) -> Result<Self, ExpectedError> {
        let (id, version) = text.rsplit_once(':').ok_or(ExpectedError)?;
        let version = version.parse().map(Version::new).map_err(|_| ExpectedError)?;
        let id = match aggregates::STOCK.name_in(id) {
            Some(product) => ProductId::parse(product).map(|product| aggregates::stock(&product)),
            None => ProductId::parse(id)
                .map(|product| AggregateId::from(&product))
                .or_else(|_| OrderId::parse(id).map(|order| AggregateId::from(&order)))
                .or_else(|_| PaymentId::parse(id).map(|payment| AggregateId::from(&payment)))
                .or_else(|_| CartId::parse(id).map(|cart| AggregateId::from(&cart))),
        };
        Ok(Self { id: id.map_err(|_| ExpectedError)?, version })
    }
}

/// What the read model doesn't have yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What was waited for.
    pub expected: Expected,
    /// What there is; zero for nothing.
    pub seen: Version,
}

impl Missing {
    /// Whether anybody may hear how far it has come: not of another's payment or cart.
    fn is_told_to_anybody(&self) -> bool {
        let id = self.expected.id.as_str();
        PaymentId::parse(id).is_err() && CartId::parse(id).is_err()
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expected { id, version } = &self.expected;
        if self.is_told_to_anybody() {
            write!(f, "{id} is at version {}, not {version}", self.seen)
        } else {
            write!(f, "{id} is not at version {version} yet")
        }
    }
}

/// Why a wait ended without success.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// It took too long, or can't succeed: there is no such thing.
    #[error("the read model is behind")]
    Behind(Vec<Missing>),
    /// The read model is behind, and too many wait for it already.
    #[error("too many queries wait for the read model")]
    Full(Vec<Missing>),
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Waits for versions.
pub struct Versions {
    applied: Arc<Applied>,
    looks: Looks,
    histories: Arc<Histories>,
    timeout: Duration,
    places: Semaphore,
    questions: Semaphore,
}

impl Versions {
    /// Waits up to `timeout`, looking whenever `applied` wakes it, for what `histories` know.
    #[must_use]
    pub fn new(database: Database, applied: Arc<Applied>, histories: Arc<Histories>, timeout: Duration) -> Self {
        let looks = Looks::new(database, Arc::clone(&applied));
        Self {
            applied,
            looks,
            histories,
            timeout,
            places: Semaphore::new(MAX_WAITS),
            questions: Semaphore::new(QUESTIONS_AT_ONCE),
        }
    }

    /// Waits until the read model has all of these.
    ///
    /// # Errors
    /// [`WaitError`].
    pub async fn wait(&self, expected: &[Expected]) -> Result<(), WaitError> {
        if expected.is_empty() {
            return Ok(());
        }
        let deadline = Instant::now() + self.timeout;
        let waiting = self.applied.waiting_for(expected.iter().map(|expected| expected.id.clone()));
        let mut missing = self.missing(expected, Instant::now()).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let Ok(_place) = self.places.try_acquire() else { return Err(WaitError::Full(missing)) };
        if self.is_vain(&missing).await {
            return Err(WaitError::Behind(missing));
        }
        while Instant::now() < deadline {
            let woken = timeout_at(deadline.min(Instant::now() + POLL), waiting.woken()).await.is_ok();
            let now = Instant::now();
            // What was just applied, and the last look, has to be seen; else a look that another made will do.
            let since = if woken || now >= deadline { now } else { now.checked_sub(POLL).unwrap_or(now) };
            missing = self.missing(expected, since).await?;
            if missing.is_empty() {
                return Ok(());
            }
        }
        Err(WaitError::Behind(missing))
    }

    async fn missing(&self, expected: &[Expected], since: Instant) -> Result<Vec<Missing>, Fault> {
        let seen = self.looks.seen(since).await?;
        let seen = |id: &AggregateId| seen.get(id).copied().unwrap_or_default();
        Ok(expected
            .iter()
            .map(|expected| Missing { expected: expected.clone(), seen: seen(&expected.id) })
            .filter(|missing| missing.seen < missing.expected.version)
            .collect())
    }

    /// Whether something is waited for that does not exist. Where its store can't tell, or is not to be asked, it may.
    async fn is_vain(&self, missing: &[Missing]) -> bool {
        let Ok(_question) = self.questions.try_acquire() else { return false };
        for missing in missing.iter().filter(|missing| missing.seen == Version::default()) {
            match self.histories.has(&missing.expected.id).await {
                Ok(true) => {}
                Ok(false) => return true,
                Err(fault) => tracing::debug!(%fault, "it is not known whether what is waited for exists"),
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_rows_can_be_waited_for() {
        for id in ["prod_1", "ord_1", "stock/prod_1", "pay_1", "cart_1"] {
            let expected: Expected = format!("{id}:3").parse().unwrap();
            assert_eq!((expected.id.as_str(), expected.version), (id, Version::new(3)));
        }
    }

    #[test]
    fn nothing_else_can() {
        for text in ["", ":", "prod_1", "prod_1:", "prod_1:-1", "prod_1:x", "stock/ord_1:1", "usr_1:1"] {
            assert_eq!(text.parse::<Expected>(), Err(ExpectedError), "{text}");
        }
    }
}
