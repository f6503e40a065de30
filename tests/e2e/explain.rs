//! Why is it pending? Causes are planted from outside, and the order's explanation names each; what it says to do is done.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shotengai_kernel::{OrderId, PaymentId, Timestamp};
use shotengai_street::free_port;
use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::shop::{Person, Shop, text};
use shotengai_tests::stream;
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;

const WITHIN: Duration = Duration::from_secs(90);
/// Whoever is paused has found out by then, in seconds.
const FINDS_OUT: i64 = 13;
const REFUSED: &str = "com.amazonaws.dynamodb.v20120810#InvalidRequestException";

/// A street with one administrator and one customer.
struct Street<'a> {
    cluster: &'a TestCluster,
    shop: Shop,
    admin: Person,
    guest: Person,
    product: String,
}

impl<'a> Street<'a> {
    async fn enter(cluster: &'a TestCluster, process: &Process) -> Self {
        let shop = cluster.shop(process);
        let (admin, guest) = (shop.admin().await, shop.guest(None, "en").await);
        let product = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100).await;
        Self { cluster, shop, admin, guest, product }
    }

    async fn orders(&self, pieces: u32) -> String {
        text(&self.shop.order(&self.guest, &[(&self.product, pieces)]).await.expect(202), "order_id")
    }

    async fn explains(&self, order: &str) -> Value {
        self.shop.get(&format!("/ops/orders/{order}/explanation"), Some(&self.admin)).await.expect(200)
    }

    /// What is said of the order once it is so.
    async fn explained(&self, what: &str, order: &str, so: impl Fn(&Value) -> bool) -> Value {
        until(&format!("{order} is explained: {what}"), WITHIN, || async {
            let explained = self.explains(order).await;
            if so(&explained) { Ok(explained) } else { Err(format!("{explained:#}")) }
        })
        .await
    }

    /// The first cause of the only thing that is awaited, once it is this.
    async fn blames(&self, order: &str, of: &str, cause: &str, place: &str) -> Value {
        let so = |explained: &Value| {
            let awaited = &explained["awaited"];
            let is_only = awaited.as_array().unwrap().len() == 1 && awaited[0]["of"] == of;
            is_only && awaited[0]["causes"][0]["cause"] == cause && awaited[0]["place"] == place
        };
        self.explained(cause, order, so).await["awaited"][0].clone()
    }

    async fn awaits_nothing(&self, order: &str, status: &str) {
        let so = |explained: &Value| explained["status"] == status && explained["awaited"] == json!([]);
        self.explained("nothing is awaited", order, so).await;
    }

    /// Does what the first cause says, as it stands there, with this put on.
    async fn does(&self, awaited: &Value, more: &[&str]) -> String {
        let command = text(&awaited["causes"][0], "command");
        let words: Vec<_> = command.split(' ').skip(1).chain(more.iter().copied()).collect();
        let output = self.cluster.command(&words).output().await.unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_explained_by_whom_it_waits_for_and_one_that_is_done_with_by_nobody() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let street = Street::enter(&cluster, &process).await;

    let paid = street.orders(1).await;
    street.awaits_nothing(&paid, "paid").await;
    // There is not enough: it is not pending but decided, and what it held is let go.
    let wanting = street.orders(101).await;
    street.awaits_nothing(&wanting, "cancelled").await;

    let explanation = format!("/ops/orders/{paid}/explanation");
    assert_eq!(street.shop.get(&explanation, None).await.status, 401);
    assert_eq!(street.shop.get(&explanation, Some(&street.guest)).await.status, 403);
    let none = street.shop.get("/ops/orders/ord_none/explanation", Some(&street.admin)).await.expect(404);
    assert_eq!(none["detail"], "there is no order ord_none");

    // The consumer finds out within ten seconds: what comes before that is paid as ever.
    let pause = async |paused: bool| {
        let body = json!({ "paused": paused, "reason": "a test" });
        let path = "/ops/consumers/billing-queue";
        street.shop.send(Method::PUT, path, Some(&street.admin), &[], Some(&body)).await.unwrap().expect(200)
    };
    pause(true).await;
    let waits = until("an order waits for the consumer", WITHIN, || async {
        let order = street.orders(1).await;
        let is_settled = |explained: &Value| {
            explained["awaited"] == json!([]) || first(explained) == "consumer_paused" && waited(explained) >= FINDS_OUT
        };
        let explained = street.explained("it is paid or waits", &order, is_settled).await;
        if explained["awaited"] == json!([]) { Err(explained) } else { Ok(order) }
    })
    .await;
    let awaited = street.blames(&waits, "billing", "consumer_paused", "queue").await;
    let cause = &awaited["causes"][0];
    assert_eq!((&cause["certainty"], &cause["why"]), (&json!("certain"), &json!("a test")));
    assert!(text(cause, "command").contains("/ops/consumers/billing-queue"), "{cause}");

    // The same by the command.
    let run = async |args: &[&str]| {
        let all: Vec<_> = ["order", "explain"].iter().chain(args).copied().chain(["--url", &process.url]).collect();
        cluster.command(&all).output().await.unwrap()
    };
    let as_text = String::from_utf8(run(&[&waits]).await.stdout).unwrap();
    assert!(as_text.starts_with(&format!("{waits}: ")), "{as_text}");
    assert!(as_text.contains("certain  the consumer of billing-queue is paused: a test"), "{as_text}");
    println!("{as_text}");
    let as_json = run(&[&waits, "--output", "json"]).await;
    assert!(as_json.status.success(), "{}", String::from_utf8_lossy(&as_json.stderr));
    let told: Value = serde_json::from_slice(&as_json.stdout).unwrap();
    assert_eq!(first(&told), "consumer_paused");
    let done = run(&[&paid]).await;
    assert!(done.status.success() && String::from_utf8_lossy(&done.stdout).ends_with("nothing is awaited\n"));
    let nowhere = run(&["ord_none"]).await;
    assert_eq!((nowhere.status.code(), nowhere.stdout.as_slice()), (Some(1), &b""[..]));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("there is no order ord_none"), "{nowhere:?}");
    assert_eq!(run(&["not an order"]).await.status.code(), Some(2));

    pause(false).await;
    street.awaits_nothing(&waits, "paid").await;
    cluster.assert_tidy().await;
}

/// How many seconds it is that what is awaited first is awaited.
fn waited(explained: &Value) -> i64 {
    let at = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    at(&explained["at"]).duration_since(at(&explained["awaited"][0]["since"])).as_secs()
}

/// The first cause of what is awaited first.
fn first(explained: &Value) -> &str {
    explained["awaited"][0]["causes"][0]["cause"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_followed_from_a_stream_that_takes_nothing_to_a_provider_that_answers_nothing() {
    let cluster = TestCluster::provisioned().await;
    // Where all processes are is known before they run; those that don't yet answer nothing.
    let (health, bridge, billing) = (free(), free(), free());
    let everywhere = [health, bridge, billing].map(|address| format!("http://{address}")).join(",");
    let gate = Proxy::start(&cluster.endpoint_url()).await;
    let roles = "storefront,catalog,order,inventory,notification,tally,query,ops";
    let behind = [("AWS_ENDPOINT_URL", gate.url()), ("OPS_PROCESSES", everywhere)];
    let behind: Vec<_> = behind.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let others = cluster.serve_at(roles, free(), health, &behind).await;
    let mut reader = cluster.serve_at("bridge", free(), bridge, &[]).await;
    let street = Street::enter(&cluster, &others).await;
    assert!(reader.terminate().await);

    let mut order = None;
    if !stream::captured() {
        let closed = gate.rule(Rule::when(|exchange| exchange.is("kinesis", "PutRecords")).act(Action::Hold));
        let unpublished = street.orders(1).await;
        let so = |explained: &Value| {
            let causes = explained["awaited"].as_array().unwrap().iter().map(|awaited| &awaited["causes"][0]);
            causes.map(|cause| (cause["cause"].clone(), cause["certainty"].clone())).collect::<Vec<_>>()
                == vec![(json!("not_published"), json!("certain")); 2]
        };
        let explained = street.explained("not published", &unpublished, so).await;
        let of = |n: usize| (text(&explained["awaited"][n], "of"), text(&explained["awaited"][n], "deed"));
        assert_eq!(of(0), ("inventory".to_owned(), "reserve_stock".to_owned()));
        assert_eq!(of(1), ("billing".to_owned(), "authorize_payment".to_owned()));
        assert_eq!(explained["awaited"][0]["place"], "event_store");
        closed.remove();
        order = Some(unpublished);
    }
    let order = match order {
        Some(order) => order,
        None => street.orders(1).await,
    };

    // In the stream, which nobody reads.
    let so = |explained: &Value| {
        let awaited = explained["awaited"].as_array().unwrap();
        awaited.len() == 2 && awaited.iter().all(|awaited| awaited["causes"][0]["cause"] == "bridge_away")
    };
    let explained = street.explained("no bridge", &order, so).await;
    let cause = &explained["awaited"][0]["causes"][0];
    assert_eq!(cause["command"], "shotengai serve bridge");
    assert!(cause["shard"].is_string() && explained["awaited"][0]["place"] == "stream", "{explained:#}");

    // Read, and in the queue of a role that is not there.
    let _bridge = cluster.serve_at("bridge", free(), bridge, &[]).await;
    let awaited = street.blames(&order, "billing", "consumer_away", "queue").await;
    assert_eq!((&awaited["deed"], &awaited["queue"]), (&json!("authorize_payment"), &json!("billing-queue")));
    assert_eq!(awaited["causes"][0]["command"], "shotengai serve billing");

    // There, and asks a provider that does not answer.
    let door = Proxy::start(&cluster.endpoint_url()).await;
    let captures = Rule::when(|exchange| {
        exchange.mentions("billing-ledger") && exchange.text().replace('\\', "").contains("\"capture\"")
    });
    let silent = door.rule(captures.act(Action::Hold));
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let door_url = door.url();
    let settings = [
        ("AWS_ENDPOINT_URL", door_url.as_str()),
        ("STOREFRONT_URL", others.url.as_str()),
        ("JWKS_URL", jwks.as_str()),
        ("CONSUMER_MAX_ATTEMPTS", "3"),
        ("CONSUMER_MAX_BACKOFF_SECONDS", "1"),
    ];
    let _billing = cluster.serve_at("billing", free(), billing, &settings).await;
    let awaited = street.blames(&order, "billing", "payment_provider", "payment_provider").await;
    assert_eq!((&awaited["deed"], &awaited["message"]["type"]), (&json!("capture_payment"), &json!("OrderConfirmed")));
    let told = street.does(&awaited, &[]).await;
    assert!(told.contains("CaptureStarted"), "{told}");
    silent.remove();
    street.awaits_nothing(&order, "paid").await;

    // Billing is denied its store: its breaker opens, and says so.
    let denied = door.rule(Rule::when(|exchange| exchange.service == "dynamodb").act(Action::ServerError));
    let held = street.orders(1).await;
    street.blames(&held, "billing", "breaker_open", "queue").await;
    let names_it = |explained: &Value| {
        let cause = &explained["awaited"][0]["causes"][0];
        cause["cause"] == "breaker_open" && cause["down"].as_object().is_some_and(|down| !down.is_empty())
    };
    street.explained("what is down", &held, names_it).await;
    denied.remove();
    street.awaits_nothing(&held, "paid").await;

    // This one's payment can't be written: it becomes a letter.
    let closed = door.rule(Rule::when(|exchange| exchange.is_put()).act(Action::Hold));
    let unlucky = street.orders(1).await;
    let awaited = street.blames(&unlucky, "billing", "in_flight", "queue").await;
    assert_eq!(awaited["causes"][0]["messages"], 1);
    let payment = PaymentId::of_order(&OrderId::parse(&unlucky).unwrap());
    let answer = Action::Answer {
        status: 400,
        body: json!({ "__type": REFUSED, "message": "not this one" }).to_string(),
        headers: vec![("content-type".to_owned(), "application/x-amz-json-1.0".to_owned())],
    };
    let about = Rule::when(move |exchange| exchange.is_put() && exchange.mentions(payment.as_str()));
    let refused = door.rule(about.act(answer));
    closed.remove();
    let awaited = street.blames(&unlucky, "billing", "dead_letter", "dead_letters").await;
    let cause = &awaited["causes"][0];
    assert_eq!((&cause["reason"], &cause["certainty"]), (&json!("exhausted"), &json!("certain")));
    let told = street.does(&awaited, &["--output", "json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["matching"], 1, "{told}");

    // Somebody deletes it: nothing is on its way any more but the reminder of its deadline. What is said to do then brings it back.
    refused.remove();
    let discard = cluster.command(&["dead-letters", "discard", "billing-dlq", "--yes"]).output().await.unwrap();
    assert!(discard.status.success(), "{}", String::from_utf8_lossy(&discard.stderr));
    let awaited = street.blames(&unlucky, "billing", "deadline", "not_known").await;
    street.does(&awaited, &[]).await;
    street.awaits_nothing(&unlucky, "paid").await;
    cluster.assert_tidy().await;
}
