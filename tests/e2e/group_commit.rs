//! Commits that meet: one throttled statement, lost answers, a permission that is missing, and what they cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::Infrastructure;
use shotengai_tests::commits::count_of;
use shotengai_tests::proxy::{Action, Exchange, Proxy, Rule};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tokio::time::Instant;

const SOON: Duration = Duration::from_secs(30);
/// Products that are put on sale at once.
const AT_ONCE: usize = 24;
const ORDERS: usize = 100;
const CLIENTS: usize = 16;

/// A street whose roles reach AWS through a proxy.
struct Street {
    cluster: TestCluster,
    proxy: Proxy,
    process: Process,
    shop: Shop,
    admin: Person,
}

impl Street {
    async fn open(settings: &[(&str, &str)]) -> Self {
        let cluster = TestCluster::provisioned().await;
        let proxy = Proxy::start(&cluster.endpoint_url()).await;
        let url = proxy.url();
        let settings = [settings, &[("AWS_ENDPOINT_URL", url.as_str())]].concat();
        let process = cluster.serve("all", &settings).await;
        let shop = cluster.shop(&process);
        let admin = shop.admin().await;
        Self { cluster, proxy, process, shop, admin }
    }

    /// Puts products on sale at the same moment, while one is held that came before: they meet.
    async fn put_on_sale(&self, ids: &[String]) -> Vec<u16> {
        let first = Rule::when(|exchange| exchange.is("dynamodb", "PutItem") && exchange.mentions("prod_first"));
        let held = self.proxy.rule(first.act(Action::Hold));
        let before = tokio::spawn(create(self.shop.clone(), self.admin.clone(), "prod_first".to_owned()));
        held.until_hit(1, SOON).await;
        let statuses = join_all(ids.iter().map(|id| create(self.shop.clone(), self.admin.clone(), id.clone()))).await;
        held.release();
        assert_eq!(before.await.unwrap(), 201);
        statuses
    }

    async fn commits(&self, id: &str) -> usize {
        let id = AggregateId::parse(id).unwrap();
        self.cluster.aws.event_store(Owner::Catalog).load(&id, Version::ZERO).await.unwrap().len()
    }
}

async fn create(shop: Shop, admin: Person, id: String) -> u16 {
    let body = json!({"product_id": id, "name": "きのこの山", "description": "", "price": 200, "stock": 1});
    shop.post("/products", Some(&admin), &body).await.status.as_u16()
}

fn ids() -> Vec<String> {
    (0..AT_ONCE).map(|n| format!("prod_{n}")).collect()
}

fn is_insert(exchange: &Exchange) -> bool {
    exchange.is("dynamodb", "BatchExecuteStatement") && exchange.mentions("INSERT INTO")
}

/// Refuses the statements that have these words, as DynamoDB throttles one within a batch, and has the others done.
fn throttle_one(upstream: String, words: &'static str, refused: Arc<AtomicUsize>) -> Action {
    Action::ask(move |exchange| {
        let (mut body, headers, upstream) = (exchange.json(), exchange.headers.clone(), upstream.clone());
        let refused = Arc::clone(&refused);
        async move {
            let statements: Vec<Value> = body["Statements"].as_array().unwrap().clone();
            let is_refused = |statement: &Value| statement.to_string().contains(words);
            let passed: Vec<&Value> = statements.iter().filter(|statement| !is_refused(statement)).collect();
            if passed.len() < statements.len() && !passed.is_empty() {
                refused.fetch_add(1, Ordering::Relaxed);
            }
            body["Statements"] = json!(passed);
            let mut answers = Vec::new();
            if !passed.is_empty() {
                let mut request = shotengai_runtime::direct_http().build().unwrap().post(upstream).json(&body);
                for name in ["x-amz-target", "authorization", "x-amz-date"] {
                    request = request.header(name, headers[name].to_str().unwrap());
                }
                let answer: Value = request.send().await.unwrap().json().await.unwrap();
                answers.clone_from(answer["Responses"].as_array().unwrap());
            }
            let mut answers = answers.into_iter();
            let refusal = json!({"Error": {"Code": "ThrottlingError", "Message": "slow down"}});
            let merged: Vec<Value> = statements
                .iter()
                .map(|statement| if is_refused(statement) { refusal.clone() } else { answers.next().unwrap() })
                .collect();
            let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.0".to_owned())];
            Action::Answer { status: 200, body: json!({"Responses": merged}).to_string(), headers }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_throttled_statement_holds_no_other_up_and_follows() {
    const SLOW: &str = "prod_slow";
    const THROTTLED: Duration = Duration::from_secs(30);
    let street = Street::open(&[]).await;
    let refused = Arc::new(AtomicUsize::new(0));
    let within = throttle_one(street.cluster.endpoint_url(), SLOW, Arc::clone(&refused));
    let within = street.proxy.rule(Rule::when(is_insert).act(within));
    let alone = Rule::when(|exchange| exchange.is("dynamodb", "PutItem") && exchange.mentions(SLOW));
    let alone = street.proxy.rule(alone.act(Action::Throttle));
    let began = Instant::now();
    let mut ids = ids();
    ids.insert(AT_ONCE / 2, SLOW.to_owned());
    let mut statuses = street.put_on_sale(&ids).await;
    let (at_once, mut tries) = (began.elapsed(), 1);
    assert_eq!(statuses.remove(AT_ONCE / 2), 503);
    assert_eq!(statuses, [201; AT_ONCE]);
    while create(street.shop.clone(), street.admin.clone(), SLOW.to_owned()).await != 201 {
        assert!(began.elapsed() < THROTTLED + SOON);
        tries += 1;
        if began.elapsed() >= THROTTLED {
            within.remove();
            alone.remove();
        }
    }
    let followed = began.elapsed();
    println!("{AT_ONCE} others after {at_once:?}; the throttled one after {followed:?}, refused {tries} times");
    assert!(refused.load(Ordering::Relaxed) > 0, "it was refused among others");
    assert!(at_once < THROTTLED / 2 && followed >= THROTTLED);
    for id in ids.iter().map(String::as_str).chain(["prod_first"]) {
        assert_eq!(street.commits(id).await, 1, "{id}");
    }
    assert_eq!(count_of(&street.cluster, Owner::Catalog).await, AT_ONCE + 2, "nothing is doubled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_whose_answers_are_lost_are_repeated_unchanged() {
    let street = Street::open(&[]).await;
    let lost = street.proxy.rule(Rule::when(is_insert).times(3).act(Action::LoseAnswer));
    let ids = ids();
    assert_eq!(street.put_on_sale(&ids).await, [201; AT_ONCE]);
    assert!(lost.hits() > 0);
    for id in &ids {
        assert_eq!(street.commits(id).await, 1, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_permission_is_named_and_can_be_done_without() {
    let street = Street::open(&[]).await;
    let denied = street.proxy.rule(Rule::when(is_insert).act(Action::AccessDenied));
    let statuses = street.put_on_sale(&ids()).await;
    assert_eq!(statuses, [201; AT_ONCE], "each goes by itself then");
    assert!(denied.hits() > 0);
    let logs = street.process.log();
    assert!(logs.contains("dynamodb:PartiQLInsert") && logs.contains("GROUP_COMMIT=off"), "{logs}");

    let street = Street::open(&[("GROUP_COMMIT", "off")]).await;
    let denied = street.proxy.rule(Rule::when(is_insert).act(Action::AccessDenied));
    assert_eq!(street.put_on_sale(&ids()).await, [201; AT_ONCE]);
    assert_eq!(denied.hits(), 0);
}

/// Requests that appended single commits while orders were placed at once and paid.
async fn appends(switch: &str) -> (u64, u64) {
    let street = Street::open(&[("GROUP_COMMIT", switch)]).await;
    let kinoko = street.shop.product(&street.admin, "prod_kinoko", "きのこの山", 200, 10_000).await;
    let puts = Rule::when(|exchange| exchange.is("dynamodb", "PutItem") && exchange.mentions("-events\""));
    let puts = street.proxy.rule(puts.act(Action::Pass));
    let inserts = street.proxy.rule(Rule::when(is_insert).act(Action::Pass));
    let buyers: Vec<_> = futures::stream::iter(0..CLIENTS).then(|_| street.shop.guest(None, "en")).collect().await;
    let orders: Vec<_> = futures::stream::iter(0..ORDERS)
        .map(|n| {
            let (shop, buyer, kinoko) = (&street.shop, &buyers[n % CLIENTS], &kinoko);
            async move { (text(&shop.order(buyer, &[(kinoko, 1)]).await.expect(202), "order_id"), buyer) }
        })
        .buffer_unordered(CLIENTS)
        .collect()
        .await;
    for (order, buyer) in orders {
        street.shop.until_status(buyer, &order, "paid").await;
    }
    until("all is published", SOON, || async {
        match street.cluster.unpublished().await {
            0 => Ok(()),
            left => Err(left),
        }
    })
    .await;
    println!("GROUP_COMMIT={switch}: {ORDERS} orders: {} puts, {} batches of inserts", puts.hits(), inserts.hits());
    (puts.hits(), inserts.hits())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_come_at_once_cost_fewer_requests() {
    let (puts, none) = appends("off").await;
    assert_eq!(none, 0);
    let (lone, together) = appends("on").await;
    assert!(together > 0 && lone + together < puts * 9 / 10, "{lone} and {together} for {puts}");
}
