//! The use case: orders move the counters, each order once.
//!
//! The seen rows and the counters are one transaction. Orders that are known already make it fail by their seen rows; they
//! are dropped and the rest is tried again. A transaction whose answer was lost comes again as a message, and is then known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use shotengai_kernel::{Ports, ProductId};
use shotengai_messaging::effects;
use shotengai_messaging::{
    Backoff, CommandError, Condition, Contest, Disposition, Fault, FaultKind, Row, Table, TransactError, WriteError,
};

use crate::domain::batch;
use crate::domain::count::{Count, CountId};
use crate::domain::rows::{self, SHARDS};
use crate::reasons::ORDER_TOO_LARGE;

/// Meetings with other transactions in a row before the messages rather come again.
const MAX_MEETINGS: u32 = 8;
/// Times in a row that a product's name is throttled before the messages rather come again.
const MAX_THROTTLED: u32 = 8;

/// An order that has more products than one transaction can count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl From<TooLarge> for Disposition {
    fn from(TooLarge: TooLarge) -> Self {
        Self::reject(ORDER_TOO_LARGE, "one order has more products than one transaction can count")
    }
}

/// Why an order was not counted.
pub type Uncounted = CommandError<TooLarge>;

/// Counts orders. One a process: it knows which products have been written down.
pub struct CountOrders {
    table: Arc<dyn Table>,
    ports: Ports,
    /// By product: the newest name that was seen, and the time of its newest event. The row has this name, or a newer one
    /// that another process wrote.
    known: Mutex<BTreeMap<ProductId, (u64, String)>>,
}

impl CountOrders {
    /// Counts in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, ports: Ports) -> Self {
        Self { table, ports, known: Mutex::default() }
    }

    /// Counts these, each once; answers those that may not be counted, and why.
    pub async fn run(&self, counts: &[Count]) -> BTreeMap<CountId, Uncounted> {
        // Two copies in one batch would be two operations on one row.
        let mut seen = BTreeSet::new();
        let unique: Vec<Count> = counts.iter().filter(|count| seen.insert(count.id())).cloned().collect();
        let mut uncounted = BTreeMap::new();
        for run in batch::cut(&unique) {
            let run = unique.get(run).unwrap_or_default();
            if let Err(error) = self.count(run).await {
                uncounted.extend(run.iter().map(|count| (count.id(), error.clone())));
            }
        }
        uncounted
    }

    async fn count(&self, run: &[Count]) -> Result<(), Uncounted> {
        if !batch::fits(run) {
            return Err(CommandError::Refused(TooLarge));
        }
        // Before the counters: a counter without its product would never be shown.
        // No effect of these orders, which may have been counted long ago.
        effects::apart(self.write_down_products(run)).await?;
        let mut rest: Vec<&Count> = run.iter().collect();
        let mut contest = Contest::of(MAX_MEETINGS);
        while !rest.is_empty() {
            let shard = self.ports.random.below(SHARDS);
            let ops = batch::operations(&rest, shard, self.ports.clock.now());
            match self.table.transact(&ops).await {
                Ok(()) => break,
                Err(TransactError::Conditions(known)) if known.iter().any(|index| *index < rest.len()) => {
                    rest = rest
                        .into_iter()
                        .enumerate()
                        .filter_map(|(index, count)| (!known.contains(&index)).then_some(count))
                        .collect();
                }
                Err(TransactError::Contended | TransactError::Conditions(_)) => {
                    if !contest.lose(self.ports.random.as_ref()).await {
                        return Err(CommandError::Contended);
                    }
                }
                Err(TransactError::Fault(fault)) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    /// The newest name wins, by the time of the event. A name that a process believes to be written already it does not
    /// write again: where several processes count, and a name changes back and forth while messages overtake each other, an
    /// older one may stay until the next change.
    ///
    /// There may be hundreds in a batch. Where the table takes a few a second, messages that came again at the first that
    /// is throttled would get a few further each time, and wait ten minutes in between; so it is waited for here.
    async fn write_down_products(&self, run: &[Count]) -> Result<(), Fault> {
        let backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
        let mut throttled = 0;
        for count in run {
            let version = version_of(count.time);
            for (product, pieces) in &count.products {
                let mut unwritten =
                    (!self.knows(product, version, &pieces.name)).then(|| (version, pieces.name.clone()));
                while let Some((version, name)) = unwritten {
                    let row = Row::new(rows::product(product), version, json!({ "name": name }));
                    match self.table.put(&row, Condition::VersionBelow(version)).await {
                        Ok(()) | Err(WriteError::Condition(_)) => {
                            throttled = 0;
                            unwritten = self.learn(product, version, name);
                        }
                        Err(WriteError::Fault(fault))
                            if fault.kind() == FaultKind::Throttled && throttled < MAX_THROTTLED =>
                        {
                            throttled += 1;
                            tokio::time::sleep(backoff.delay(throttled, self.ports.random.as_ref())).await;
                            unwritten = Some((version, name));
                        }
                        Err(WriteError::Fault(fault)) => return Err(fault),
                    }
                }
            }
        }
        Ok(())
    }

    fn knows(&self, product: &ProductId, version: u64, name: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(product) {
            Some((newest, _)) if *newest >= version => true,
            Some((newest, written)) if written == name => {
                *newest = version;
                true
            }
            _ => false,
        }
    }

    /// A newer name, if one was seen while this one was being written: it may have been taken for written.
    fn learn(&self, product: &ProductId, version: u64, name: String) -> Option<(u64, String)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(product) {
            Some((newest, seen)) if *newest > version => (*seen != name).then(|| (*newest, seen.clone())),
            _ => {
                known.insert(product.clone(), (version, name));
                None
            }
        }
    }
}

fn version_of(time: Timestamp) -> u64 {
    u64::try_from(time.as_microsecond()).unwrap_or(0)
}
