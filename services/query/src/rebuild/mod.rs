//! Brings the rows back from the event stores: after the database was lost or restored from an older copy, or where rows
//! are wrong.
//!
//! A row is the fold of its aggregate's events, whoever folds it, so this needs no pause of the role: what is written is
//! what the projector would have written, and never over a newer row. Safe to repeat, and to end at any moment. What it
//! can't know of is left to others: an aggregate so young that the time index doesn't have it yet is on its way to the
//! projector, and a row of which the stores have no aggregate stays.
//!
//! - [`report`]: what is told of it. `compare`: what becomes of a row. [`upkeep`]: the rebuild that query does by itself.
//! - [`source`]: the event stores, to read.

mod compare;
pub mod report;
pub mod source;
pub mod upkeep;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use shotengai_kernel::{AggregateId, Ports};
use shotengai_messaging::{Backoff, Fault, OUTBOX_SHARDS};

use crate::domain::{CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow};
use crate::history::{HISTORY_PAGE, fold_history};
use crate::store::{ReadModel, Rows, Session, is_corrupt};
use compare::{RowState, Standing, compare};
pub use report::{Kind, RebuildReport, Watch};
pub use source::Sources;

/// Commits of the index that are looked at together. Most are no aggregate's first.
const PAGE: usize = 1000;
/// Rows that are compared and written together.
const ROWS: usize = 100;
/// Histories that are in memory at once.
const HISTORIES: usize = 8;
/// How often a call is tried whose fault may pass; about a minute with its waits.
const TRIES: u32 = 8;

/// Compares rows with the events, and mends them.
pub struct Rebuild {
    model: Arc<dyn ReadModel>,
    sources: Sources,
    ports: Ports,
    only_look: bool,
}

/// An aggregate as it is now, or why it can't be folded.
type Folded<R> = Result<R, String>;

impl Rebuild {
    /// Of the rows of this read model, from these event stores.
    #[must_use]
    pub const fn new(model: Arc<dyn ReadModel>, sources: Sources, ports: Ports) -> Self {
        Self { model, sources, ports, only_look: false }
    }

    /// The same, but nothing is written: the tally says what would be.
    #[must_use]
    pub fn only_looking(self) -> Self {
        Self { only_look: true, ..self }
    }

    /// Goes through all aggregates of one kind, counting in `report`, which is right also where this ends early.
    ///
    /// # Errors
    /// A [`Fault`] that didn't pass. What can't be folded is no fault: it is told to `watch`, and the rest goes on.
    pub async fn run(&self, kind: Kind, report: &mut RebuildReport, watch: &dyn Watch) -> Result<(), Fault> {
        match kind {
            Kind::Products => self.all::<ProductRow>(report, watch).await,
            Kind::Stock => self.all::<StockRow>(report, watch).await,
            Kind::Orders => self.all::<OrderRow>(report, watch).await,
            Kind::Payments => self.all::<PaymentRow>(report, watch).await,
            Kind::Carts => self.all::<CartRow>(report, watch).await,
        }
    }

    async fn all<R>(&self, report: &mut RebuildReport, watch: &dyn Watch) -> Result<(), Fault>
    where
        R: Fold + PartialEq + Send + Sync,
        dyn Session: Rows<R>,
    {
        for shard in 0..OUTBOX_SHARDS {
            let mut from = None;
            loop {
                from = self.page::<R>(shard, from, report, watch).await?;
                if from.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Goes through the aggregates of one page of a shard of the time index; answers where the next page begins, if there is
    /// one.
    pub(crate) async fn page<R>(
        &self,
        shard: u8,
        from: Option<String>,
        report: &mut RebuildReport,
        watch: &dyn Watch,
    ) -> Result<Option<String>, Fault>
    where
        R: Fold + PartialEq + Send + Sync,
        dyn Session: Rows<R>,
    {
        let (found, next) = self.patiently(|| self.sources.aggregates(R::OWNER, shard, from.clone(), PAGE)).await?;
        let ours: Vec<_> = found.into_iter().filter(R::folds).collect();
        self.those::<R>(&ours, report, watch).await?;
        watch.progress(report);
        Ok(next)
    }

    /// Goes through these aggregates.
    pub(crate) async fn those<R>(
        &self,
        ids: &[AggregateId],
        report: &mut RebuildReport,
        watch: &dyn Watch,
    ) -> Result<(), Fault>
    where
        R: Fold + PartialEq + Send + Sync,
        dyn Session: Rows<R>,
    {
        for ids in ids.chunks(ROWS) {
            self.some::<R>(ids, report, watch).await?;
            watch.progress(report);
        }
        Ok(())
    }

    /// Brings the rows of these aggregates up.
    async fn some<R>(&self, ids: &[AggregateId], report: &mut RebuildReport, watch: &dyn Watch) -> Result<(), Fault>
    where
        R: Fold + PartialEq + Send + Sync,
        dyn Session: Rows<R>,
    {
        let folded: Vec<(AggregateId, Folded<R>)> = stream::iter(ids.to_vec())
            .map(|id| async move {
                let folded = self.fold(&id).await?;
                Ok((id, folded))
            })
            .buffer_unordered(HISTORIES)
            .try_collect()
            .await?;
        // After the histories: a row that is newer is the projector's work since then.
        let mut rows = self.standing::<R>(ids).await?;
        let (mut wrong, mut verdicts) = (BTreeMap::new(), BTreeMap::new());
        for (id, folded) in folded {
            report.aggregates += 1;
            let standing = rows.remove(&id).unwrap_or(Standing::Missing);
            match self.state(&id, folded, &standing).await? {
                Ok((state, row)) if state.is_wrong() => {
                    wrong.insert(id.clone(), row);
                    verdicts.insert(id, state);
                }
                Ok((state, _)) => report.count(state),
                Err(why) => report.fail(&id, &why, watch),
            }
        }
        let written = if self.only_look {
            wrong.into_keys().collect()
        } else {
            let wrong = &wrong;
            self.patiently(|| async move { self.model.session().await?.repair(wrong).await }).await?
        };
        for (id, state) in verdicts {
            if written.contains(&id) {
                report.count(state);
            } else if state == RowState::Unreadable {
                report.fail(&id, "its row can't be read, and says that it is newer than its events", watch);
            } else {
                report.count(RowState::Newer);
            }
        }
        Ok(())
    }

    /// What a row is, held against its aggregate as it is now, and that aggregate's row.
    async fn state<R: Fold + PartialEq>(
        &self,
        id: &AggregateId,
        folded: Folded<R>,
        standing: &Standing<R>,
    ) -> Result<Folded<(RowState, R)>, Fault> {
        let row = match folded {
            Ok(row) => row,
            Err(why) => return Ok(Err(why)),
        };
        let (state, Standing::Row(there)) = (compare(&row, standing), standing) else {
            return Ok(Ok((compare(&row, standing), row)));
        };
        if state != RowState::Newer {
            return Ok(Ok((state, row)));
        }
        // The load came before the row was read. One that comes after has all that a right row can have.
        let row = match self.fold::<R>(id).await? {
            Ok(row) => row,
            Err(why) => return Ok(Err(why)),
        };
        Ok(match compare(&row, standing) {
            RowState::Newer => {
                let (row, last) = (there.version(), row.version());
                Err(format!("its row is at version {row}, but its events end at {last}"))
            }
            // At that moment it was as it should be.
            RowState::Right | RowState::Older => Ok((RowState::Newer, row)),
            other => Ok((other, row)),
        })
    }

    async fn fold<R: Fold>(&self, id: &AggregateId) -> Result<Folded<R>, Fault> {
        let page = |after| self.patiently(move || self.sources.load_some(R::OWNER, id, after, HISTORY_PAGE));
        match fold_history(None, page).await {
            Ok(Ok(Some(row))) => Ok(Ok(row)),
            Ok(Ok(None)) => Ok(Err("the index names it, but it has no events".to_owned())),
            Ok(Err(error)) => Ok(Err(error.to_string())),
            Err(fault) if fault.is_elsewhere() => Err(fault),
            Err(fault) => Ok(Err(fault.to_string())),
        }
    }

    /// The rows as they stand, also those that can't be read.
    async fn standing<R>(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, Standing<R>>, Fault>
    where
        R: Fold + Send + Sync,
        dyn Session: Rows<R>,
    {
        match self.load(ids).await {
            Ok(rows) => Ok(rows.into_iter().map(|(id, row)| (id, Standing::Row(row))).collect()),
            Err(fault) if !is_corrupt(&fault) => Err(fault),
            Err(_) => {
                let mut found = BTreeMap::new();
                for id in ids {
                    match self.load(std::slice::from_ref(id)).await {
                        Ok(rows) => found.extend(rows.into_iter().map(|(id, row)| (id, Standing::Row(row)))),
                        Err(fault) if !is_corrupt(&fault) => return Err(fault),
                        Err(_) => {
                            found.insert(id.clone(), Standing::Unreadable);
                        }
                    }
                }
                Ok(found)
            }
        }
    }

    async fn load<R>(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, R>, Fault>
    where
        R: Fold + Send + Sync,
        dyn Session: Rows<R>,
    {
        self.patiently(|| async move { self.model.session().await?.load(ids).await }).await
    }

    /// Calls again while the fault may pass: long work must not end with the first throttled call.
    pub(crate) async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(20));
        let mut failures = 0;
        loop {
            match call().await {
                Err(fault) if fault.is_retryable() && failures + 1 < TRIES => {
                    failures += 1;
                    tracing::debug!(%fault, failures, "trying again");
                    tokio::time::sleep(backoff.delay(failures, self.ports.random.as_ref())).await;
                }
                answer => return answer,
            }
        }
    }
}
