//! What customers want, drawn from the seed, and how they get it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_contracts::events::CancelReason;
use shotengai_kernel::{Random, SeededRandom};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::doors::{Doors, Request};
use crate::shop::{Person, text};
use crate::test_cluster::TestCluster;
use crate::wait::until;

/// Plenty of these two.
const PLENTY: [(&str, u32); 2] = [("prod_kinoko", 200), ("prod_takenoko", 220)];
/// So many.
pub const PLENTIFUL: u32 = 1_000_000;
/// Not enough of this one.
const SCARCE: (&str, u32) = ("prod_mikan", 80);
/// An order to be shipped has to be paid first.
const SHIP_WITHIN: Duration = Duration::from_secs(600);

/// What is to become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Paid, and no more.
    Paid,
    /// Paid and shipped.
    Shipped,
    /// Paid with a means that is declined.
    Declined,
    /// Paid with a means that is declined at the capture.
    CaptureDeclined,
    /// Of a product that runs out: paid or out of stock.
    Scarce,
    /// Cancelled by the customer, as soon as it is accepted.
    Cancelled,
}

impl Wish {
    /// How an order of this wish may end, and for which reason where it is cancelled. None may be for its deadline: it is
    /// longer than faults and kills go on, so an order that is given up at it was forgotten.
    #[must_use]
    pub const fn ends(self) -> &'static [(&'static str, Option<CancelReason>)] {
        match self {
            Self::Paid => &[("paid", None)],
            Self::Shipped => &[("shipped", None)],
            Self::Declined => &[("cancelled", Some(CancelReason::PaymentDeclined))],
            Self::CaptureDeclined => &[("cancelled", Some(CancelReason::CaptureRefused))],
            Self::Cancelled => &[("cancelled", Some(CancelReason::CustomerRequest))],
            Self::Scarce => &[("paid", None), ("cancelled", Some(CancelReason::OutOfStock))],
        }
    }

    /// Whether an order of this wish may end so.
    #[must_use]
    pub fn may_end(self, status: &str, reason: Option<&str>) -> bool {
        self.ends().iter().any(|(end, why)| *end == status && why.map(CancelReason::as_str) == reason)
    }

    const fn payment_token(self) -> Option<&'static str> {
        match self {
            Self::Declined => Some("tok_declined"),
            Self::CaptureDeclined => Some("tok_capture_declined"),
            Self::Paid | Self::Shipped | Self::Scarce | Self::Cancelled => None,
        }
    }

    fn drawn(random: &dyn Random) -> Self {
        match random.below(100) {
            0..60 => Self::Paid,
            60..68 => Self::Shipped,
            68..76 => Self::Declined,
            76..80 => Self::CaptureDeclined,
            80..90 => Self::Scarce,
            _ => Self::Cancelled,
        }
    }
}

/// An order that a role has accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Which.
    pub order_id: String,
    /// What its customer wants.
    pub wish: Wish,
    /// What the answer said it costs.
    pub total: i64,
}

/// Customers and an administrator at a street that sells.
pub struct Customers {
    /// How they reach it.
    pub doors: Doors,
    /// May see and ship everybody's orders.
    pub admin: Person,
    /// What was put on sale: product and pieces.
    pub stock: Vec<(String, u32)>,
    people: Vec<Person>,
    random: SeededRandom,
    at_once: Semaphore,
}

impl Customers {
    /// Opens the shop for about `orders` orders: products on sale, as many people signed in as may order at once.
    pub async fn open(cluster: &TestCluster, doors: Doors, seed: u64, orders: usize, at_once: usize) -> Arc<Self> {
        let admin = cluster.administrator();
        // Half of what is asked for, so that orders run out of it.
        let scarce = u32::try_from(orders / 20).unwrap_or(u32::MAX).max(2);
        let mut stock = Vec::new();
        for ((product, price), pieces) in PLENTY.into_iter().map(|it| (it, PLENTIFUL)).chain([(SCARCE, scarce)]) {
            let body = json!({"product_id": product, "name": product, "price": price, "stock": pieces});
            let _ = doors.shop("catalog").post("/products", Some(&admin), &body).await.expect(201);
            until("the product and its stock show", Duration::from_secs(60), || async {
                let answer = doors.shop("query").get(&format!("/products/{product}"), None).await;
                if answer.body["stock"] == json!(pieces) { Ok(()) } else { Err(answer) }
            })
            .await;
            stock.push((product.to_owned(), pieces));
        }
        let mut people = Vec::new();
        for n in 0..at_once {
            let email = format!("customer{n}.{}@example.com", cluster.account());
            people.push(doors.shop("storefront").guest(Some(&email), if n % 2 == 0 { "ja" } else { "en" }).await);
        }
        let (random, at_once) = (SeededRandom::new(seed), Semaphore::new(at_once));
        Arc::new(Self { doors, admin, stock, people, random, at_once })
    }

    /// Places so many orders, and cancels and ships as their customers wish; `all_are_in` is called when all are accepted
    /// and cancelled. Ends when all that was asked is answered.
    pub async fn order_all(self: &Arc<Self>, orders: usize, all_are_in: &CancellationToken) -> Vec<Accepted> {
        let left = Arc::new(AtomicUsize::new(orders));
        let wishes: Vec<_> = (0..orders).map(|n| self.draw(n)).collect();
        let mut running = JoinSet::new();
        for (n, (wish, body)) in wishes.into_iter().enumerate() {
            let (customers, left, all_are_in) = (Arc::clone(self), Arc::clone(&left), all_are_in.clone());
            running.spawn(async move {
                let accepted = customers.order(n, wish, &body).await;
                if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                    all_are_in.cancel();
                }
                customers.follow_up(accepted).await
            });
        }
        running.join_all().await
    }

    /// One order of somebody's, cancelled at once if that is its customer's wish.
    pub async fn order(&self, n: usize, wish: Wish, body: &Value) -> Accepted {
        let person = &self.people[n % self.people.len()];
        let accepted = {
            let _turn = self.at_once.acquire().await.unwrap();
            self.place(n, person, wish, body).await
        };
        if wish == Wish::Cancelled {
            self.cancel(person, &accepted.order_id).await;
        }
        accepted
    }

    /// Ships it, if that was the wish, once it is paid.
    async fn follow_up(&self, accepted: Accepted) -> Accepted {
        if accepted.wish == Wish::Shipped {
            self.ship(&accepted.order_id).await;
        }
        accepted
    }

    /// The `n`th order: what its customer wishes, and the body that asks for it.
    pub fn draw(&self, n: usize) -> (Wish, Value) {
        let wish = Wish::drawn(&self.random);
        let pieces = self.random.below(3) + 1;
        let mut items = vec![json!({"product_id": PLENTY[n % 2].0, "quantity": pieces})];
        if wish == Wish::Scarce {
            items.push(json!({"product_id": SCARCE.0, "quantity": 1}));
        } else if self.random.below(2) == 0 {
            items.push(json!({"product_id": PLENTY[(n + 1) % 2].0, "quantity": 1}));
        }
        let mut body = json!({"items": items});
        if let Some(token) = wish.payment_token() {
            body["payment_token"] = json!(token);
        }
        (wish, body)
    }

    async fn place(&self, n: usize, person: &Person, wish: Wish, body: &Value) -> Accepted {
        let key = format!("order-{n}");
        let request = Request {
            role: "order",
            method: Method::POST,
            path: "/orders",
            person: Some(person),
            key: Some(&key),
            body: Some(body),
        };
        let answer = self.doors.insist(request).await.expect(202);
        let total = answer["total"].as_i64().unwrap_or_else(|| panic!("no total in {answer}"));
        Accepted { order_id: text(&answer, "order_id"), wish, total }
    }

    async fn cancel(&self, person: &Person, order: &str) {
        let path = format!("/orders/{order}/cancel");
        let body = json!({});
        let request = Request {
            role: "order",
            method: Method::POST,
            path: &path,
            person: Some(person),
            key: None,
            body: Some(&body),
        };
        let _ = self.doors.insist(request).await.expect(202);
    }

    /// Asks until it is paid and can be shipped.
    async fn ship(&self, order: &str) {
        let path = format!("/orders/{order}/ship");
        let deadline = Instant::now() + SHIP_WITHIN;
        loop {
            let request = Request {
                role: "order",
                method: Method::POST,
                path: &path,
                person: Some(&self.admin),
                key: None,
                body: None,
            };
            let answer = self.doors.insist(request).await;
            // What never can be shipped shows when all is judged.
            if answer.status.is_success() || Instant::now() > deadline {
                return;
            }
            assert_eq!(answer.status, 409, "{order} is not paid yet, or: {answer:?}");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_has_the_reason_that_was_wished_for_and_no_other() {
        assert!(Wish::Declined.may_end("cancelled", Some("payment_declined")));
        assert!(!Wish::Declined.may_end("cancelled", Some("deadline_exceeded")));
        assert!(!Wish::Cancelled.may_end("cancelled", Some("deadline_exceeded")));
        assert!(!Wish::Scarce.may_end("cancelled", Some("payment_declined")));
        assert!(Wish::Scarce.may_end("cancelled", Some("out_of_stock")) && Wish::Scarce.may_end("paid", None));
    }
}
