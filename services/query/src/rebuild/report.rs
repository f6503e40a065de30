//! What a rebuild tells.

use shotengai_contracts::Owner;
use shotengai_kernel::AggregateId;

use super::compare::RowState;
use crate::domain::{CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow};

/// The kinds of rows, each with a table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// `read_products`, from catalog's events.
    Products,
    /// `read_stock`, from inventory's.
    Stock,
    /// `read_orders`, from order's.
    Orders,
    /// `read_payments`, from billing's.
    Payments,
    /// `read_carts`, from order's.
    Carts,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Products, Self::Stock, Self::Orders, Self::Payments, Self::Carts];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Stock => "stock",
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Carts => "carts",
        }
    }

    /// Whose events its rows are folded from.
    #[must_use]
    pub const fn owner(self) -> Owner {
        match self {
            Self::Products => ProductRow::OWNER,
            Self::Stock => StockRow::OWNER,
            Self::Orders => OrderRow::OWNER,
            Self::Payments => PaymentRow::OWNER,
            Self::Carts => CartRow::OWNER,
        }
    }
}

/// What was found, and written unless it was only looked at. Each aggregate is counted once in `aggregates`, and once in
/// one of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RebuildReport {
    /// Aggregates whose events were read.
    pub aggregates: usize,
    /// Rows that were right already.
    pub right: usize,
    /// Rows that were not there.
    pub missing: usize,
    /// Rows that missed the last events.
    pub older: usize,
    /// Rows that were wrong at their own version, or could not be read.
    pub different: usize,
    /// Rows that the projector brought further meanwhile, and were left alone.
    pub newer: usize,
    /// Aggregates that could not be folded, and rows that say more than their events: left alone.
    pub failed: usize,
}

impl RebuildReport {
    /// How many rows were written, or would be.
    #[must_use]
    pub const fn wrong(&self) -> usize {
        self.missing + self.older + self.different
    }

    pub(super) const fn count(&mut self, state: RowState) {
        match state {
            RowState::Right => self.right += 1,
            RowState::Missing => self.missing += 1,
            RowState::Older => self.older += 1,
            RowState::Different | RowState::Unreadable => self.different += 1,
            RowState::Newer => self.newer += 1,
        }
    }

    pub(super) fn fail(&mut self, id: &AggregateId, why: &str, watch: &dyn Watch) {
        self.failed += 1;
        watch.failed(id, why);
    }
}

/// Who is told while it goes on.
pub trait Watch: Send + Sync {
    /// How far it is; called often.
    fn progress(&self, report: &RebuildReport);

    /// An aggregate was left alone, and why.
    fn failed(&self, id: &AggregateId, why: &str);
}
