//! Reading one's own writes: a query waits until the read model has what the caller knows to have happened.
//!
//! Anybody may wait for any id: ids are not guessable, and a version tells no more than that something happened.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::aggregates;
use shotengai_kernel::{AggregateId, OrderId, ProductId, Version};
use shotengai_messaging::Fault;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::database::Database;
use crate::store::{parsed, version};

/// How often a waiting query looks by itself: other pods apply batches too, and wake only their own.
const POLL: Duration = Duration::from_millis(50);

/// Looks of all waiting queries at the same time: anybody may wait, and waiters must leave connections of the pool to
/// the projector and to those who don't.
const LOOKS_AT_ONCE: usize = 4;

const SEEN: &str = "
    SELECT product_id AS id, version FROM read_products WHERE product_id = ANY($1)
    UNION ALL SELECT 'stock/' || product_id, version FROM read_stock WHERE product_id = ANY($2)
    UNION ALL SELECT order_id, version FROM read_orders WHERE order_id = ANY($1)";

/// A version that a caller knows to have been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Of a product, a product's stock or an order.
    pub id: AggregateId,
    /// That version, or any later one.
    pub version: Version,
}

/// A text that expects nothing that this service has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be <id>:<version>, the id that of a product or order, or stock/<product>")]
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
                .or_else(|_| OrderId::parse(id).map(|order| AggregateId::from(&order))),
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

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is at version {}, not {}", self.expected.id, self.seen, self.expected.version)
    }
}

/// Why a wait ended without success.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// It took too long.
    #[error("the read model is behind")]
    Behind(Vec<Missing>),
    /// The database failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Waits for versions.
pub struct Versions {
    database: Database,
    applied: Arc<Notify>,
    timeout: Duration,
    looks: Semaphore,
}

impl Versions {
    /// Waits up to `timeout`, looking whenever `applied` is notified.
    #[must_use]
    pub const fn new(database: Database, applied: Arc<Notify>, timeout: Duration) -> Self {
        Self { database, applied, timeout, looks: Semaphore::const_new(LOOKS_AT_ONCE) }
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
        loop {
            let woken = self.applied.notified();
            tokio::pin!(woken);
            // Before looking, so that a batch applied between looking and waiting is not slept through.
            woken.as_mut().enable();
            let missing = self.missing(expected).await?;
            if missing.is_empty() {
                return Ok(());
            }
            let now = Instant::now();
            if now >= deadline {
                return Err(WaitError::Behind(missing));
            }
            // Either way it looks again, and once more when the time is up.
            let _ = timeout_at(deadline.min(now + POLL), woken).await;
        }
    }

    async fn missing(&self, expected: &[Expected]) -> Result<Vec<Missing>, Fault> {
        let ids: Vec<_> = expected.iter().map(|expected| expected.id.as_str()).collect();
        let products: Vec<_> = ids.iter().filter_map(|id| aggregates::STOCK.name_in(id)).collect();
        // Never closed.
        let _look = self.looks.acquire().await.ok();
        let session = self.database.session().await?;
        let rows = session.query("postgres.versions", SEEN, &[&ids, &products]).await?;
        let seen = rows
            .iter()
            .map(|row| Ok((parsed::<AggregateId>(row, "id")?, version(row)?)))
            .collect::<Result<BTreeMap<_, _>, Fault>>()?;
        let seen = |id: &AggregateId| seen.get(id).copied().unwrap_or_default();
        Ok(expected
            .iter()
            .map(|expected| Missing { expected: expected.clone(), seen: seen(&expected.id) })
            .filter(|missing| missing.seen < missing.expected.version)
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_orders_and_stock_can_be_waited_for() {
        for id in ["prod_1", "ord_1", "stock/prod_1"] {
            let expected: Expected = format!("{id}:3").parse().unwrap();
            assert_eq!((expected.id.as_str(), expected.version), (id, Version::new(3)));
        }
    }

    #[test]
    fn nothing_else_can() {
        for text in ["", ":", "prod_1", "prod_1:", "prod_1:-1", "prod_1:x", "cart_1:1", "stock/ord_1:1", "pay_1:1"] {
            assert_eq!(text.parse::<Expected>(), Err(ExpectedError), "{text}");
        }
    }
}
