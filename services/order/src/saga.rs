//! Keeps the score: takes in what inventory and billing tell of an order.

use std::time::Duration;

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, OrderId};
use shotengai_messaging::{AppendError, Backoff, Commit, Disposition, Fault, metrics};

use crate::aggregate::Orders;
use crate::domain::{News, news};

/// How often a batch is decided anew after losing to another writer.
const ATTEMPTS: u32 = 8;

/// A message about an order.
#[derive(Debug, Clone)]
pub struct Told {
    /// What it says.
    pub news: News,
    /// What the events that follow from it carry.
    pub meta: Metadata,
}

/// Takes messages about one order in: one load and at most one commit for all of them, each event with the metadata
/// of its own message. One answer a message, in order. Idempotent: the order's state shows what has been taken in.
pub async fn take_in(orders: &Orders, order: &OrderId, told: &[Told]) -> Vec<Disposition> {
    let id = AggregateId::from(order);
    let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(200));
    for attempt in 1..=ATTEMPTS {
        let (commit, answers) = match decide(orders, &id, told).await {
            Ok(decided) => decided,
            Err(fault) => return vec![Disposition::from_fault(&fault); told.len()],
        };
        let Some(commit) = commit else { return answers };
        match orders.writer().append(vec![commit.clone()]).await {
            Ok(()) => {
                orders.absorb(&commit);
                return answers;
            }
            Err(AppendError::Conflict { .. }) => {
                metrics::count_conflict("ord");
                tokio::time::sleep(backoff.delay(attempt, orders.writer().ports().random.as_ref())).await;
            }
            Err(AppendError::Fault(fault)) => return vec![Disposition::from_fault(&fault); told.len()],
            Err(AppendError::Unwritable(error)) => {
                return vec![Disposition::Reject { reason: "unwritable", error }; told.len()];
            }
        }
    }
    vec![Disposition::retry("other writers were faster every time"); told.len()]
}

async fn decide(orders: &Orders, id: &AggregateId, told: &[Told]) -> Result<(Option<Commit>, Vec<Disposition>), Fault> {
    let mut loaded = orders.load(id).await?;
    let mut whole: Option<Commit> = None;
    let mut answers = Vec::with_capacity(told.len());
    for Told { news: what, meta } in told {
        let events = match news(&loaded.state, *what) {
            Ok(events) => events,
            Err(early) => {
                answers.push(Disposition::retry(early.to_string()));
                continue;
            }
        };
        answers.push(Disposition::Done);
        if let Some(commit) = orders.writer().commit(id.clone(), loaded.version, &events, meta) {
            loaded.version = commit.last_version();
            match &mut whole {
                Some(whole) => whole.events.extend(commit.events),
                None => whole = Some(commit),
            }
        }
        for event in &events {
            loaded.state.evolve(event);
        }
    }
    Ok((whole, answers))
}
