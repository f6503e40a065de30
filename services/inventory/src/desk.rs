//! Carries requests out: loads what they are about, plans, writes the plan as one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::try_join;
use shotengai_contracts::{Event, Metadata};
use shotengai_kernel::{AggregateId, Ports, ProductId};
use shotengai_messaging::aggregate::CommitWriter;
use shotengai_messaging::{Aggregates, AppendError, Backoff, Commit, Fault, metrics};
use tokio::sync::Mutex;

use crate::domain::{Addition, Outcome, Plan, Request, Reservation, States, Stock, Write, plan};

/// How often a plan is made anew after another process wrote first.
const MAX_CONFLICTS: u32 = 10;

/// A request and where it comes from.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What to do.
    pub request: Request,
    /// What the events that follow from it carry.
    pub meta: Metadata,
}

/// Why a request was not decided. Asking again is safe.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Undecided {
    /// The store failed; after a transient fault the request may have been carried out.
    #[error(transparent)]
    Fault(Fault),
    /// Other processes wrote first every time.
    #[error("too many writers on the same stock")]
    Contended,
    /// The store takes no such commit, even alone.
    #[error("the events can't be written: {0}")]
    Unwritable(String),
}

/// What came of a request.
pub type Answer = Result<Outcome, Undecided>;

/// The one place where stock moves. One plan at a time in a process: two at once would only take each other's slots.
pub struct Desk {
    writer: CommitWriter,
    stocks: Aggregates<Stock>,
    reservations: Aggregates<Reservation>,
    additions: Aggregates<Addition>,
    turn: Mutex<()>,
}

impl Desk {
    /// A desk that writes through `writer`.
    #[must_use]
    pub fn new(writer: CommitWriter) -> Self {
        Self {
            stocks: Aggregates::new(writer.clone()),
            reservations: Aggregates::new(writer.clone()),
            additions: Aggregates::new(writer.clone()),
            writer,
            turn: Mutex::new(()),
        }
    }

    /// The service's ports.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        self.writer.ports()
    }

    /// The numbers of all products.
    #[must_use]
    pub const fn stocks(&self) -> &Aggregates<Stock> {
        &self.stocks
    }

    /// Carries requests out in order, as few transactions as it takes: one answer a request, never
    /// [`Outcome::NoRoom`] or [`Outcome::Stale`]. `Ok` is durable.
    pub async fn carry_out(&self, asked: &[Asked]) -> Vec<Answer> {
        let _turn = self.turn.lock().await;
        let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(250));
        let mut answers: Vec<Option<Answer>> = vec![None; asked.len()];
        let mut conflicts = 0;
        let mut one_by_one = false;
        loop {
            let mut open: Vec<usize> = (0..asked.len()).filter(|index| answers[*index].is_none()).collect();
            if one_by_one {
                open.truncate(1);
            }
            if open.is_empty() {
                break;
            }
            let undecided = match self.round(asked, &open).await {
                Ok(outcomes) => {
                    let stale = outcomes.contains(&Outcome::Stale);
                    for (index, outcome) in open.iter().zip(outcomes) {
                        let decided = !matches!(outcome, Outcome::NoRoom | Outcome::Stale);
                        answers[*index] = decided.then_some(Ok(outcome));
                    }
                    if !stale {
                        continue;
                    }
                    Undecided::Contended
                }
                Err(AppendError::Conflict { .. }) => {
                    metrics::count_conflict("stock");
                    Undecided::Contended
                }
                // Together they may be too large for a transaction that takes each alone.
                Err(AppendError::Unwritable(_)) if open.len() > 1 => {
                    one_by_one = true;
                    continue;
                }
                Err(AppendError::Unwritable(why)) => Undecided::Unwritable(why),
                Err(AppendError::Fault(fault)) => Undecided::Fault(fault),
            };
            if matches!(undecided, Undecided::Contended) && conflicts < MAX_CONFLICTS {
                conflicts += 1;
                tokio::time::sleep(backoff.delay(conflicts, self.writer.ports().random.as_ref())).await;
                continue;
            }
            let only_the_first = matches!(undecided, Undecided::Unwritable(_));
            for index in if only_the_first { open } else { (0..asked.len()).collect() } {
                answers[index].get_or_insert_with(|| Err(undecided.clone()));
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or(Err(Undecided::Contended))).collect()
    }

    /// Decides the requests at `open` on fresh states and writes what follows.
    async fn round(&self, asked: &[Asked], open: &[usize]) -> Result<Vec<Outcome>, AppendError> {
        let open: Vec<&Asked> = open.iter().filter_map(|index| asked.get(*index)).collect();
        let requests: Vec<&Request> = open.iter().map(|asked| &asked.request).collect();
        let states = self.load(&requests).await?;
        let Plan { writes, outcomes } = plan(&states, &requests);
        let commits: Option<Vec<Commit>> = writes.iter().map(|write| self.commit(write, &open)).collect();
        let commits = commits.ok_or_else(|| AppendError::Unwritable("a write without an event".to_owned()))?;
        self.writer.append(commits.clone()).await?;
        for commit in &commits {
            // Each kind knows its own; the others have nothing cached under such an id.
            self.stocks.absorb(commit);
            self.reservations.absorb(commit);
            self.additions.absorb(commit);
        }
        Ok(outcomes)
    }

    /// Two rounds of reads: which orders and additions are new decides whose products' numbers matter.
    async fn load(&self, requests: &[&Request]) -> Result<States, Fault> {
        let orders: BTreeSet<_> = requests.iter().filter_map(|request| request.order()).collect();
        let additions: BTreeSet<_> = requests.iter().filter_map(|request| request.addition()).collect();
        let order_ids: Vec<_> = orders.iter().map(|order| AggregateId::reservation(order)).collect();
        let addition_ids: Vec<_> = additions.iter().map(|id| AggregateId::addition(*id)).collect();
        let (reservations, added) =
            try_join(self.reservations.load_many(&order_ids), self.additions.load_many(&addition_ids)).await?;
        let mut states = States {
            reservations: orders.into_iter().cloned().zip(reservations).collect(),
            additions: additions.into_iter().zip(added).collect(),
            stocks: BTreeMap::new(),
        };
        let products: Vec<_> = needed_products(&states, requests).into_iter().collect();
        let product_ids: Vec<_> = products.iter().map(AggregateId::stock).collect();
        let stocks = self.stocks.load_many(&product_ids).await?;
        states.stocks = products.into_iter().zip(stocks).collect();
        Ok(states)
    }

    /// The commit of one write, each event with the metadata of the request that led to it.
    fn commit(&self, write: &Write, open: &[&Asked]) -> Option<Commit> {
        let events: Vec<Event> = write.events.iter().map(|caused| caused.event.clone()).collect();
        let first = open.get(write.events.first()?.cause)?;
        let mut commit = self.writer.commit(write.id.clone(), write.current, &events, &first.meta)?;
        for (envelope, caused) in commit.events.iter_mut().zip(&write.events) {
            if let Some(Asked { meta, .. }) = open.get(caused.cause) {
                envelope.correlationid = meta.correlation_id;
                envelope.causationid = meta.causation_id;
                envelope.traceparent.clone_from(&meta.traceparent);
            }
        }
        Some(commit)
    }
}

/// The products whose numbers these requests read or move.
fn needed_products(states: &States, requests: &[&Request]) -> BTreeSet<ProductId> {
    let state = |order| states.reservations.get(order).map(|loaded| &loaded.state);
    let mut products = BTreeSet::new();
    for request in requests {
        match request {
            Request::Introduce { product, .. } | Request::Add { product, .. } => {
                products.insert(product.clone());
            }
            Request::Reserve { order, lines } if state(order) == Some(&Reservation::Open) => {
                products.extend(lines.iter().map(|line| line.product_id.clone()));
            }
            Request::Reserve { .. } => {}
            Request::Release { order } | Request::Deduct { order } => {
                let held = state(order).map(Reservation::held).unwrap_or_default();
                products.extend(held.iter().map(|line| line.product_id.clone()));
            }
        }
    }
    products
}
