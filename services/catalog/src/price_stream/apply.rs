//! Brings batches of records into products.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, Currency, Money, Ports, ProductId};
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::reason::{EXHAUSTED, UNWRITABLE};
use shotengai_messaging::{Backoff, CommandError, FaultKind, Loaded, LogLimiter, RecordHandler};
use shotengai_streaming::{Aside, Unfit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::record::read;
use crate::aggregate::Products;
use crate::domain::{PriceRefusal, Product, reprice};
use crate::metrics::PRICES;
use crate::reasons::{DELETED_PRODUCT, UNKNOWN_PRODUCT};

/// Products written at the same time, a shard.
const SIDE_BY_SIDE: usize = 16;
/// How often, and for how long, a product must have failed for good before its records are set aside.
const FAILURES: u32 = 6;
const FAILED_FOR: Duration = Duration::from_secs(10);
const LOG_EVERY: Duration = Duration::from_secs(30);

/// The handler of the price stream's records. Repetition is harmless: a product remembers the last record that set its price.
pub struct PriceRecords {
    products: Products,
    currency: Currency,
    aside: Aside,
    ports: Ports,
}

/// The records of a batch that are settled together.
enum Task {
    /// Prices of one product, of which the last is the one that counts.
    Prices { product_id: ProductId, price: Money, records: Vec<usize> },
    /// A record that is no price.
    Bad { record: usize, unfit: Unfit },
}

impl PriceRecords {
    /// Prices of these products in this currency; what is none goes aside.
    #[must_use]
    pub const fn new(products: Products, currency: Currency, aside: Aside, ports: Ports) -> Self {
        Self { products, currency, aside, ports }
    }

    /// Work that a batch comes to. Of several prices of a product only the last is written: those before it stood for no longer
    /// than a read takes.
    fn tasks(&self, records: &[ReadRecord]) -> Vec<Task> {
        let (mut tasks, mut by_product) = (Vec::new(), BTreeMap::<ProductId, (Money, Vec<usize>)>::new());
        for (at, record) in records.iter().enumerate() {
            match read(&record.data, self.currency) {
                Ok(read) => {
                    let (price, places) = by_product.entry(read.product_id).or_insert((read.price, Vec::new()));
                    *price = read.price;
                    places.push(at);
                }
                Err(unfit) => tasks.push(Task::Bad { record: at, unfit }),
            }
        }
        let prices =
            by_product.into_iter().map(|(product_id, (price, records))| Task::Prices { product_id, price, records });
        tasks.extend(prices);
        tasks
    }

    /// The records that are settled for good; none where it was told to stop before.
    async fn settle(
        &self,
        shard: &str,
        records: &[ReadRecord],
        task: Task,
        shutdown: &CancellationToken,
    ) -> Option<Vec<usize>> {
        match task {
            Task::Bad { record, unfit } => {
                self.set_aside(shard, records, &[record], &unfit, shutdown).await.then(|| vec![record])
            }
            Task::Prices { product_id, price, records: places } => {
                let last = records.get(*places.last()?)?;
                match self.apply(&product_id, price, &last.position, shutdown).await? {
                    Ok(written) => {
                        let before = u64::try_from(places.len()).unwrap_or(0) - u64::from(written);
                        PRICES.add(u64::from(written), ["applied".into()]);
                        PRICES.add(before, ["superseded".into()]);
                        Some(places)
                    }
                    // Each by itself: whoever redrives them has what came.
                    Err(unfit) => self.set_aside(shard, records, &places, &unfit, shutdown).await.then_some(places),
                }
            }
        }
    }

    /// Sets a product's price, however long that takes; answers whether it had to be written, or why it never can. None where
    /// it was told to stop before.
    async fn apply(
        &self,
        product_id: &ProductId,
        price: Money,
        position: &str,
        shutdown: &CancellationToken,
    ) -> Option<Result<bool, Unfit>> {
        let (backoff, began) = (Backoff::new(Duration::from_millis(50), Duration::from_secs(10)), Instant::now());
        let (mut failures, mut log_limiter) = (0, LogLimiter::new(LOG_EVERY));
        let id = AggregateId::from(product_id);
        loop {
            let meta = Metadata::request(self.ports.ids.uuid_v7(), None);
            let decide = |product: &Loaded<Product>| reprice(&product.state, price, position);
            let error = match self.products.execute(&id, &meta, decide).await {
                Ok(executed) => return Some(Ok(!executed.written.is_empty())),
                Err(CommandError::Refused(refusal)) => return Some(Err(refused(refusal))),
                Err(CommandError::Unwritable(error)) => return Some(Err(unfit(UNWRITABLE.word, error))),
                Err(error) => error,
            };
            failures += 1;
            if let CommandError::Fault(fault) = &error {
                count_fault(fault);
                // What others need as well is no reason to set anything aside, however long it takes: denied, throttled,
                // away. A product whose own events can't be read must not hold up the others.
                let is_its_own = fault.kind() == FaultKind::Permanent;
                if is_its_own && failures >= FAILURES && began.elapsed() >= FAILED_FOR {
                    return Some(Err(unfit(EXHAUSTED.word, fault.to_string())));
                }
            }
            if log_limiter.may("price") {
                tracing::warn!(%product_id, %error, failures, "a price could not be set; trying again");
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return None,
                () = tokio::time::sleep(backoff.delay(failures, self.ports.random.as_ref())) => {}
            }
        }
    }

    async fn set_aside(
        &self,
        shard: &str,
        records: &[ReadRecord],
        places: &[usize],
        unfit: &Unfit,
        shutdown: &CancellationToken,
    ) -> bool {
        for record in places.iter().filter_map(|at| records.get(*at)) {
            let letter = self.aside.letter(shard, record, unfit, 1);
            if !self.aside.put(shard, &letter, unfit.reason, shutdown).await {
                return false;
            }
            PRICES.add(1, ["set_aside".into()]);
        }
        true
    }
}

#[async_trait]
impl RecordHandler for PriceRecords {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let settling = self.tasks(records).into_iter().map(|task| self.settle(shard, records, task, shutdown));
        let mut settled = vec![false; records.len()];
        let mut done = stream::iter(settling).buffer_unordered(SIDE_BY_SIDE);
        while let Some(places) = done.next().await {
            for at in places.into_iter().flatten() {
                if let Some(settled) = settled.get_mut(at) {
                    *settled = true;
                }
            }
        }
        settled.iter().take_while(|settled| **settled).count()
    }
}

fn refused(refusal: PriceRefusal) -> Unfit {
    let reason = match refusal {
        PriceRefusal::Unknown => UNKNOWN_PRODUCT.word,
        PriceRefusal::Deleted => DELETED_PRODUCT.word,
    };
    unfit(reason, refusal.to_string())
}

const fn unfit(reason: &'static str, error: String) -> Unfit {
    Unfit { reason, error, trace: None }
}
