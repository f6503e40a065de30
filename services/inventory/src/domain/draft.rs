//! A plan in the making: the states that the requests so far leave behind.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_contracts::events::{
    Shortage, StockAdded, StockDeducted, StockLine, StockRejected, StockReleased, StockReserved,
};
use shotengai_contracts::{InventoryEvent, aggregates};
use shotengai_kernel::{OrderId, ProductId, Quantity, Version};
use shotengai_messaging::{Aggregate, Loaded};
use uuid::Uuid;

use super::plan::{Caused, Judged, Kind, Outcome, States, Wait, Write};
use super::{Addition, Moves, Request, Reservation, Returned, Stock, StockError};

/// After an outcome that is an `Err` a draft holds half a request and is of no more use.
#[derive(Clone)]
pub(super) struct Draft<'a> {
    states: &'a States,
    moves: BTreeMap<ProductId, (Moves, usize)>,
    reservations: BTreeMap<OrderId, Changed<Reservation>>,
    additions: BTreeMap<Uuid, Changed<Addition>>,
    /// Products whose numbers an order was rejected for.
    short: BTreeSet<ProductId>,
}

#[derive(Clone)]
struct Changed<A> {
    state: A,
    events: Vec<Caused>,
}

impl<A: Aggregate<Event = InventoryEvent>> Changed<A> {
    fn record(&mut self, event: impl Into<InventoryEvent>, cause: usize) -> Result<(), Outcome> {
        let event = event.into();
        // Never: each kind is given its own events only.
        self.state.apply(&event).map_err(|_| Outcome::Impossible("the event is none of its aggregate's"))?;
        self.events.push(Caused { event, cause });
        Ok(())
    }
}

fn changed<A: Aggregate>(loaded: Option<&Loaded<A>>) -> Changed<A> {
    Changed { state: loaded.map(|loaded| loaded.state.clone()).unwrap_or_default(), events: Vec::new() }
}

impl<'a> Draft<'a> {
    pub(super) const fn new(states: &'a States) -> Self {
        Self {
            states,
            moves: BTreeMap::new(),
            reservations: BTreeMap::new(),
            additions: BTreeMap::new(),
            short: BTreeSet::new(),
        }
    }

    /// How many items the transaction has.
    pub(super) fn items(&self) -> usize {
        self.moves.len() + self.reservations.len() + self.additions.len() + self.unmoved().count()
    }

    /// Products that were judged and are not moved: what is moved has its slot in the transaction.
    fn unmoved(&self) -> impl Iterator<Item = &ProductId> {
        self.short.iter().filter(|product| !self.moves.contains_key(*product))
    }

    /// The numbers on which rejections rely.
    pub(super) fn judged(&self) -> Vec<Judged> {
        let judged =
            |product| Judged { id: aggregates::stock(product), version: version_of(self.states.stocks.get(product)) };
        self.unmoved().map(judged).collect()
    }

    pub(super) fn decide(&mut self, index: usize, request: &Request) -> Outcome {
        let decided = match request {
            Request::Introduce { product, addition, quantity } => self.introduce(index, product, *addition, *quantity),
            Request::Add { product, .. } if !self.knows(product) => Ok(Outcome::UnknownProduct),
            Request::Add { product, addition, quantity } => self.add(index, product, *addition, *quantity),
            Request::Restock { returns } => self.restock(index, returns),
            Request::Reserve { order, lines } => self.reserve(index, order, lines),
            Request::Release { order } => self.release(index, order),
            Request::Deduct { order } => self.deduct(index, order),
        };
        decided.unwrap_or_else(|outcome| outcome)
    }

    fn introduce(
        &mut self,
        index: usize,
        product: &ProductId,
        addition: Uuid,
        quantity: Option<Quantity>,
    ) -> Result<Outcome, Outcome> {
        match quantity {
            Some(quantity) => self.add(index, product, addition, quantity),
            None if self.knows(product) => Ok(Outcome::Done),
            // A product without pieces is known by a move of nothing.
            None => self.shift(index, product, &Moves::default()),
        }
    }

    fn add(
        &mut self,
        index: usize,
        product: &ProductId,
        addition: Uuid,
        quantity: Quantity,
    ) -> Result<Outcome, Outcome> {
        match self.addition(addition) {
            Addition::Done { product: of, quantity: pieces } if of == *product && pieces == quantity => {
                return Ok(Outcome::Done);
            }
            Addition::Done { .. } => return Ok(Outcome::OtherAddition),
            Addition::Open => {}
        }
        self.shift(index, product, &Moves::added(quantity))?;
        let states = self.states;
        self.additions
            .entry(addition)
            .or_insert_with(|| changed(states.additions.get(&addition)))
            .record(StockAdded { addition_id: addition, product_id: product.clone(), quantity }, index)?;
        Ok(Outcome::Done)
    }

    fn restock(&mut self, index: usize, returns: &[Returned]) -> Result<Outcome, Outcome> {
        // They were reserved once, so only a store that was set back does not know them.
        if !returns.iter().all(|returned| self.knows(&returned.product)) {
            return Ok(Outcome::Wait(Wait::Product));
        }
        for Returned { addition, product, quantity } in returns {
            match self.add(index, product, *addition, *quantity)? {
                Outcome::Done => {}
                outcome => return Err(outcome),
            }
        }
        Ok(Outcome::Done)
    }

    fn reserve(&mut self, index: usize, order: &OrderId, lines: &[StockLine]) -> Result<Outcome, Outcome> {
        if self.reservation(order) != Reservation::Open {
            return Ok(Outcome::Done);
        }
        if !lines.iter().all(|line| self.knows(&line.product_id)) {
            return Ok(Outcome::Wait(Wait::Product));
        }
        let shortages: Vec<Shortage> = lines.iter().filter_map(|line| self.shortage(line)).collect();
        if !shortages.is_empty() {
            self.short.extend(shortages.iter().map(|shortage| shortage.product_id.clone()));
            self.record(index, order, StockRejected { order_id: order.clone(), shortages })?;
            return Ok(Outcome::Done);
        }
        self.shift_all(index, lines, Moves::reserved)?;
        self.record(index, order, StockReserved { order_id: order.clone(), lines: lines.to_vec() })?;
        Ok(Outcome::Done)
    }

    fn release(&mut self, index: usize, order: &OrderId) -> Result<Outcome, Outcome> {
        let lines = match self.reservation(order) {
            Reservation::Open => Vec::new(),
            Reservation::Reserved { lines } => lines,
            Reservation::Rejected | Reservation::Released { .. } => return Ok(Outcome::Done),
            Reservation::Deducted { .. } => {
                return Err(Outcome::Impossible("the order was cancelled after it had been shipped"));
            }
        };
        self.shift_all(index, &lines, Moves::released)?;
        self.record(index, order, StockReleased { order_id: order.clone(), lines })?;
        Ok(Outcome::Done)
    }

    fn deduct(&mut self, index: usize, order: &OrderId) -> Result<Outcome, Outcome> {
        let lines = match self.reservation(order) {
            Reservation::Open => return Ok(Outcome::Wait(Wait::Reservation)),
            Reservation::Reserved { lines } => lines,
            Reservation::Deducted { .. } => return Ok(Outcome::Done),
            Reservation::Rejected => return Err(Outcome::Impossible("the order was shipped without a reservation")),
            Reservation::Released { .. } => {
                return Err(Outcome::Impossible("the order was shipped after it had been cancelled"));
            }
        };
        self.shift_all(index, &lines, Moves::deducted)?;
        self.record(index, order, StockDeducted { order_id: order.clone(), lines })?;
        Ok(Outcome::Done)
    }

    fn knows(&self, product: &ProductId) -> bool {
        self.moves.contains_key(product)
            || self.states.stocks.get(product).is_some_and(|loaded| loaded.version > Version::ZERO)
    }

    fn loaded_stock(&self, product: &ProductId) -> Stock {
        self.states.stocks.get(product).map(|loaded| loaded.state).unwrap_or_default()
    }

    fn shortage(&self, line: &StockLine) -> Option<Shortage> {
        let stock = self.loaded_stock(&line.product_id);
        let moves = self.moves.get(&line.product_id).map(|(moves, _)| *moves).unwrap_or_default();
        // Earlier moves of this plan were checked, so the fallback is never taken.
        let available = stock.after(&moves).map_or(0, |stock| stock.available);
        let requested = line.quantity.get();
        (available < u64::from(requested)).then(|| Shortage {
            product_id: line.product_id.clone(),
            requested,
            available: u32::try_from(available).unwrap_or(u32::MAX),
        })
    }

    fn shift_all(&mut self, index: usize, lines: &[StockLine], moves: fn(Quantity) -> Moves) -> Result<(), Outcome> {
        for line in lines {
            self.shift(index, &line.product_id, &moves(line.quantity))?;
        }
        Ok(())
    }

    fn shift(&mut self, index: usize, product: &ProductId, more: &Moves) -> Result<Outcome, Outcome> {
        let (before, first) = self.moves.get(product).copied().unwrap_or((Moves::default(), index));
        let moves = before.plus(more).map_err(unfit)?;
        self.loaded_stock(product).after(&moves).map_err(unfit)?;
        self.moves.insert(product.clone(), (moves, first));
        Ok(Outcome::Done)
    }

    fn reservation(&self, order: &OrderId) -> Reservation {
        match self.reservations.get(order) {
            Some(changed) => changed.state.clone(),
            None => self.states.reservations.get(order).map(|loaded| loaded.state.clone()).unwrap_or_default(),
        }
    }

    fn addition(&self, id: Uuid) -> Addition {
        match self.additions.get(&id) {
            Some(changed) => changed.state.clone(),
            None => self.states.additions.get(&id).map(|loaded| loaded.state.clone()).unwrap_or_default(),
        }
    }

    fn record(&mut self, index: usize, order: &OrderId, event: impl Into<InventoryEvent>) -> Result<(), Outcome> {
        let states = self.states;
        self.reservations
            .entry(order.clone())
            .or_insert_with(|| changed(states.reservations.get(order)))
            .record(event, index)
    }

    pub(super) fn into_writes(self) -> Vec<Write> {
        let states = self.states;
        let reservations = self.reservations.into_iter().map(|(order, changed)| Write {
            kind: Kind::Reservation,
            id: aggregates::reservation(&order),
            current: version_of(states.reservations.get(&order)),
            events: changed.events,
        });
        let additions = self.additions.into_iter().map(|(addition, changed)| Write {
            kind: Kind::Addition,
            id: aggregates::addition(addition),
            current: version_of(states.additions.get(&addition)),
            events: changed.events,
        });
        let stocks = self.moves.into_iter().map(|(product, (moves, cause))| Write {
            kind: Kind::Stock,
            id: aggregates::stock(&product),
            current: version_of(states.stocks.get(&product)),
            events: vec![Caused { event: moves.event(&product), cause }],
        });
        reservations.chain(additions).chain(stocks).collect()
    }
}

/// Reservations and numbers are read one after the other. Numbers that would fall below zero are not the request's fault:
/// another process has released or deducted the same pieces between the two reads, or is about to show that it has.
const fn unfit(error: StockError) -> Outcome {
    match error {
        StockError::TooLarge => Outcome::Impossible("the pieces of one product are too many"),
        StockError::Available | StockError::Reserved => Outcome::Stale,
    }
}

fn version_of<A>(loaded: Option<&Loaded<A>>) -> Version {
    loaded.map_or(Version::ZERO, |loaded| loaded.version)
}
