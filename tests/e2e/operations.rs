//! An operator at the door: a letter is found, uncovered, rehearsed and redriven once its cause is gone, and its order completes.

use std::time::Duration;

use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use shotengai_contracts::{EventType, samples};
use shotengai_kernel::{OrderId, PaymentId};
use shotengai_messaging::Infrastructure;
use shotengai_tests::customer::Customer;
use shotengai_tests::door;
use shotengai_tests::proxy::{Action, Proxy, Rule};
use shotengai_tests::shop::{Answer, Person, Shop};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio::time::Instant;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};

const WITHIN: Duration = Duration::from_secs(90);
const FEW_ATTEMPTS: [(&str, &str); 2] = [("CONSUMER_MAX_ATTEMPTS", "3"), ("CONSUMER_MAX_BACKOFF_SECONDS", "1")];

/// An operator who is signed in.
struct Operator {
    shop: Shop,
    who: Person,
}

impl Operator {
    async fn get(&self, path: &str) -> Value {
        let answer = self.shop.get(path, Some(&self.who)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn post(&self, path: &str, body: Value, status: u16) -> Value {
        let answer = self.shop.post(path, Some(&self.who), &body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        answer.body
    }

    async fn put(&self, path: &str, body: &Value) -> Answer {
        self.shop.send(Method::PUT, path, Some(&self.who), &[], Some(body)).await.unwrap()
    }

    /// What is shown there, once it is so.
    async fn sees(&self, path: &str, so: impl Fn(&Value) -> bool) -> Value {
        until(&format!("{path} shows it"), WITHIN, || async {
            let seen = self.get(path).await;
            if so(&seen) { Ok(seen) } else { Err(seen) }
        })
        .await
    }
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|entry| entry[key] == name).unwrap_or(&Value::Null)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_found_uncovered_rehearsed_and_redriven_and_its_order_completes() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,catalog,order,inventory,notification,tally,query,bridge,ops", &[]).await;
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let (url, jwks) = (proxy.url(), format!("{}/.well-known/jwks.json", others.url));
    let urls = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("CATALOG_URL", others.url.as_str()),
        ("STOREFRONT_URL", others.url.as_str()),
        ("JWKS_URL", jwks.as_str()),
    ];
    let settings: Vec<_> = urls.into_iter().chain(FEW_ATTEMPTS).collect();
    let _billing = cluster.serve("billing", &settings).await;
    let mut customer = Customer::enter(cluster.shop(&others)).await;
    let shop = cluster.shop(&others);
    let who = shop.admin().await;
    let operator = Operator { shop, who };

    let closed = proxy.rule(Rule::when(|exchange| exchange.is_put()).act(Action::Hold));
    let unlucky = customer.orders_one().await;
    let payment = PaymentId::of_order(&OrderId::parse(&unlucky).unwrap());
    let poisoned = payment.clone();
    let answer =
        json!({ "__type": "com.amazonaws.dynamodb.v20120810#InvalidRequestException", "message": "not this one" });
    let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.0".to_owned())];
    let refused = proxy.rule(
        Rule::when(move |exchange| exchange.is_put() && exchange.mentions(poisoned.as_str())).act(Action::Answer {
            status: 400,
            body: answer.to_string(),
            headers,
        }),
    );
    closed.remove();

    // By cause, then by itself, covered.
    let found = operator.sees("/ops/dead-letters", |seen| seen["groups"] != json!([])).await;
    let group = &found["groups"][0];
    assert_eq!((&group["queue"], &group["reason"]), (&json!("billing-dlq"), &json!("exhausted")));
    let listed = operator.get("/ops/dead-letters/billing-dlq").await;
    let letter = &listed["items"][0];
    assert_eq!((&letter["order_id"], &letter["event_type"]), (&json!(unlucky), &json!("OrderPlaced")));
    assert!(letter.get("body").is_none() && letter["cause"] == group["error"], "{letter}");
    let id = letter["id"].as_str().unwrap();
    let path = format!("/ops/dead-letters/billing-dlq/{id}/uncover");
    let uncovered = operator.post(&path, json!({ "reason": "the order is pending" }), 200).await;
    assert!(uncovered["body"].as_str().unwrap().contains(&unlucky));

    // The very code of billing says what the letter would do, and does nothing of it.
    let wish = json!({ "queue": "billing-dlq", "letters": [id] });
    let told = operator.post("/ops/rehearsals", wish.clone(), 200).await;
    let foreseen = &told["items"][0];
    assert_eq!(foreseen["outcome"], "would_append", "{foreseen}");
    let authorized = json!({ "type": "PaymentAuthorized", "subject": payment.as_str(), "version": 1 });
    assert_eq!(foreseen["events"], json!([authorized]));
    assert_eq!(customer.looks_at(&unlucky).await["status"], "pending");

    refused.remove();
    let wish = json!({ "queue": "billing-dlq", "cause": {
        "reason": group["reason"], "consumer": group["consumer"], "event_type": group["event_type"], "error": group["error"]
    }, "reason": "the table takes it again" });
    let begun = operator.post("/ops/redrives", wish, 202).await;
    let at = format!("/ops/runs/{}", begun["id"].as_str().unwrap());
    let run = operator.sees(&at, |run| run["state"] != "running").await;
    assert_eq!((&run["state"], &run["settled"]), (&json!("finished"), &json!(1)), "{run}");
    assert_eq!((&run["outcomes"][0]["letter"], &run["outcomes"][0]["outcome"]), (&json!(id), &json!("sent")));
    let run = operator.sees(&at, |run| run["handlings"]["waiting"] == 0).await;
    assert_eq!(run["handlings"], json!({ "waiting": 0, "handled": 1, "ignored": 0, "dead_again": 0 }));
    let handling = &run["outcomes"][0]["handling"];
    assert_eq!((&handling["outcome"], &handling["events"]), (&json!("handled"), &foreseen["events"]), "{handling}");
    customer.has_paid_for_all().await;

    let records = operator.get("/ops/records").await;
    let deeds: Vec<_> =
        records["items"].as_array().unwrap().iter().map(|deed| deed["action"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["redrive", "uncover"]);
    assert_eq!(records["items"][0]["run"], run["id"]);
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_consumer_is_shown_its_messages_wait_and_come_through_when_it_goes_on() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let mut customer = Customer::enter(cluster.shop(&process)).await;
    customer.orders_one().await;
    customer.has_paid_for_all().await;
    let shop = cluster.shop(&process);
    let who = shop.admin().await;
    let operator = Operator { shop, who };

    let street = operator.sees("/ops/street", |street| street["unknown"] == json!([])).await;
    let ready = street["processes"].as_array().unwrap().iter().filter(|process| process["ready"] == true).count();
    assert_eq!(ready, if door::is_on() { 10 } else { 1 }, "{street}");
    assert!(street["stream"]["shards"][0]["owner"].is_string(), "{street}");
    let tally = named(&street["consumers"], "consumer", "tally");
    assert_eq!((&tally["processes"], &tally["breaker_open"]), (&json!(1), &json!(false)));
    assert!(tally["handled"].as_u64().unwrap() >= 1 && tally.get("paused").is_none(), "{tally}");

    let pause = |paused: bool| json!({ "paused": paused, "reason": "a test" });
    let path = "/ops/consumers/tally-queue";
    assert_eq!(operator.put(path, &pause(true)).await.body["paused"]["reason"], "a test");
    let shows = |street: &Value| named(&street["consumers"], "consumer", "tally")["paused"].is_object();
    operator.sees("/ops/street", shows).await;
    let waits = |street: &Value| named(&street["queues"], "queue", "tally-queue")["waiting"].as_u64() >= Some(1);
    // It finds out within ten seconds: what comes before that is counted as ever.
    let begun = Instant::now();
    while !waits(&operator.get("/ops/street").await) {
        assert!(begun.elapsed() < WITHIN, "nothing waits");
        customer.orders_one().await;
        customer.has_paid_for_all().await;
    }
    assert_eq!(operator.put(path, &pause(false)).await.status, 200);
    operator.sees("/ops/street", |street| !shows(street) && !waits(street)).await;
    let records = operator.get("/ops/records").await;
    let deeds: Vec<_> =
        records["items"].as_array().unwrap().iter().map(|deed| deed["action"].as_str().unwrap()).collect();
    assert_eq!(deeds, ["resume", "pause"]);
    cluster.assert_tidy().await;
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// Opens it as a page does, which can set no header; the status where it is refused.
async fn watch(base: &str, token: Option<&str>) -> Result<Socket, u16> {
    let mut request = format!("{}/ops/steps", base.replace("http", "ws")).into_client_request().unwrap();
    let offered =
        token.map_or_else(|| "shotengai.steps".to_owned(), |token| format!("shotengai.steps, bearer.{token}"));
    request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
    match connect_async(request).await {
        Ok((socket, answer)) => {
            assert_eq!(answer.headers()["sec-websocket-protocol"], "shotengai.steps");
            Ok(socket)
        }
        Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(other) => panic!("{other}"),
    }
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(WITHIN, socket.next()).await.unwrap().unwrap().unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn administrators_see_an_order_walk_and_nothing_of_whose_it_is() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let (admin, guest) = (shop.admin().await, shop.guest(Some("hanako@example.com"), "ja").await);
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    assert_eq!(watch(shop.base(), None).await.unwrap_err(), 401);
    assert_eq!(watch(shop.base(), Some(&guest.token)).await.unwrap_err(), 403);

    let mut socket = watch(shop.base(), Some(&admin.token)).await.unwrap();
    let begin = next(&mut socket).await;
    assert_eq!((&begin["type"], &begin["one_in"]), (&json!("begin"), &json!(1)));
    assert!(begin["ways"]["OrderPaid"].as_array().unwrap().contains(&json!("tally-queue")), "{begin}");
    let placed = shop.order(&guest, &[(&kinoko, 1)]).await.expect(202);
    let order = placed["order_id"].as_str().unwrap();
    let mut seen = std::collections::BTreeMap::new();
    let walked = [
        ("OrderPlaced", "order"),
        ("StockReserved", "inventory"),
        ("PaymentAuthorized", "billing"),
        ("OrderConfirmed", "order"),
        ("OrderPaid", "order"),
    ];
    // They go by several shards, of which one may be read later than another.
    while !walked.iter().all(|(event_type, _)| seen.contains_key(*event_type)) {
        let message = next(&mut socket).await;
        for step in message["steps"].as_array().into_iter().flatten() {
            assert_eq!(step["order_id"], order, "{step}");
            seen.insert(step["event_type"].as_str().unwrap().to_owned(), step["service"].clone());
        }
        let text = message.to_string();
        assert!(!text.contains("hanako") && !text.contains(&guest.user_id) && !text.contains("prod_kinoko"), "{text}");
    }
    for (event_type, service) in walked {
        assert_eq!(seen.get(event_type), Some(&json!(service)), "{seen:?}");
    }
    shop.until_status(&guest, order, "paid").await;
    drop(socket);
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_of_notification_says_which_mail_it_would_send_and_sends_none() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let guest = shop.guest(Some("hanako@example.com"), "ja").await;
    let operator = Operator { who: shop.admin().await, shop: cluster.shop(&process) };
    let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
    envelope.data["user_id"] = json!(guest.user_id);
    let letter = shotengai_messaging::Message { body: envelope.to_json(), ..Default::default() };
    assert!(cluster.aws.queue("notification-dlq").send(&[letter]).await.unwrap()[0].is_ok());

    let found = operator.sees("/ops/dead-letters/notification-dlq", |seen| seen["items"] != json!([])).await;
    let id = found["items"][0]["id"].as_str().unwrap();
    let wish = json!({ "queue": "notification-dlq", "letters": [id] });
    let told = operator.post("/ops/rehearsals", wish, 200).await;
    let foreseen = &told["items"][0];
    assert_eq!(foreseen["outcome"], "would_write", "{foreseen}");
    let mail = json!({ "what": "mail receipt, language ja, to the customer's address", "how": "send" });
    assert!(foreseen["asks"].as_array().unwrap().contains(&mail), "{foreseen}");
    assert!(!told.to_string().contains("hanako"), "{told}");
    assert!(cluster.inbox.list(0, 1).messages.is_empty());

    let wish = json!({ "queue": "notification-dlq", "reason": "a test put it there" });
    operator.post("/ops/discards", wish, 202).await;
    operator.sees("/ops/dead-letters", |seen| seen["groups"] == json!([])).await;
    cluster.assert_tidy().await;
}
