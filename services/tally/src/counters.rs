//! Reads of the table: totals and minutes.

use std::collections::BTreeMap;
use std::sync::Arc;

use shotengai_kernel::ProductId;
use shotengai_messaging::{Fault, Row, SharedRead, Table};
use tokio::time::Instant;

use crate::domain::chart::Sales;
use crate::domain::count::Effect;
use crate::domain::rows::{self, ORDERS, PRODUCTS, SHARDS};
use crate::domain::standings::{Standing, Standings};

/// Products read at once from the registry.
const PAGE: usize = 1_000;

/// Reads counters. Clone is cheap.
#[derive(Clone)]
pub struct Counters {
    table: Arc<dyn Table>,
}

impl Counters {
    /// The counters in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table }
    }

    /// The totals of all products. The rows are read one after another: totals that move meanwhile may be told from two
    /// moments, and are right at the next reading.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn standings(&self) -> Result<Standings, Fault> {
        let mut standings = self.products().await?;
        let keys: Vec<_> =
            standings.keys().flat_map(|product| (0..SHARDS).map(|shard| rows::total(product, shard))).collect();
        for row in self.table.get_many(&keys).await? {
            let Some(standing) = rows::read_total(&row.key).and_then(|product| standings.get_mut(&product)) else {
                continue;
            };
            standing.sold += counter(&row, Effect::Paid.counter());
            standing.returned += counter(&row, Effect::Returned.counter());
            standing.orders += counter(&row, ORDERS);
        }
        Ok(Standings(standings))
    }

    async fn products(&self) -> Result<BTreeMap<ProductId, Standing>, Fault> {
        let mut products = BTreeMap::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.table.list(PRODUCTS, "", after.as_deref(), PAGE).await?;
            for row in &page {
                let Ok(product) = ProductId::parse(&row.key.sk) else { continue };
                let name = row.doc.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
                products.insert(product, Standing { name, ..Standing::default() });
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.key.sk.clone()),
                _ => return Ok(products),
            }
        }
    }

    /// What was sold in each of these minutes.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn minutes(&self, minutes: &[String]) -> Result<BTreeMap<String, Sales>, Fault> {
        let keys: Vec<_> =
            minutes.iter().flat_map(|minute| (0..SHARDS).map(move |shard| rows::minute(minute, shard))).collect();
        let mut sales: BTreeMap<String, Sales> = minutes.iter().map(|minute| (minute.clone(), Sales::new())).collect();
        for row in self.table.get_many(&keys).await? {
            let Some(sales) = rows::read_minute(&row.key).and_then(|minute| sales.get_mut(minute)) else { continue };
            for (name, pieces) in &row.counters {
                let Some((effect, product)) = name.split_once('/') else { continue };
                let Ok(product) = ProductId::parse(product) else { continue };
                let sold = sales.entry(product).or_default();
                if effect == Effect::Paid.counter() { sold.sold += pieces } else { sold.returned += pieces }
            }
        }
        Ok(sales)
    }
}

/// The totals for a public path: one reading at a time, shared by all who asked before it began. However many ask, the
/// table sees one of them; nobody gets what is older than their question.
pub struct SharedStandings {
    counters: Counters,
    shared: SharedRead<Standings>,
}

impl SharedStandings {
    /// Readings of these counters.
    #[must_use]
    pub fn new(counters: Counters) -> Self {
        Self { counters, shared: SharedRead::default() }
    }

    /// As [`Counters::standings`].
    ///
    /// # Errors
    /// A [`Fault`] of the table; who shared the reading shares it.
    pub async fn read(&self) -> Result<Arc<Standings>, Fault> {
        self.shared.since(Instant::now(), async || self.counters.standings().await).await
    }
}

fn counter(row: &Row, name: &str) -> i64 {
    row.counter(name)
}
