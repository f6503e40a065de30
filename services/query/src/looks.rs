//! Looking up versions for all reads that wait: one statement at a time, shared.

use std::collections::BTreeMap;
use std::sync::Arc;

use shotengai_contracts::aggregates;
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::{Fault, SharedRead};
use tokio::time::Instant;
use tokio_postgres::Row;

use crate::applied::Applied;
use crate::database::Database;
use crate::store::{parsed, version};

const SEEN: &str = "
    SELECT product_id AS id, version FROM read_products WHERE product_id = ANY($1)
    UNION ALL SELECT 'stock/' || product_id, version FROM read_stock WHERE product_id = ANY($2)
    UNION ALL SELECT order_id, version FROM read_orders WHERE order_id = ANY($1)
    UNION ALL SELECT payment_id, version FROM read_payments WHERE payment_id = ANY($1)
    UNION ALL SELECT cart_id, version FROM read_carts WHERE cart_id = ANY($1)";

/// Versions in the read model; an id that is not there has none.
pub(crate) type Seen = BTreeMap<AggregateId, Version>;

/// Looks of all reads that wait. However many there are, the database sees one statement of theirs at a time.
pub(crate) struct Looks {
    database: Database,
    applied: Arc<Applied>,
    shared: SharedRead<Seen>,
}

impl Looks {
    pub(crate) fn new(database: Database, applied: Arc<Applied>) -> Self {
        Self { database, applied, shared: SharedRead::default() }
    }

    /// What there is of everything that is waited for, looked up no earlier than `since`. The caller has been registered
    /// since before that.
    pub(crate) async fn seen(&self, since: Instant) -> Result<Arc<Seen>, Fault> {
        self.shared.since(since, async || self.look().await).await
    }

    async fn look(&self) -> Result<Seen, Fault> {
        let waited = self.applied.ids();
        let ids: Vec<_> = waited.iter().map(AggregateId::as_str).collect();
        let products: Vec<_> = ids.iter().filter_map(|id| aggregates::STOCK.name_in(id)).collect();
        let rows = self.database.session().await?.query("postgres.versions", SEEN, &[&ids, &products]).await?;
        // A row whose version can't be read has none, and takes nobody else's wait away.
        let seen = |row: &Row| Some((parsed::<AggregateId>(row, "id").ok()?, version(row).ok()?));
        Ok(rows.iter().filter_map(seen).collect())
    }
}
