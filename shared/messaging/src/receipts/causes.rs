//! On whose behalf work is done.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shotengai_kernel::OrderId;
use tokio::time::Instant;

use super::{Amounts, Charge, book};

tokio::task_local! {
    static CAUSES: Causes;
}

thread_local! {
    /// How long scopes have worked that were polled within the one that is being polled now.
    static WITHIN: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Causes of a piece of work. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub enum Causes {
    /// No order: a click, a product, an empty poll, a lease.
    #[default]
    Nobody,
    /// This order.
    Order(OrderId),
    /// All of these, in even parts.
    Each(Arc<[Self]>),
    /// An order that is not known yet, see [`scope_of_answer`].
    Later(Tab),
    /// No order, whatever a call brings: somebody only looks.
    Watcher,
}

/// Charges of work of which it is not known yet for whom it is.
#[derive(Debug, Clone)]
pub struct Tab(Arc<Mutex<Noted>>);

#[derive(Debug)]
enum Noted {
    Open(Vec<OwnedCharge>),
    Settled(Causes),
}

/// Charge that outlives the call it is of.
#[derive(Debug)]
enum OwnedCharge {
    Call { service: Box<str>, operation: Box<str>, unit: &'static str, amounts: Amounts },
    Commits(u64),
    Working(u64),
}

impl Causes {
    /// The causes of the work that the present task is at.
    #[must_use]
    pub fn current() -> Self {
        CAUSES.try_with(Self::clone).unwrap_or_default()
    }

    /// An order, where there is one.
    #[must_use]
    pub fn of(order: Option<OrderId>) -> Self {
        order.map_or(Self::Nobody, Self::Order)
    }

    /// All of these, in even parts; nobody, where there are none.
    #[must_use]
    pub fn each(causes: impl IntoIterator<Item = Self>) -> Self {
        let mut causes: Vec<_> = causes.into_iter().collect();
        match causes.len() {
            0 => Self::Nobody,
            1 => causes.pop().unwrap_or_default(),
            _ => Self::Each(causes.into()),
        }
    }

    /// Hands out the parts of a charge to those who bear them.
    pub(super) fn bear<'a>(&'a self, charge: Charge<'a>, book: &mut impl FnMut(Option<&'a OrderId>, Charge<'a>)) {
        match self {
            Self::Nobody | Self::Watcher => book(None, charge),
            Self::Order(order) => book(Some(order), charge),
            Self::Each(causes) => {
                for (place, cause) in causes.iter().enumerate() {
                    cause.bear(charge.part(place, causes.len()), book);
                }
            }
            Self::Later(tab) => tab.note(charge),
        }
    }
}

impl Tab {
    /// Whoever has found out since bears it at once.
    fn note(&self, charge: Charge<'_>) {
        let settled = match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Noted::Open(charges) => {
                charges.push(OwnedCharge::from(charge));
                return;
            }
            Noted::Settled(causes) => causes.clone(),
        };
        book(&settled, charge);
    }

    fn settle(&self, causes: &Causes) {
        let settled = Noted::Settled(causes.clone());
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), settled);
        if let Noted::Open(charges) = before {
            charges.iter().for_each(|charge| book(causes, charge.as_charge()));
        }
    }
}

/// Settles its tab at the end of the work, however that ends: what nobody answers for is nobody's.
struct Settling(Tab, Causes);

impl Drop for Settling {
    fn drop(&mut self) {
        self.0.settle(&self.1);
    }
}

impl From<Charge<'_>> for OwnedCharge {
    fn from(charge: Charge<'_>) -> Self {
        match charge {
            Charge::Call { service, operation, unit, amounts } => {
                Self::Call { service: service.into(), operation: operation.into(), unit, amounts }
            }
            Charge::Commits(commits) => Self::Commits(commits),
            Charge::Working(nanos) => Self::Working(nanos),
        }
    }
}

impl OwnedCharge {
    fn as_charge(&self) -> Charge<'_> {
        match self {
            Self::Call { service, operation, unit, amounts } => {
                Charge::Call { service, operation, unit, amounts: *amounts }
            }
            Self::Commits(commits) => Charge::Commits(*commits),
            Self::Working(nanos) => Charge::Working(*nanos),
        }
    }
}

/// Does a piece of work on behalf of these causes: they bear what it books, and how long it works. Tasks that it spawns are not
/// part of it.
pub async fn scope<F: Future>(causes: Causes, work: F) -> F::Output {
    let mut spent = Spent { causes: causes.clone(), time: Duration::ZERO };
    let mut work = pin!(CAUSES.scope(causes, work));
    poll_fn(|context| spent.polling(|| work.as_mut().poll(context))).await
}

/// The same where only its answer tells for whom it was.
pub async fn scope_of_answer<F: Future>(work: F, order_of: impl FnOnce(&F::Output) -> Option<OrderId>) -> F::Output {
    let tab = Tab(Arc::new(Mutex::new(Noted::Open(Vec::new()))));
    let mut settling = Settling(tab.clone(), Causes::Nobody);
    let answer = scope(Causes::Later(tab), work).await;
    settling.1 = Causes::of(order_of(&answer));
    answer
}

/// Time for which a scope has worked: while it was polled, without what scopes within it were. Booked at its end, however that
/// comes.
struct Spent {
    causes: Causes,
    time: Duration,
}

impl Spent {
    fn polling<T>(&mut self, poll: impl FnOnce() -> T) -> T {
        let outside = WITHIN.replace(Duration::ZERO);
        let began = Instant::now();
        let polled = poll();
        let whole = began.elapsed();
        self.time += whole.saturating_sub(WITHIN.get());
        WITHIN.set(outside + whole);
        polled
    }
}

impl Drop for Spent {
    fn drop(&mut self) {
        let nanos = u64::try_from(self.time.as_nanos()).unwrap_or(u64::MAX);
        book(&self.causes, Charge::Working(nanos));
    }
}
