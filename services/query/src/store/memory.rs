//! Rows in memory, for tests that need the projector and not PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use shotengai_kernel::AggregateId;
use shotengai_messaging::Fault;

use super::{ReadModel, Rows, Session};
use crate::domain::{CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow};

/// A read model in memory. Clones share the rows.
#[derive(Clone, Default)]
pub struct MemoryReadModel {
    products: Kept<ProductRow>,
    stock: Kept<StockRow>,
    orders: Kept<OrderRow>,
    payments: Kept<PaymentRow>,
    carts: Kept<CartRow>,
}

/// The rows of one kind.
#[derive(Clone)]
struct Kept<R>(Arc<Mutex<BTreeMap<AggregateId, R>>>);

impl<R> Default for Kept<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<R: Fold> Kept<R> {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<AggregateId, R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, ids: &[AggregateId]) -> BTreeMap<AggregateId, R> {
        let rows = self.rows();
        ids.iter().filter_map(|id| Some((id.clone(), rows.get(id)?.clone()))).collect()
    }

    fn repair(&self, right: &BTreeMap<AggregateId, R>) -> BTreeSet<AggregateId> {
        let mut rows = self.rows();
        let mut written = BTreeSet::new();
        for (id, row) in right {
            if rows.get(id).is_none_or(|standing| standing.version() <= row.version()) {
                rows.insert(id.clone(), row.clone());
                written.insert(id.clone());
            }
        }
        written
    }

    fn save(&self, newer: &BTreeMap<AggregateId, R>) {
        let mut rows = self.rows();
        for (id, row) in newer {
            if rows.get(id).is_none_or(|standing| standing.version() < row.version()) {
                rows.insert(id.clone(), row.clone());
            }
        }
    }
}

impl MemoryReadModel {
    /// Every product's row.
    #[must_use]
    pub fn products(&self) -> BTreeMap<AggregateId, ProductRow> {
        self.products.rows().clone()
    }

    /// Every product's stock.
    #[must_use]
    pub fn stock(&self) -> BTreeMap<AggregateId, StockRow> {
        self.stock.rows().clone()
    }

    /// Every order's row.
    #[must_use]
    pub fn orders(&self) -> BTreeMap<AggregateId, OrderRow> {
        self.orders.rows().clone()
    }

    /// Every payment's row.
    #[must_use]
    pub fn payments(&self) -> BTreeMap<AggregateId, PaymentRow> {
        self.payments.rows().clone()
    }

    /// Every cart's row.
    #[must_use]
    pub fn carts(&self) -> BTreeMap<AggregateId, CartRow> {
        self.carts.rows().clone()
    }
}

#[async_trait]
impl ReadModel for MemoryReadModel {
    async fn session(&self) -> Result<Box<dyn Session>, Fault> {
        Ok(Box::new(self.clone()))
    }

    async fn ping(&self) -> Result<(), Fault> {
        Ok(())
    }
}

macro_rules! rows {
    ($row:ty, $kept:ident) => {
        #[async_trait]
        impl Rows<$row> for MemoryReadModel {
            async fn load(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, $row>, Fault> {
                Ok(self.$kept.load(ids))
            }

            async fn save(&self, rows: &BTreeMap<AggregateId, $row>) -> Result<(), Fault> {
                self.$kept.save(rows);
                Ok(())
            }

            async fn repair(&self, rows: &BTreeMap<AggregateId, $row>) -> Result<BTreeSet<AggregateId>, Fault> {
                Ok(self.$kept.repair(rows))
            }
        }
    };
}

rows!(ProductRow, products);
rows!(StockRow, stock);
rows!(OrderRow, orders);
rows!(PaymentRow, payments);
rows!(CartRow, carts);
