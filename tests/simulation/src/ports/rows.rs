//! The read models.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use shotengai_kernel::AggregateId;
use shotengai_messaging::Fault;
use shotengai_query::domain::{CartRow, OrderRow, PaymentRow, ProductRow, StockRow};
use shotengai_query::store::memory::MemoryReadModel;
use shotengai_query::store::{ReadModel, Rows, Session};

use crate::network::Network;
use crate::plan::Dependency::Postgres;

/// The shared read models through one process's line.
#[derive(Clone)]
pub struct NetworkedRows(pub Network);

#[async_trait]
impl ReadModel for NetworkedRows {
    async fn session(&self) -> Result<Box<dyn Session>, Fault> {
        Ok(Box::new(self.clone()))
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.0.call(Postgres, "postgres.ping", "rows", async { Ok(()) }).await
    }
}

macro_rules! lined {
    ($row:ty, $name:literal) => {
        #[async_trait]
        impl Rows<$row> for NetworkedRows {
            async fn load(&self, ids: &[AggregateId]) -> Result<BTreeMap<AggregateId, $row>, Fault> {
                let rows: &MemoryReadModel = &self.0.world().rows;
                self.0.call(Postgres, "postgres.read", $name, Rows::<$row>::load(rows, ids)).await
            }

            async fn save(&self, newer: &BTreeMap<AggregateId, $row>) -> Result<(), Fault> {
                let rows: &MemoryReadModel = &self.0.world().rows;
                self.0.call(Postgres, "postgres.write", $name, rows.save(newer)).await
            }

            async fn repair(&self, right: &BTreeMap<AggregateId, $row>) -> Result<BTreeSet<AggregateId>, Fault> {
                let rows: &MemoryReadModel = &self.0.world().rows;
                self.0.call(Postgres, "postgres.write", $name, rows.repair(right)).await
            }
        }
    };
}

lined!(ProductRow, "products");
lined!(StockRow, "stock");
lined!(OrderRow, "orders");
lined!(PaymentRow, "payments");
lined!(CartRow, "carts");
