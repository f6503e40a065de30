//! The accounts of a process's last orders.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shotengai_kernel::{Clock, OrderId, Timestamp};
use uuid::Uuid;

use super::{Amounts, Causes, Charge, MILLION};
use crate::metrics::RECEIPT_REST;

/// Accounts of the orders that this process has worked for: of the last so many, by when their first charge came. An account
/// has a line an operation, of which there are some thirty: two kilobytes at the most, 0.7 as a rule.
pub struct Ledger {
    process: Uuid,
    roles: Vec<&'static str>,
    since: Timestamp,
    most: usize,
    clock: Arc<dyn Clock>,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    /// Operations by number, each with the unit that it is paid by.
    calls: Vec<CallName>,
    accounts: HashMap<OrderId, Open>,
    /// Orders by when their account was opened.
    opened: VecDeque<OrderId>,
    /// When the last account was opened that is forgotten.
    forgotten: Option<Timestamp>,
}

struct CallName {
    service: Box<str>,
    operation: Box<str>,
    unit: &'static str,
}

struct Open {
    at: Timestamp,
    lines: Vec<(u16, Amounts)>,
    commits: u64,
    working: u64,
}

/// What one order has cost this process so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// This process, as it names itself.
    pub process: Uuid,
    /// Its roles.
    pub roles: Vec<&'static str>,
    /// Since when it has kept all there is to such an account: it began then, or forgot what is older.
    pub since: Timestamp,
    /// By operation, in no order.
    pub lines: Vec<AccountLine>,
    /// Commits, in millionths: one that several orders caused is shared.
    pub commits: u64,
    /// Nanoseconds of work.
    pub working: u64,
}

/// Line of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// The service of AWS, in lower case.
    pub service: String,
    /// Its operation.
    pub operation: String,
    /// What its units are; empty where it has none.
    pub unit: &'static str,
    /// How much.
    pub amounts: Amounts,
}

impl Ledger {
    /// An empty ledger of a process with these roles, for so many orders.
    #[must_use]
    pub fn new(process: Uuid, roles: Vec<&'static str>, most: usize, clock: Arc<dyn Clock>) -> Self {
        Self { process, roles, since: clock.now(), most: most.max(1), clock, books: Mutex::default() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Books a charge to these causes.
    pub(super) fn book(&self, causes: &Causes, charge: Charge<'_>) {
        // One lock a charge, however many share it.
        let mut borne = Vec::new();
        causes.bear(charge, &mut |order, part| borne.push((order, part)));
        let mut books = None;
        for (order, part) in borne {
            match order {
                None => show_rest(part),
                Some(order) => books.get_or_insert_with(|| self.books()).book(order, part, self.most, &*self.clock),
            }
        }
    }

    /// What this order has cost so far; an empty account where nothing is known of it.
    #[must_use]
    pub fn account(&self, order: &OrderId) -> Account {
        let books = self.books();
        let since = books.forgotten.map_or(self.since, |forgotten| forgotten.max(self.since));
        let mut account = Account {
            process: self.process,
            roles: self.roles.clone(),
            since,
            lines: Vec::new(),
            commits: 0,
            working: 0,
        };
        if let Some(open) = books.accounts.get(order) {
            account.lines = open.lines.iter().filter_map(|(number, amounts)| books.line(*number, *amounts)).collect();
            (account.commits, account.working) = (open.commits, open.working);
        }
        account
    }
}

impl Books {
    fn book(&mut self, order: &OrderId, charge: Charge<'_>, most: usize, clock: &dyn Clock) {
        let number = match charge {
            Charge::Call { service, operation, unit, .. } => self.number(service, operation, unit),
            _ => 0,
        };
        if !self.accounts.contains_key(order) {
            self.open(order, most, clock);
        }
        let Some(account) = self.accounts.get_mut(order) else { return };
        match charge {
            Charge::Call { amounts, .. } => match account.lines.iter_mut().find(|(known, _)| *known == number) {
                Some((_, sum)) => sum.add(amounts),
                None => account.lines.push((number, amounts)),
            },
            Charge::Commits(commits) => account.commits = account.commits.saturating_add(commits),
            Charge::Working(nanos) => account.working = account.working.saturating_add(nanos),
        }
    }

    fn open(&mut self, order: &OrderId, most: usize, clock: &dyn Clock) {
        while self.opened.len() >= most {
            let Some(oldest) = self.opened.pop_front() else { break };
            self.forgotten = self.accounts.remove(&oldest).map(|account| account.at).or(self.forgotten);
        }
        let account = Open { at: clock.now(), lines: Vec::new(), commits: 0, working: 0 };
        self.accounts.insert(order.clone(), account);
        self.opened.push_back(order.clone());
    }

    /// The number of an operation, a new one the first time.
    fn number(&mut self, service: &str, operation: &str, unit: &'static str) -> u16 {
        let is_it = |call: &CallName| *call.operation == *operation && *call.service == *service;
        let place = self.calls.iter().position(is_it).unwrap_or_else(|| {
            self.calls.push(CallName { service: service.into(), operation: operation.into(), unit });
            self.calls.len() - 1
        });
        if let Some(call) = self.calls.get_mut(place).filter(|call| call.unit.is_empty()) {
            call.unit = unit;
        }
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn line(&self, number: u16, amounts: Amounts) -> Option<AccountLine> {
        let call = self.calls.get(usize::from(number))?;
        let (service, operation) = (call.service.to_string(), call.operation.to_string());
        Some(AccountLine { service, operation, unit: call.unit, amounts })
    }
}

/// Shows what no order bears. Commits and work of nobody are not of interest.
fn show_rest(charge: Charge<'_>) {
    let Charge::Call { service, operation, unit, amounts } = charge else { return };
    for (amount, unit) in [(amounts.requests, "call"), (amounts.units, unit)] {
        if amount > 0 {
            RECEIPT_REST.add(whole(amount), [service.to_owned().into(), operation.to_owned().into(), unit.into()]);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of one request is far below where doubles lose any")]
fn whole(millionths: u64) -> f64 {
    millionths as f64 / MILLION as f64
}

#[cfg(test)]
impl Ledger {
    /// How many accounts and places in the line there are.
    pub(super) fn books_len(&self) -> (usize, usize) {
        let books = self.books();
        (books.accounts.len(), books.opened.len())
    }
}
