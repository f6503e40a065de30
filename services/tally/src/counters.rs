//! Reads of the table: totals and minutes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use shotengai_contracts::api::tally::MinuteTally;
use shotengai_kernel::ProductId;
use shotengai_messaging::{Fault, FaultKind, Row, Table};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::domain::count::Effect;
use crate::domain::rows::{self, ORDERS, PRODUCTS, SHARDS};
use crate::domain::standings::{Standing, Standings};

/// Products read at once from the registry.
const PAGE: usize = 1_000;

/// Per product the minutes in which something happened, oldest first.
pub type Series = BTreeMap<ProductId, Vec<MinuteTally>>;

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

    /// What happened within the last `minutes` minutes, the one of `now` included.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn series(&self, now: Timestamp, minutes: u16) -> Result<Series, Fault> {
        let keys: Vec<_> = (0..i64::from(minutes))
            .filter_map(|back| now.checked_sub(SignedDuration::from_mins(back)).ok())
            .map(rows::minute_of)
            .flat_map(|minute| (0..SHARDS).map(move |shard| rows::minute(&minute, shard)))
            .collect();
        let mut sums: BTreeMap<(ProductId, String), (i64, i64)> = BTreeMap::new();
        for row in self.table.get_many(&keys).await? {
            let Some(minute) = rows::read_minute(&row.key) else { continue };
            for (name, pieces) in &row.counters {
                let Some((effect, product)) = name.split_once('/') else { continue };
                let Ok(product) = ProductId::parse(product) else { continue };
                let sum = sums.entry((product, minute.to_owned())).or_default();
                if effect == Effect::Paid.counter() { sum.0 += pieces } else { sum.1 += pieces }
            }
        }
        let mut series = Series::new();
        for ((product, minute), (sold, returned)) in sums {
            series.entry(product).or_default().push(MinuteTally { minute, sold, returned });
        }
        Ok(series)
    }
}

/// The totals for a public path: one reading at a time, shared by all who asked before it began. However many ask, the
/// table sees one of them; nobody gets what is older than their question.
pub struct SharedStandings {
    counters: Counters,
    latest: Mutex<Option<(Instant, Option<Arc<Standings>>)>>,
}

impl SharedStandings {
    /// Readings of these counters.
    #[must_use]
    pub fn new(counters: Counters) -> Self {
        Self { counters, latest: Mutex::new(None) }
    }

    /// As [`Counters::standings`].
    ///
    /// # Errors
    /// A [`Fault`] of the table; who shared the reading shares it.
    pub async fn read(&self) -> Result<Arc<Standings>, Fault> {
        let asked = Instant::now();
        let mut latest = self.latest.lock().await;
        if let Some((began, standings)) = &*latest
            && *began > asked
        {
            let failed = || Fault::new(FaultKind::Transient, "tally.standings", "the shared reading failed");
            return standings.clone().ok_or_else(failed);
        }
        let began = Instant::now();
        let read = self.counters.standings().await.map(Arc::new);
        *latest = Some((began, read.as_ref().ok().map(Arc::clone)));
        read
    }
}

fn counter(row: &Row, name: &str) -> i64 {
    row.counter(name)
}
