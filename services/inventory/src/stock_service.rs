//! Carries requests out: loads what they are about, plans, writes the plan as one transaction.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{try_join, try_join_all};
use shotengai_contracts::{Metadata, aggregates};
use shotengai_kernel::{OrderId, Ports, ProductId};
use shotengai_messaging::{Aggregates, CommandError, CommitWriter, Contest, Decided, Fault, Loaded, UnitOfWork};
use tokio::sync::Mutex;

use crate::domain::{
    Addition, Declined, Judged, Kind, Outcome, Plan, Request, Reservation, States, Stock, Write, plan,
};

/// How often the requests that came together may be decided before the rest of them rather comes again.
const ATTEMPTS: u32 = 11;

/// A request and where it comes from.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What to do.
    pub request: Request,
    /// What the events that follow from it carry.
    pub meta: Metadata,
}

/// What came of a request. After any error but [`CommandError::Refused`] asking again is safe.
pub type Answer = Result<(), CommandError<Declined>>;

/// The one place where stock moves. One plan at a time in a process: two at once would only take each other's slots.
pub struct StockService {
    writer: CommitWriter,
    stocks: Aggregates<Stock>,
    reservations: Aggregates<Reservation>,
    additions: Aggregates<Addition>,
    turn: Mutex<()>,
}

impl StockService {
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

    /// Carries requests out in order, as few transactions as it takes: one answer a request. `Ok` is durable.
    pub async fn carry_out(&self, asked: &[Asked]) -> Vec<Answer> {
        let _turn = self.turn.lock().await;
        let mut contest = Contest::of(ATTEMPTS);
        let mut answers: Vec<Option<Answer>> = vec![None; asked.len()];
        let mut one_by_one = false;
        loop {
            let mut open: Vec<usize> = (0..asked.len()).filter(|index| answers[*index].is_none()).collect();
            if one_by_one {
                open.truncate(1);
            }
            if open.is_empty() {
                break;
            }
            let requests: Vec<&Asked> = open.iter().filter_map(|index| asked.get(*index)).collect();
            let round = |unit| self.round(unit, &requests);
            let failed = match self.writer.run(&mut contest, round).await {
                Ok(outcomes) => {
                    let stale = outcomes.contains(&Outcome::Stale);
                    for (index, outcome) in open.iter().zip(outcomes) {
                        answers[*index] = outcome.answer().map(|answer| answer.map_err(CommandError::Refused));
                    }
                    // The states of these did not fit together: as if another writer had been first.
                    if !stale || contest.lose(self.ports().random.as_ref()).await {
                        continue;
                    }
                    CommandError::Contended
                }
                // Together they may be too large for a transaction that takes each alone.
                Err(CommandError::Unwritable(_)) if open.len() > 1 => {
                    one_by_one = true;
                    continue;
                }
                Err(error) => error,
            };
            let only_the_first = matches!(failed, CommandError::Unwritable(_));
            for index in if only_the_first { open } else { (0..asked.len()).collect() } {
                answers[index].get_or_insert_with(|| Err(failed.clone()));
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or(Err(CommandError::Contended))).collect()
    }

    /// Decides these requests, on what is remembered at first; what follows is written as one transaction.
    async fn round(
        &self,
        mut unit: UnitOfWork,
        asked: &[&Asked],
    ) -> Result<Decided<Vec<Outcome>>, CommandError<Declined>> {
        let requests: Vec<&Request> = asked.iter().map(|asked| &asked.request).collect();
        let states = self.load(&unit, &requests).await?;
        let Plan { writes, judged, outcomes } = plan(&states, &requests);
        for Judged { id, version } in judged {
            unit.guard(id, version);
        }
        for write in writes {
            self.stage(&mut unit, write, asked);
        }
        Ok(unit.decided(outcomes))
    }

    /// Each event goes with the metadata of the request that led to it.
    fn stage(&self, unit: &mut UnitOfWork, write: Write, asked: &[&Asked]) {
        let Write { kind, id, current, events } = write;
        let events =
            events.into_iter().filter_map(|caused| Some((caused.event, asked.get(caused.cause)?.meta.clone())));
        match kind {
            Kind::Stock => unit.stage(&self.stocks, &id, current, events),
            Kind::Reservation => unit.stage(&self.reservations, &id, current, events),
            Kind::Addition => unit.stage(&self.additions, &id, current, events),
        }
    }

    /// Two rounds of reads: which orders and additions are new decides whose products' numbers matter. Of orders that are to
    /// be reserved nothing is read at first: that is their first slot, but for messages that come again.
    async fn load(&self, unit: &UnitOfWork, requests: &[&Request]) -> Result<States, Fault> {
        let orders: BTreeSet<_> = requests.iter().filter_map(|request| request.order()).collect();
        let additions: BTreeSet<_> = requests.iter().flat_map(|request| request.additions()).collect();
        let reservations = orders.iter().map(|order| self.reservation(unit, order, requests));
        let addition_ids: Vec<_> = additions.iter().map(|id| aggregates::addition(*id)).collect();
        let (reservations, added) =
            try_join(try_join_all(reservations), unit.load_many(&self.additions, &addition_ids)).await?;
        let mut states = States {
            reservations: orders.into_iter().cloned().zip(reservations).collect(),
            additions: additions.into_iter().zip(added).collect(),
            stocks: BTreeMap::new(),
        };
        let products: Vec<_> = needed_products(&states, requests).into_iter().collect();
        let product_ids: Vec<_> = products.iter().map(aggregates::stock).collect();
        let stocks = unit.load_many(&self.stocks, &product_ids).await?;
        states.stocks = products.into_iter().zip(stocks).collect();
        Ok(states)
    }

    async fn reservation(
        &self,
        unit: &UnitOfWork,
        order: &OrderId,
        requests: &[&Request],
    ) -> Result<Loaded<Reservation>, Fault> {
        let id = aggregates::reservation(order);
        let mut of_order = requests.iter().filter(|request| request.order() == Some(order));
        let reservation = if of_order.all(|request| matches!(request, Request::Reserve { .. })) {
            unit.first_slot(&self.reservations, &id).await?
        } else {
            unit.load(&self.reservations, &id).await?
        };
        Ok(reservation.into_executed().loaded)
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
            Request::Restock { returns } => products.extend(returns.iter().map(|returned| returned.product.clone())),
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
