//! What must hold of a street once it has settled, each seen from outside: over HTTP, in the tables, in the inbox.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use serde_json::Value;
use shotengai_contracts::events::CancelReason;

use super::customers::{Accepted, Customers, PLENTIFUL};
use super::truth::{OrderTruth, Truth};
use crate::test_cluster::TestCluster;

/// What came of everything.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What does not hold; nothing, if all is well.
    pub violations: Vec<String>,
    /// Orders by how they ended, and why.
    pub ends: BTreeMap<String, u64>,
    /// Mails by kind, copies left out.
    pub mails: BTreeMap<String, u64>,
    /// Mails that came once more.
    pub copies: usize,
    /// Yen taken and kept.
    pub captured: i64,
}

struct Audit<'a> {
    cluster: &'a TestCluster,
    customers: &'a Customers,
    truth: Truth,
    verdict: Verdict,
}

/// Holds all invariants.
pub async fn audit(cluster: &TestCluster, customers: &Customers, accepted: &[Accepted]) -> Verdict {
    let truth = Truth::read(cluster).await;
    let mut audit = Audit { cluster, customers, truth, verdict: Verdict::default() };
    audit.orders(accepted);
    audit.stock();
    audit.ledger().await;
    audit.mails();
    audit.tally().await;
    audit.read_models().await;
    audit.leftovers().await;
    audit.verdict
}

impl Audit<'_> {
    fn hold(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.verdict.violations.push(otherwise());
        }
    }

    /// Every accepted order is final, as its customer wished, and there are no others.
    fn orders(&mut self, accepted: &[Accepted]) {
        let broken = std::mem::take(&mut self.truth.broken);
        self.verdict.violations.extend(broken.into_iter().map(|broken| format!("event store: {broken}")));
        let known: BTreeSet<_> = accepted.iter().map(|order| order.order_id.as_str()).collect();
        let unknown = self.truth.orders.keys().filter(|id| !known.contains(id.as_str()));
        let mut violations: Vec<_> = unknown.map(|id| format!("{id}: nobody was told of it")).collect();
        if known.len() != accepted.len() {
            violations.push(format!("{} orders for {} wishes", known.len(), accepted.len()));
        }
        for Accepted { order_id, wish, total } in accepted {
            let order = self.truth.orders.get(order_id).cloned().unwrap_or_default();
            if !wish.may_end(&order.status, order.reason) {
                violations.push(format!("{order_id}: {wish:?} was wished, and it is {order:?}"));
            }
            let agrees = match order.status.as_str() {
                "paid" => order.reservation == "StockReserved" && order.payment == "PaymentCaptured",
                "shipped" => order.reservation == "StockDeducted" && order.payment == "PaymentCaptured",
                _ => {
                    matches!(order.reservation.as_str(), "StockRejected" | "StockReleased")
                        && matches!(order.payment.as_str(), "PaymentVoided" | "PaymentRefunded" | "PaymentDeclined")
                }
            };
            if !agrees || order.placed != 1 || order.total != *total {
                violations.push(format!("{order_id}: its parts disagree: {order:?}, told total {total}"));
            }
            let end = order.reason.map_or(order.status.clone(), |reason| format!("{}: {reason}", order.status));
            *self.verdict.ends.entry(end).or_default() += 1;
        }
        self.verdict.violations.extend(violations);
    }

    /// reserved + available + deducted = added, and each as the orders say.
    fn stock(&mut self) {
        for (product, pieces) in &self.customers.stock {
            let stock = self.truth.stock.get(product).cloned().unwrap_or_default();
            let sum = |status: &str| -> i64 {
                let orders = self.truth.orders.values().filter(|order| order.status == status);
                orders.flat_map(|order| &order.lines).filter(|(of, _)| of == product).map(|(_, pieces)| pieces).sum()
            };
            let (reserved, deducted) = (sum("paid"), sum("shipped"));
            let holds = !stock.fell_below_zero
                && stock.added == i64::from(*pieces)
                && stock.available == stock.added - stock.reserved - stock.deducted
                && (stock.reserved, stock.deducted) == (reserved, deducted);
            let refused =
                self.truth.orders.values().filter(|order| order.reason == Some(CancelReason::OutOfStock.as_str()));
            let is_refused = refused.flat_map(|order| &order.lines).any(|(of, _)| of == product && *pieces < PLENTIFUL);
            // Nobody gives pieces of it back, and everybody asks for one.
            self.hold(!is_refused || stock.available == 0, || {
                format!("{product}: orders were cancelled for want of it, and {} are left", stock.available)
            });
            self.hold(holds, || {
                format!("{product}: {stock:?}, and orders have {reserved} reserved and {deducted} deducted")
            });
        }
    }

    /// The provider has the money of exactly those orders that are paid, and holds none.
    async fn ledger(&mut self) {
        let doors = &self.customers.doors;
        let orders: Vec<_> = self.truth.orders.iter().map(|(id, order)| (id.clone(), order.clone())).collect();
        let judged: Vec<_> = futures::stream::iter(orders)
            .map(|(id, order)| async move { (doors.shop("billing").ledger(&id).await, id, order) })
            .buffer_unordered(4)
            .collect()
            .await;
        for (entries, id, OrderTruth { status, total, .. }) in judged {
            let asked = |operation: &str| entries.iter().filter(|it| it["operation"] == operation).count();
            let once = ["authorize", "capture", "void", "refund"].iter().all(|operation| asked(operation) <= 1);
            let (captured, held) = net(&entries);
            let due = if matches!(status.as_str(), "paid" | "shipped") { total } else { 0 };
            self.verdict.captured += captured;
            self.hold(once && captured == due && held == 0, || {
                format!("{id} is {status} and costs {total}; the ledger has {captured} and holds {held}: {entries:?}")
            });
        }
    }

    /// Each mail that is due came, under one Message-ID, and no other.
    fn mails(&mut self) {
        let mut due = BTreeSet::new();
        for (id, order) in &self.truth.orders {
            let kinds = [
                ("received", order.placed > 0),
                ("receipt", order.was_paid),
                ("shipped", order.was_shipped),
                ("cancelled", order.status == "cancelled"),
            ];
            for (kind, _) in kinds.iter().filter(|(_, due)| *due) {
                due.insert(format!("{id}.{kind}@shotengai"));
                *self.verdict.mails.entry((*kind).to_owned()).or_default() += 1;
            }
        }
        let sent = self.cluster.inbox.list(0, 0).messages;
        let came: BTreeSet<_> = sent.iter().map(|mail| mail.message_id.clone()).collect();
        self.verdict.copies = sent.len() - came.len();
        let missing: Vec<_> = due.difference(&came).map(|id| format!("mail {id} never came")).collect();
        let strange: Vec<_> = came.difference(&due).map(|id| format!("mail {id} came and was not due")).collect();
        self.verdict.violations.extend(missing.into_iter().chain(strange));
    }

    /// The tally counts each paid line once.
    async fn tally(&mut self) {
        let mut due = BTreeMap::<String, [i64; 2]>::new();
        for order in self.truth.orders.values().filter(|order| order.was_paid) {
            for (product, pieces) in &order.lines {
                let [sold, returned] = due.entry(product.clone()).or_default();
                *sold += pieces;
                *returned += if order.status == "cancelled" { *pieces } else { 0 };
            }
        }
        let answer = self.customers.doors.get("tally", "/tally", None).await;
        let products = answer.body["products"].as_array().cloned().unwrap_or_default();
        let told: BTreeMap<String, [i64; 2]> = products
            .iter()
            .map(|it| {
                (
                    it["product_id"].as_str().unwrap_or_default().to_owned(),
                    [number(&it["sold"]), number(&it["returned"])],
                )
            })
            .collect();
        self.hold(told == due, || format!("tally: {told:?} instead of {due:?} (sold, returned)"));
    }

    /// What customers are shown is what happened.
    async fn read_models(&mut self) {
        let doors = &self.customers.doors;
        let due: BTreeMap<String, (String, u64, i64)> = self
            .truth
            .orders
            .iter()
            .map(|(id, order)| (id.clone(), (order.status.clone(), order.version, order.total)))
            .collect();
        let mut shown = BTreeMap::new();
        let mut path = "/orders?limit=100".to_owned();
        loop {
            let page = doors.get("query", &path, Some(&self.customers.admin)).await.body;
            for it in page["items"].as_array().into_iter().flatten() {
                let status = it["status"].as_str().unwrap_or_default().to_owned();
                let version = it["version"].as_u64().unwrap_or_default();
                shown.insert(
                    it["order_id"].as_str().unwrap_or_default().to_owned(),
                    (status, version, number(&it["total"])),
                );
            }
            match page["next_cursor"].as_str() {
                Some(next) => path = format!("/orders?limit=100&cursor={next}"),
                None => break,
            }
        }
        let ids: BTreeSet<_> = due.keys().chain(shown.keys()).cloned().collect();
        for id in ids {
            let (is, shows) = (due.get(&id), shown.get(&id));
            self.hold(is == shows, || format!("{id} is shown as {shows:?} and is {is:?}"));
        }
        for (product, _) in &self.customers.stock {
            let shows = number(&doors.get("query", &format!("/products/{product}"), None).await.body["stock"]);
            let is = self.truth.stock.get(product).map(|stock| stock.available);
            self.hold(Some(shows) == is, || format!("{product}: {shows} are shown and {is:?} are available"));
        }
    }

    /// Nothing rejected, nothing unpublished.
    async fn leftovers(&mut self) {
        let dead = self.cluster.dead_letters().await;
        self.hold(dead.is_empty(), || format!("dead letters: {dead:?}"));
        let unpublished = self.cluster.unpublished().await;
        self.hold(unpublished == 0, || format!("{unpublished} commits carry the outbox marker"));
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(i64::MIN)
}

/// What a ledger comes to: taken and kept, held and neither taken nor let go.
fn net(ledger: &[Value]) -> (i64, i64) {
    let done = |operation: &str| -> i64 {
        let approved = ledger.iter().filter(|it| it["operation"] == operation && it["outcome"] == "approved");
        approved.map(|it| number(&it["amount"])).sum()
    };
    (done("capture") - done("refund"), done("authorize") - done("capture") - done("void"))
}
