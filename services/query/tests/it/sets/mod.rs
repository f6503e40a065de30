//! A second set of tables beside the live one.

mod building;
mod comparing;
mod exchanging;
mod tables;
mod words;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shotengai_contracts::Owner;
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::AggregateId;
use shotengai_messaging::Commit;
use shotengai_query::rebuild::{Kind, RebuildReport, Sources, Watch};
use shotengai_query::sets::{Begun, BuildWatch, Built, Projections, SetsError, Switch};
use tokio_postgres::Row;

use crate::history::{cart, order, payment, product, stock};
use crate::support::{Street, all_done, deliveries, ports};

pub(crate) const STRICTLY: Switch = Switch { accept_differences: false, within: Duration::from_secs(20) };

/// Remembers what is told; calls back when something of a set is built.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) begun: Mutex<Vec<Begun>>,
    pub(crate) failed: Mutex<BTreeMap<String, String>>,
    pub(crate) built: tokio::sync::Notify,
}

impl Watch for Told {
    fn progress(&self, _: &RebuildReport) {}

    fn failed(&self, id: &AggregateId, why: &str) {
        self.failed.lock().unwrap().insert(id.to_string(), why.to_owned());
    }
}

impl BuildWatch for Told {
    fn begun(&self, how: Begun) {
        self.begun.lock().unwrap().push(how);
    }

    fn built(&self, _: Kind, _: i64, _: Option<i64>) {
        self.built.notify_one();
    }
}

impl Street {
    pub(crate) fn sets(&self) -> Projections {
        self.sets_of("an operator")
    }

    pub(crate) fn sets_of(&self, operator: &str) -> Projections {
        Projections::new(self.database.clone(), Sources::of(self.infra.as_ref()), ports(), operator.to_owned())
    }

    pub(crate) async fn sql(&self, statement: &str) -> Vec<Row> {
        self.database.session().await.unwrap().query("sql", statement, &[]).await.unwrap()
    }

    /// A number that a statement answers.
    pub(crate) async fn number(&self, statement: &str) -> i64 {
        self.sql(statement).await[0].get(0)
    }

    pub(crate) async fn build(&self) -> Built {
        self.sets().rebuild(false, &Told::default()).await.unwrap()
    }

    /// Products, stock, a cart, orders and some payments, projected.
    pub(crate) async fn furnish(&self, orders: usize) -> Vec<Vec<Commit>> {
        self.happen(Owner::Catalog, &product("kinoko", 0, &[0, 2, 3])).await;
        self.happen(Owner::Catalog, &product("takenoko", 0, &[])).await;
        self.happen(Owner::Inventory, &stock("kinoko", &[1, 2])).await;
        self.happen(Owner::Order, &cart("mei", &[0, 1])).await;
        let mut all = Vec::new();
        for number in 0..orders {
            let history = order(&format!("{number:05}"), "mei", 0, OrderStage::Shipped);
            self.happen(Owner::Order, &history[..3]).await;
            if number % 4 == 0 {
                self.happen(Owner::Billing, &payment(&format!("{number:05}"), 0, PaymentStatus::Captured)).await;
            }
            all.push(history);
        }
        all
    }

    /// Commits and projects the last part of an order's history.
    pub(crate) async fn ship(&self, history: &[Commit]) {
        let batch = deliveries(&self.commit_only(&history[3..]).await);
        all_done(&self.projector.handle(&batch).await);
    }

    async fn commit_only(&self, history: &[Commit]) -> Vec<Commit> {
        self.commit(Owner::Order, history).await;
        history.to_vec()
    }

    /// Whether the tables of two schemas hold the same rows.
    pub(crate) async fn assert_same(&self, one: &str, other: &str) {
        for table in ["read_products", "read_stock", "read_orders", "read_payments", "read_carts"] {
            let differing = format!(
                "SELECT count(*) FROM ((TABLE {one}.{table} EXCEPT TABLE {other}.{table})
                 UNION ALL (TABLE {other}.{table} EXCEPT TABLE {one}.{table})) AS rows"
            );
            assert_eq!(self.number(&differing).await, 0, "{table}");
        }
    }
}

pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, SetsError>, words: &str) {
    match answer {
        Err(SetsError::Refused(why)) => assert!(why.contains(words), "{words:?} is not in: {why}"),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn street(name: &str) -> impl Future<Output = Arc<Street>> {
    let name = format!("sets_{name}");
    async move { Arc::new(Street::new(&name).await) }
}
