//! Any permutation and duplication of valid histories, with any of their messages lost but the last of each, ends in the rows that the histories fold to, at several projectors,
//! in PostgreSQL itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use shotengai_contracts::Owner;
use shotengai_contracts::aggregates;
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{AggregateId, PaymentId};
use shotengai_messaging::{Commit, Delivery, Handler};
use shotengai_query::database::Database;
use shotengai_query::domain::{Fold, OrderRow, PaymentRow, ProductRow, StockRow, refold};
use shotengai_query::store::{Rows, Stored};
use shotengai_testing::contract::deliver_until_settled;

use crate::history::{order, order_id, payment, product, product_id, stock};
use crate::support::{Street, deliveries, projector};

/// Histories of up to three products, their stock, and three orders.
#[derive(Debug, Clone)]
struct Plot {
    products: Vec<Vec<u8>>,
    stocks: Vec<Vec<u8>>,
    orders: Vec<OrderStage>,
    payments: Vec<PaymentStatus>,
}

const STAGES: [OrderStage; 5] =
    [OrderStage::Pending, OrderStage::Confirmed, OrderStage::Paid, OrderStage::Shipped, OrderStage::Cancelled];

fn plot() -> impl Strategy<Value = Plot> {
    let steps = || prop::collection::vec(prop::collection::vec(any::<u8>(), 0..7), 0..3);
    let orders = prop::collection::vec(prop::sample::select(STAGES.to_vec()), 1..4);
    let payments = prop::collection::vec(prop::sample::select(PaymentStatus::ALL.to_vec()), 0..3);
    (steps(), steps(), orders, payments).prop_map(|(products, stocks, orders, payments)| Plot {
        products,
        stocks,
        orders,
        payments,
    })
}

#[derive(Debug, Clone)]
struct Disorder {
    plot: Plot,
    /// Which of the histories' messages come, one after the other.
    arrivals: Vec<usize>,
    /// Which never come, whatever `arrivals` says, unless nothing comes after them.
    withheld: Vec<bool>,
    sizes: Vec<usize>,
    projectors: usize,
}

fn disorder() -> impl Strategy<Value = Disorder> {
    let sizes = prop::collection::vec(1..11_usize, 0..5);
    let withheld = prop::collection::vec(prop::bool::weighted(0.3), 0..40);
    (plot(), 1..4_usize, sizes, withheld, 1..4_usize).prop_flat_map(|(plot, copies, sizes, withheld, projectors)| {
        let count: usize = plot.histories(0).iter().flatten().map(|(_, history)| history.len()).sum();
        let arrivals: Vec<usize> = (0..count).cycle().take(count * copies).collect();
        let whole = move |arrivals| {
            let (plot, sizes, withheld) = (plot.clone(), sizes.clone(), withheld.clone());
            Disorder { plot, arrivals, withheld, sizes, projectors }
        };
        Just(arrivals).prop_shuffle().prop_map(whole)
    })
}

/// One database for all cases; each has names of its own.
static CASES: AtomicU32 = AtomicU32::new(0);

/// An aggregate's id, and its history.
type History = (AggregateId, Vec<Commit>);

impl Plot {
    /// Of products, stock, orders and payments.
    fn histories(&self, case: u32) -> [Vec<History>; 4] {
        let name = |n: usize| format!("{case}-{n}");
        let products = self.products.iter().enumerate();
        let products =
            products.map(|(n, steps)| (AggregateId::from(&product_id(&name(n))), product(&name(n), 0, steps)));
        let stocks = self.stocks.iter().enumerate();
        let stocks = stocks.map(|(n, steps)| (aggregates::stock(&product_id(&name(n))), stock(&name(n), steps)));
        let orders = self.orders.iter().enumerate();
        let orders =
            orders.map(|(n, stage)| (AggregateId::from(&order_id(&name(n))), order(&name(n), "mei", 0, *stage)));
        let payments = self.payments.iter().enumerate();
        let payments = payments.map(|(n, status)| {
            (AggregateId::from(&PaymentId::of_order(&order_id(&name(n)))), payment(&name(n), 0, *status))
        });
        [products.collect(), stocks.collect(), orders.collect(), payments.collect()]
    }
}

async fn agree<R: Fold + Stored + PartialEq + std::fmt::Debug>(database: &Database, histories: &[History]) {
    let session = database.session().await.unwrap();
    let ids: Vec<_> = histories.iter().map(|(id, _)| id.clone()).collect();
    let mut rows = Rows::<R>::load(&session, &ids).await.unwrap();
    for (id, history) in histories {
        let events = deliveries(history);
        let folded = refold(events.iter().map(|delivery| (&*delivery.envelope, &*delivery.event))).unwrap();
        assert_eq!(rows.remove(id), folded, "{id}");
    }
}

async fn play(street: &Street, disorder: Disorder) {
    let Disorder { plot, arrivals, withheld, sizes, projectors } = disorder;
    let [products, stocks, orders, payments] = plot.histories(CASES.fetch_add(1, Ordering::Relaxed));
    let mut messages: Vec<Delivery> = Vec::new();
    let mut last = Vec::new();
    for (owner, histories) in
        [(Owner::Catalog, &products), (Owner::Inventory, &stocks), (Owner::Order, &orders), (Owner::Billing, &payments)]
    {
        for (_, history) in histories {
            messages.extend(street.commit(owner, history).await);
            last.push(messages.len().saturating_sub(1));
        }
    }
    let comes = |place: &usize| last.contains(place) || !withheld.get(*place).is_some_and(|withheld| *withheld);
    let messages = arrivals.into_iter().filter(comes).map(|place| messages[place].clone()).collect();
    let handlers: Vec<_> =
        (0..projectors).map(|_| projector(Arc::clone(&street.infra) as _, &street.database)).collect();
    let handlers: Vec<&dyn Handler> = handlers.iter().map(|handler| handler.as_ref()).collect();
    deliver_until_settled(&handlers, messages, &sizes).await;
    agree::<ProductRow>(&street.database, &products).await;
    agree::<StockRow>(&street.database, &stocks).await;
    agree::<OrderRow>(&street.database, &orders).await;
    agree::<PaymentRow>(&street.database, &payments).await;
}

#[test]
fn every_disorder_of_a_history_ends_in_the_same_rows() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let street = runtime.block_on(Street::new("confluence"));
    proptest!(ProptestConfig::with_cases(24), |(disorder in disorder())| {
        runtime.block_on(play(&street, disorder));
    });
}
