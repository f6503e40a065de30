//! Two workers on one payment: whatever the interleaving, the provider nets to one outcome and the order agrees.
//!
//! The first worker is held at one of its calls on AWS, before the call arrives or after it happened, while the second
//! runs to its end; or it is killed there, and what it had sent arrives late; or it never hears the answer.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{queues, tables};
use shotengai_kernel::{AggregateId, OrderId, PaymentId, Version};
use shotengai_messaging::{Infrastructure, QueueDepth};
use shotengai_tests::post_office::{Desk, Letter, PostOffice};
use shotengai_tests::proxy::{Action, Exchange, Proxy, Rule, RuleHandle};
use shotengai_tests::shop::{Person, Shop, order_body, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tokio::sync::{Barrier, Mutex};
use tokio::time::Instant;

const WITHIN: Duration = Duration::from_secs(60);
/// All cases that kill have to come so far within this.
const TOGETHER: Duration = Duration::from_secs(120);

/// How far the order has come when the two workers meet.
#[derive(Clone, Copy)]
enum Start {
    Placed,
    Confirmed,
    Paid,
}

/// One of the first worker's calls.
#[derive(Clone, Copy, Debug)]
enum Call {
    /// The append of this event.
    Append(&'static str),
    /// The write that puts this operation into the provider's ledger.
    Ledger(&'static str),
}

/// Two messages about one order, one for each worker. Two of a kind are one message, delivered twice.
struct Scenario {
    name: &'static str,
    start: Start,
    first: &'static str,
    second: &'static str,
    calls: &'static [Call],
    ends: &'static str,
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "authorize against cancel",
        start: Start::Placed,
        first: "OrderPlaced",
        second: "OrderCancelled",
        calls: &[Call::Ledger("authorize"), Call::Append("PaymentAuthorized")],
        ends: "cancelled",
    },
    Scenario {
        name: "cancel against authorize",
        start: Start::Placed,
        first: "OrderCancelled",
        second: "OrderPlaced",
        calls: &[Call::Append("PaymentVoided"), Call::Ledger("void")],
        ends: "cancelled",
    },
    Scenario {
        name: "capture against void",
        start: Start::Confirmed,
        first: "OrderConfirmed",
        second: "OrderCancelled",
        calls: &[Call::Append("CaptureStarted"), Call::Ledger("capture"), Call::Append("PaymentCaptured")],
        ends: "cancelled",
    },
    Scenario {
        name: "void against capture",
        start: Start::Confirmed,
        first: "OrderCancelled",
        second: "OrderConfirmed",
        calls: &[Call::Append("VoidStarted"), Call::Ledger("void"), Call::Append("PaymentVoided")],
        ends: "cancelled",
    },
    Scenario {
        name: "void against void",
        start: Start::Confirmed,
        first: "OrderCancelled",
        second: "OrderCancelled",
        calls: &[Call::Append("VoidStarted"), Call::Ledger("void"), Call::Append("PaymentVoided")],
        ends: "cancelled",
    },
    Scenario {
        name: "capture against capture",
        start: Start::Confirmed,
        first: "OrderConfirmed",
        second: "OrderConfirmed",
        calls: &[Call::Append("CaptureStarted"), Call::Ledger("capture"), Call::Append("PaymentCaptured")],
        ends: "paid",
    },
    Scenario {
        name: "refund against refund",
        start: Start::Paid,
        first: "OrderCancelled",
        second: "OrderCancelled",
        calls: &[Call::Append("RefundStarted"), Call::Ledger("refund"), Call::Append("PaymentRefunded")],
        ends: "cancelled",
    },
];

/// What befalls the first worker at the call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    HeldBefore,
    HeldAfter,
    AnswerLost,
    KilledBefore,
    KilledAfter,
}

const FATES: [Fate; 5] = [Fate::HeldBefore, Fate::HeldAfter, Fate::AnswerLost, Fate::KilledBefore, Fate::KilledAfter];

impl Fate {
    const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    fn rule(self, order: &str, call: Call) -> Rule {
        let payment = order.split_once('_').expect("an id has a prefix").1.to_owned();
        let rule = Rule::when(move |exchange| call.is(exchange) && exchange.mentions(&payment));
        match self {
            Self::HeldBefore | Self::KilledBefore => rule.act(Action::Hold),
            Self::HeldAfter | Self::KilledAfter => rule.act(Action::HoldAnswer),
            Self::AnswerLost => rule.times(1).act(Action::LoseAnswer),
        }
    }
}

impl Call {
    fn is(self, exchange: &Exchange) -> bool {
        let (table, words) = match self {
            Self::Append(event) => ("billing-events", event.to_owned()),
            // As the entry's operation is written, in a document that is a text.
            Self::Ledger(operation) => (tables::BILLING_LEDGER.name, format!(r#"\"operation\":\"{operation}\""#)),
        };
        exchange.is_put() && exchange.mentions(table) && exchange.mentions(&words)
    }
}

/// A billing process behind a proxy, fed by the post office.
struct Worker {
    process: Mutex<Process>,
    proxy: Proxy,
    desk: Arc<Desk>,
}

struct World {
    cluster: TestCluster,
    _others: Process,
    shop: Shop,
    ledger: Shop,
    guest: Person,
    product: String,
    office: PostOffice,
    /// Is held and goes on.
    held: Worker,
    /// Is held and killed.
    mortal: Worker,
    /// Is never disturbed.
    second: Worker,
    /// Everybody whose worker is to be killed is ready; then everybody knows that it is dead.
    doomed: Barrier,
}

struct Case {
    scenario: &'static Scenario,
    call: Call,
    fate: Fate,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for scenario in SCENARIOS {
        for call in scenario.calls {
            cases.extend(FATES.map(|fate| Case { scenario, call: *call, fate }));
        }
    }
    cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_on_one_payment_come_to_one_outcome_and_the_order_agrees() {
    let cases: Vec<_> = cases().into_iter().map(Arc::new).collect();
    let world = Arc::new(World::open(cases.iter().filter(|case| case.fate.kills()).count()).await);
    let running = cases.iter().map(|case| {
        let (world, case) = (Arc::clone(&world), Arc::clone(case));
        tokio::spawn(async move { case.run(&world).await })
    });
    let ended = join_all(running).await;
    let failed: Vec<_> =
        cases.iter().zip(&ended).filter(|(_, ended)| ended.is_err()).map(|it| it.0.to_string()).collect();
    assert!(failed.is_empty(), "{} of {} cases failed, see above: {failed:#?}", failed.len(), cases.len());
    let emptied = world.emptied().await;
    let judging = cases.iter().zip(ended).map(|(case, order)| {
        let (world, order) = (&world, order.expect("none failed"));
        async move { world.judge(&order, case.scenario.ends).await.map_err(|wrong| format!("{case}: {wrong}")) }
    });
    let judged: Vec<_> = futures::stream::iter(judging).buffer_unordered(4).collect().await;
    let wrong: Vec<_> = judged.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of {} cases: {wrong:#?}", wrong.len(), cases.len());
    assert_eq!(emptied, Ok(()), "billing's queue");
    world.cluster.assert_tidy().await;
}

impl Case {
    /// Runs it to its end; answers the order.
    async fn run(&self, world: &World) -> String {
        let Self { scenario, call, fate } = self;
        let worker = if fate.kills() { &world.mortal } else { &world.held };
        let order = world.order_at(scenario.start, &self.key()).await;
        let first = world.message(&order, scenario.first).await;
        let rule = worker.proxy.rule(fate.rule(&order, *call));
        worker.desk.hand(&first);
        rule.until_hit(1, WITHIN).await;
        if fate.kills() {
            world.kill_with_the_others().await;
        }
        let second =
            if scenario.second == scenario.first { first } else { world.message(&order, scenario.second).await };
        world.second.run(&second).await;
        rule.release();
        // What comes again, since somebody was killed or gave up, finds a worker that is well.
        world.office.forward(&order, &world.second.desk);
        world.shop.until_status(&world.guest, &order, scenario.ends).await;
        order
    }
}

impl Case {
    fn key(&self) -> String {
        self.to_string().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {:?} {:?}", self.scenario.name, self.call, self.fate)
    }
}

impl World {
    async fn open(doomed: usize) -> Self {
        let cluster = TestCluster::provisioned().await;
        let office = PostOffice::open(cluster.aws.queue(queues::BILLING.name));
        let (others, held, mortal, second) = tokio::join!(
            cluster.serve("storefront,order,catalog,inventory,query,bridge", &[]),
            Worker::start(&cluster, &office),
            Worker::start(&cluster, &office),
            Worker::start(&cluster, &office),
        );
        let shop = cluster.shop(&others);
        let ledger = cluster.shop(&*second.process.lock().await);
        let admin = shop.admin().await;
        let product = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 1000).await;
        let guest = shop.guest(None, "ja").await;
        let doomed = Barrier::new(doomed);
        Self { cluster, _others: others, shop, ledger, guest, product, office, held, mortal, second, doomed }
    }

    /// An order that has come so far, through the second worker.
    async fn order_at(&self, start: Start, key: &str) -> String {
        let order = text(&self.insist("/orders", key, &order_body(&[(&self.product, 1)])).await, "order_id");
        if matches!(start, Start::Confirmed | Start::Paid) {
            self.second.desk.hand(&self.office.letter(&order, "OrderPlaced").await);
            self.office.until_there(&order, "OrderConfirmed").await;
        }
        if matches!(start, Start::Paid) {
            self.second.desk.hand(&self.office.letter(&order, "OrderConfirmed").await);
            self.shop.until_status(&self.guest, &order, "paid").await;
        }
        order
    }

    /// Posts until it is accepted, as a customer does whom a busy shop asks to try again.
    async fn insist(&self, path: &str, key: &str, body: &Value) -> Value {
        until(&format!("POST {path} is accepted"), WITHIN, || async {
            let headers = [("idempotency-key", key)];
            let answer = self.shop.send(Method::POST, path, Some(&self.guest), &headers, Some(body)).await.unwrap();
            if answer.status == 202 { Ok(answer.body) } else { Err(answer) }
        })
        .await
    }

    /// Waits until billing has settled every message; what is left when it does not.
    async fn emptied(&self) -> Result<(), QueueDepth> {
        let deadline = Instant::now() + WITHIN;
        loop {
            let depth = self.cluster.aws.queue(queues::BILLING.name).depth().await.unwrap();
            if depth.total() == 0 {
                return Ok(());
            } else if Instant::now() > deadline {
                return Err(depth);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Billing's message of this type about an order; the customer does what leads to it.
    async fn message(&self, order: &str, event_type: &str) -> Letter {
        if event_type == "OrderCancelled" {
            self.insist(&format!("/orders/{order}/cancel"), order, &json!({})).await;
        }
        self.office.letter(order, event_type).await
    }

    /// Kills the mortal worker once everybody who wants it dead is ready.
    async fn kill_with_the_others(&self) {
        // A case that fails elsewhere never comes here; the others are to fail then, too, not to wait for it.
        let ready = tokio::time::timeout(TOGETHER, self.doomed.wait()).await.expect("the others are held too");
        if ready.is_leader() {
            self.mortal.process.lock().await.kill().await;
            self.office.recall(&self.mortal.desk).await;
        }
        let dead = tokio::time::timeout(TOGETHER, self.doomed.wait()).await;
        dead.expect("the others know that it is dead");
    }

    /// Whether an order has ended as it should, in its own eyes, in billing's and in the provider's.
    async fn judge(&self, order: &str, ends: &str) -> Result<(), String> {
        let status = self.shop.get(&format!("/orders/{order}"), Some(&self.guest)).await.body["status"].clone();
        let ledger = self.ledger.ledger(order).await;
        let payment = AggregateId::from(&PaymentId::of_order(&OrderId::parse(order).unwrap()));
        let commits = self.cluster.aws.event_store(Owner::Billing).load(&payment, Version::ZERO).await;
        let commits = commits.map_err(|fault| fault.to_string())?;
        let events: Vec<_> = commits.into_iter().flat_map(|commit| commit.events).map(|it| it.event_type).collect();
        let asked = |operation: &str| ledger.iter().filter(|entry| entry["operation"] == operation).count();
        let once = ["authorize", "capture", "void", "refund"].iter().all(|operation| asked(operation) <= 1);
        let last = events.last().map(String::as_str);
        let holds = once
            && status == ends
            && match (ends, net(&ledger)) {
                ("paid", Net { captured: 200, held: 0 }) => last == Some("PaymentCaptured"),
                ("cancelled", Net { captured: 0, held: 0 }) => {
                    matches!(last, Some("PaymentVoided" | "PaymentRefunded" | "PaymentDeclined"))
                }
                _ => false,
            };
        if holds { Ok(()) } else { Err(format!("{order} is {status} and should be {ends}; {events:?}; {ledger:#?}")) }
    }
}

/// What a ledger comes to, in yen.
struct Net {
    /// Taken and not given back.
    captured: i64,
    /// Held and neither taken nor let go.
    held: i64,
}

fn net(ledger: &[Value]) -> Net {
    let done = |operation: &str| -> i64 {
        let approved = ledger.iter().filter(|it| it["operation"] == operation && it["outcome"] == "approved");
        approved.map(|it| it["amount"].as_i64().unwrap()).sum()
    };
    Net { captured: done("capture") - done("refund"), held: done("authorize") - done("capture") - done("void") }
}

impl Worker {
    async fn start(cluster: &TestCluster, office: &PostOffice) -> Self {
        let proxy = Proxy::start(&cluster.endpoint_url()).await;
        let desk = office.desk(&proxy);
        // More than there are cases, and each commit in a request of its own: one that is held must not hold up another.
        let proxied = proxy.url();
        let extra = [("AWS_ENDPOINT_URL", proxied.as_str()), ("BILLING_CONCURRENCY", "200"), ("GROUP_COMMIT", "off")];
        let process = Mutex::new(cluster.serve("billing", &extra).await);
        Self { process, proxy, desk }
    }

    /// Has the worker handle a message to its end.
    async fn run(&self, letter: &Letter) {
        let settled = letter.clone();
        let settles: RuleHandle = self.proxy.rule(Rule::when(move |it| settled.is_settled_by(it)).act(Action::Pass));
        self.desk.hand(letter);
        settles.until_hit(1, WITHIN).await;
        settles.remove();
    }
}
