//! The desk of operators: what they see, what they do, and what is recorded of it.

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::{Value, json};
use shotengai_contracts::topology::{Installation as Topologies, QueueSpec, Service, tables};
use shotengai_contracts::{Envelope, EventType, Owner, samples};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_kit::{Answer, Installation, RoleUnderTest, Sender};
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::shadow::Shadow;
use shotengai_messaging::{
    Commit, CommitFactory, Condition, Delivery, Disposition, EventHandler, Handler, Infrastructure, IntoHandler, Key,
    Message, Queue, Reason, Row,
};
use shotengai_ops::rehearse::Stage;
use shotengai_ops::street::processes::Processes;
use shotengai_ops::{Program, assemble};
use shotengai_testing::harness::{Faults, paused_ports};

const REASON: Reason = Reason::new("no_such_order", "of the test");

/// The role over an installation in memory.
pub(crate) struct Desk {
    pub(crate) installation: Installation,
    pub(crate) role: RoleUnderTest,
}

impl Desk {
    pub(crate) fn new(seed: u64) -> Self {
        Self::over(Installation::new(seed))
    }

    /// With faults that the test asks for.
    pub(crate) fn with_faults(seed: u64, faults: &Arc<Faults>) -> Self {
        Self::over(Installation::with_faults(seed, Arc::clone(faults) as _))
    }

    fn over(installation: Installation) -> Self {
        let installation = installation.leaving("order-").leaving("tally-").leaving("query-");
        let client = shotengai_runtime::direct_http().build().unwrap();
        let processes = Processes::new(client, Vec::new(), Arc::default());
        let role = assemble(installation.deps(Service::OPS), processes, program());
        let role = RoleUnderTest::new(role, &installation.ports);
        Self { installation, role }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.role.send(TestRequest::get().uri(path), Sender::Admin).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.role.send(TestRequest::post().uri(path).set_json(body), Sender::Admin).await
    }

    /// Puts a letter about this aggregate there; its id.
    pub(crate) async fn letter(&self, queue: &str, subject: &str, reason: &str) -> String {
        let mut envelope = samples::envelope(EventType::OrderPaid).unwrap();
        envelope.subject = subject.parse().unwrap();
        let facts = DeadLetterFacts {
            reason: reason.to_owned(),
            error: format!("{subject} is not there"),
            consumer: queue.trim_end_matches("-dlq").to_owned(),
            attempts: 40,
            first_seen: Some(self.installation.ports.clock.now()),
            trace: Some("00-7bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        };
        let facts = serde_json::to_string(&facts).unwrap();
        let attributes = [(DEAD_LETTER_ATTRIBUTE.to_owned(), facts)].into();
        let message = Message { body: envelope.to_json(), attributes, delay: Duration::ZERO };
        let queue = self.installation.infra.memory_queue(queue);
        let before: Vec<_> = queue.messages().into_iter().map(|message| message.message_id).collect();
        assert!(queue.send(&[message]).await.unwrap()[0].is_ok());
        let mut now = queue.messages().into_iter().map(|message| message.message_id);
        now.find(|id| !before.contains(id)).unwrap()
    }

    /// The id of the newest run, once there is one.
    pub(crate) async fn first_run(&self) -> String {
        let waiting = async {
            loop {
                if let Some(id) = self.get("/ops/runs").await.body["items"][0]["id"].as_str() {
                    return id.to_owned();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap()
    }

    /// A run, once it is over.
    pub(crate) async fn ended(&self, at: &str) -> Value {
        let waiting = async {
            loop {
                let run = self.get(at).await.body;
                if run["state"] != "running" {
                    return run;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap()
    }
}

/// Each message of order and tally writes a row and a commit. Nothing else can be rehearsed.
struct Tellers;

impl Stage for Tellers {
    fn handler(&self, queue: &'static QueueSpec, over: &Arc<Shadow>) -> Option<Arc<dyn Handler>> {
        let teller = Teller { ports: paused_ports(7), over: Arc::clone(over) as _ };
        match queue.service {
            Service::ORDER | Service::TALLY => Some(teller.into_handler()),
            _ => None,
        }
    }
}

struct Teller {
    ports: Ports,
    over: Arc<dyn Infrastructure>,
}

#[async_trait]
impl EventHandler for Teller {
    const EVENTS: &'static [EventType] = &[EventType::OrderPaid];

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        if delivery.envelope.subject.as_str() == "ord_away" {
            return Disposition::retry("it is away");
        }
        let id = AggregateId::parse("stock/prod_kinoko").unwrap();
        let store = self.over.event_store(Owner::Inventory);
        if delivery.envelope.subject.as_str() == "ord_done" {
            store.load(&id, Version::ZERO).await.unwrap();
            let table = self.over.table(tables::ORDER_PRICES.name);
            for order in ["ord_done", "ord_not_there"] {
                table.get(&Key::new("orders", order)).await.unwrap();
            }
            return Disposition::Done;
        }
        let version = store.load(&id, Version::ZERO).await.unwrap().last().map_or(Version::ZERO, Commit::last_version);
        let event = samples::event(EventType::StockMoved).unwrap();
        let commit =
            CommitFactory::new(self.ports.clone()).commit(id, version, &[event], &delivery.metadata()).unwrap();
        store.append(&[commit]).await.unwrap();
        let row = Row::new(Key::new("orders", delivery.envelope.subject.as_str()), 1, json!({}));
        self.over.table(tables::ORDER_PRICES.name).put(&row, Condition::Absent).await.unwrap();
        Disposition::Done
    }
}

fn program() -> Program {
    Program {
        installation: Topologies::default(),
        reasons: vec![REASON],
        lease_group: |stream| format!("bridge/{stream}"),
        events: |_| Vec::new(),
        stage: Arc::new(Tellers),
    }
}

pub(crate) fn at(answer: &Answer) -> String {
    answer.headers.get("location").unwrap().to_str().unwrap().to_owned()
}

#[actix_web::test]
async fn letters_are_listed_covered_and_uncovered_for_a_reason_that_is_recorded() {
    let desk = Desk::new(1);
    let id = desk.letter("order-dlq", "ord_1", "exhausted").await;
    let listed = desk.get("/ops/dead-letters").await;
    assert_eq!(listed.status, 200);
    let group = &listed.body["groups"][0];
    assert_eq!(
        (&group["queue"], &group["count"], &group["error"]),
        (&json!("order-dlq"), &json!(1), &json!("ord_# is not there"))
    );
    let letters = desk.get("/ops/dead-letters/order-dlq?limit=5").await.body;
    let letter = &letters["items"][0];
    assert_eq!((&letter["id"], &letter["subject"], &letter["attempts"]), (&json!(id), &json!("ord_1"), &json!(40)));
    assert_eq!(letter["trace_id"], "7bf92f3577b34da6a3ce929d0e0e4736");
    assert!(letter["order_id"].as_str().unwrap().starts_with("ord_") && letter["body_bytes"].as_u64().unwrap() > 100);
    assert!(!letters.to_string().contains("user_id"), "bodies are covered: {letters}");
    assert_eq!(letters["target"], "order-queue");

    let path = format!("/ops/dead-letters/order-dlq/{id}/uncover");
    assert_eq!(desk.post(&path, &json!({ "reason": " " })).await.status, 422);
    assert_eq!(desk.post(&path, &json!({})).await.status, 400);
    assert_eq!(desk.get("/ops/records").await.body["items"], json!([]));
    let uncovered = desk.post(&path, &json!({ "reason": "a customer asks" })).await;
    assert_eq!(uncovered.status, 200);
    assert!(uncovered.body["body"].as_str().unwrap().contains("user_id"));
    let records = desk.get("/ops/records").await.body;
    let record = &records["items"][0];
    assert_eq!(record["id"], uncovered.body["record"]);
    assert_eq!(
        (&record["action"], &record["by"], &record["reason"], &record["letter"]),
        (&json!("uncover"), &json!("usr_admin"), &json!("a customer asks"), &json!(id))
    );
    // It is still there, and in nobody's hands.
    let depth = desk.installation.infra.memory_queue("order-dlq").depth_now();
    assert_eq!((depth.visible, depth.in_flight), (1, 0));
    let gone = "/ops/dead-letters/order-dlq/none/uncover";
    assert_eq!(desk.post(gone, &json!({ "reason": "x" })).await.status, 404);
    let unknown = desk.get("/ops/dead-letters/order-queue").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body["detail"].as_str().unwrap().contains("order-dlq"));
}

#[actix_web::test]
async fn a_redrive_is_previewed_begun_once_recorded_and_followed_to_each_letter() {
    let desk = Desk::new(2);
    let (one, two) = (
        desk.letter("order-dlq", "ord_1", "exhausted").await,
        desk.letter("order-dlq", "ord_2", "no_such_order").await,
    );
    let wish = json!({ "queue": "order-dlq", "cause": { "reason": "exhausted" }, "reason": "it answers again" });
    let mut look = wish.clone();
    look["preview"] = json!(true);
    let preview = desk.post("/ops/redrives", &look).await;
    assert_eq!((preview.status, &preview.body["state"]), (200, &json!("preview")));
    assert_eq!(preview.body["outcomes"][0]["letter"], json!(one));
    assert_eq!((&preview.body["outcomes"][0]["outcome"], &preview.body["matching"]), (&json!("meant"), &json!(1)));
    assert_eq!(desk.get("/ops/runs").await.body["items"], json!([]), "nothing was written");

    let send = |key: &'static str, body: Value| {
        let request = TestRequest::post().uri("/ops/redrives").insert_header(("idempotency-key", key));
        desk.role.send(request.set_json(body), Sender::Admin)
    };
    let begun = send("k1", wish.clone()).await;
    assert_eq!((begun.status, &begun.body["state"]), (202, &json!("running")));
    let run = desk.ended(&at(&begun)).await;
    assert_eq!((&run["state"], &run["settled"], &run["complete"]), (&json!("finished"), &json!(1), &json!(true)));
    let sent = json!({ "letter": one, "subject": "ord_1", "event_type": "OrderPaid", "outcome": "sent",
        "handling": { "outcome": "waiting", "attempts": 0 } });
    assert_eq!(run["outcomes"], json!([sent]));
    let again = send("k1", wish.clone()).await;
    assert_eq!((again.status, &again.body["id"]), (202, &run["id"]), "the same request is the same run");
    assert_eq!(send("k1", look).await.status, 200, "a look is no run");
    let other = json!({ "queue": "order-dlq", "letters": [two], "reason": "this one, too" });
    assert_eq!(send("k1", other.clone()).await.status, 422);
    // Ids tell the time, which stands still here.
    desk.installation.advance(SignedDuration::from_secs(1));
    let second = desk.ended(&at(&send("k2", other).await)).await;
    assert_eq!((&second["settled"], &second["outcomes"][0]["letter"]), (&json!(1), &json!(two)));

    let arrived = desk.installation.infra.memory_queue("order-queue").messages();
    assert_eq!(arrived.len(), 2);
    assert!(arrived.iter().any(|message| message.attributes["redriven"].contains(run["id"].as_str().unwrap())));
    let page = desk.get("/ops/runs?limit=1").await.body;
    assert_eq!((&page["items"][0]["id"], page["items"].as_array().unwrap().len()), (&second["id"], 1));
    let next = format!("/ops/runs?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let next = desk.get(&next).await.body;
    assert_eq!((&next["items"][0]["id"], &next["next_cursor"]), (&run["id"], &Value::Null));
    let records = desk.get("/ops/records").await.body;
    let deeds: Vec<_> =
        records["items"].as_array().unwrap().iter().map(|deed| (&deed["action"], &deed["run"])).collect();
    assert_eq!(deeds, [(&json!("redrive"), &second["id"]), (&json!("redrive"), &run["id"])]);
}

#[actix_web::test]
async fn a_discard_deletes_and_what_no_letter_can_be_is_refused() {
    let desk = Desk::new(3);
    let id = desk.letter("tally-dlq", "ord_1", "exhausted").await;
    for (body, status, slug) in [
        (json!({ "queue": "tally-queue", "reason": "x" }), 422, "no-such-letters"),
        (json!({ "queue": "tally-dlq", "cause": { "reason": "exausted" }, "reason": "x" }), 422, "no-such-letters"),
        (
            json!({ "queue": "tally-dlq", "cause": { "event_type": "OrderEaten" }, "reason": "x" }),
            422,
            "no-such-letters",
        ),
        (json!({ "queue": "tally-dlq", "letters": [], "reason": "x" }), 422, "out-of-range"),
        (json!({ "queue": "tally-dlq", "per_second": 0, "reason": "x" }), 422, "out-of-range"),
        (json!({ "queue": "tally-dlq", "reason": "" }), 422, "invalid-text"),
        (json!({ "queue": "tally-dlq" }), 400, "invalid-body"),
        (json!({ "queue": "tally-dlq", "reason": "x", "letters": null }), 400, "invalid-body"),
    ] {
        let refused = desk.post("/ops/discards", &body).await;
        let kind = refused.body["type"].as_str().unwrap();
        assert!(refused.status == status && kind.ends_with(slug), "{body}: {} {kind}", refused.status);
    }
    let wish = json!({ "queue": "tally-dlq", "letters": [id], "per_second": 1000, "reason": "a test sent it" });
    let run = desk.ended(&at(&desk.post("/ops/discards", &wish).await)).await;
    assert_eq!((&run["outcomes"][0]["outcome"], run.get("target")), (&json!("discarded"), None));
    assert_eq!(desk.installation.infra.memory_queue("tally-dlq").messages().len(), 0);
    assert_eq!(desk.get("/ops/runs/0190d3a1-7a4c-7c3e-9b1a-0123456789ab").await.status, 404);
    assert_eq!(desk.get("/ops/runs?cursor=x").await.status, 400);
}

#[actix_web::test]
async fn a_group_without_an_event_type_sent_back_as_a_cause_chooses_no_letter_that_has_one() {
    let desk = Desk::new(6);
    let queue = desk.installation.infra.memory_queue("order-dlq");
    let typed = Message { body: samples::envelope(EventType::OrderPaid).unwrap().to_json(), ..Message::default() };
    let untyped = Message { body: "{".to_owned(), ..Message::default() };
    assert!(queue.send(&[typed, untyped]).await.unwrap().iter().all(Result::is_ok));
    let groups = desk.get("/ops/dead-letters").await.body["groups"].clone();
    let groups = groups.as_array().unwrap();
    assert_eq!(groups.len(), 2, "{groups:?}");
    let group = groups.iter().find(|group| group.get("event_type").is_none()).unwrap();
    let cause = json!({
        "reason": group["reason"], "consumer": group["consumer"], "event_type": "", "error": group["error"]
    });
    let wish = json!({ "queue": "order-dlq", "cause": cause, "reason": "nobody can read it" });
    let run = desk.ended(&at(&desk.post("/ops/discards", &wish).await)).await;
    assert_eq!((&run["matching"], &run["settled"]), (&json!(1), &json!(1)), "{run}");
    assert_eq!(run["outcomes"][0]["letter"], group["example"]);
    assert_eq!(queue.messages().len(), 1, "the letter that has a type is still there");
}

#[actix_web::test]
async fn what_an_error_quotes_of_a_body_is_covered_with_it() {
    let desk = Desk::new(7);
    let mut envelope = serde_json::to_value(samples::envelope(EventType::OrderPaid).unwrap()).unwrap();
    envelope["data"] = json!("taro@example.com");
    let body = envelope.to_string();
    let error = Envelope::from_json(body.as_bytes()).unwrap().event().unwrap_err();
    assert!(error.to_string().contains("taro"), "{error}");
    let facts = DeadLetterFacts {
        reason: error.reason().to_owned(),
        error: error.to_string(),
        consumer: "order".to_owned(),
        attempts: 1,
        first_seen: None,
        trace: None,
    };
    let attributes = [(DEAD_LETTER_ATTRIBUTE.to_owned(), serde_json::to_string(&facts).unwrap())].into();
    let queue = desk.installation.infra.memory_queue("order-dlq");
    let letter = Message { body, attributes, delay: Duration::ZERO };
    assert!(queue.send(&[letter]).await.unwrap()[0].is_ok());
    let groups = desk.get("/ops/dead-letters").await.body;
    let letters = desk.get("/ops/dead-letters/order-dlq").await.body;
    let id = &letters["items"][0]["id"];
    let told = desk.post("/ops/rehearsals", &json!({ "queue": "order-dlq", "letters": [id] })).await.body;
    for answer in [&groups, &letters, &told] {
        assert!(answer.to_string().contains("has bad data: invalid type"), "{answer}");
        assert!(!answer.to_string().contains("taro"), "{answer}");
    }
    // And what is shown chooses it still.
    assert_eq!(letters["items"][0]["cause"], groups["groups"][0]["error"]);
    let cause = json!({ "error": groups["groups"][0]["error"] });
    let wish = json!({ "queue": "order-dlq", "cause": cause, "preview": true, "reason": "a look" });
    assert_eq!(desk.post("/ops/discards", &wish).await.body["matching"], json!(1));
}

#[actix_web::test]
async fn the_street_is_shown_and_nobody_but_administrators_sees_it() {
    let desk = Desk::new(4);
    desk.letter("order-dlq", "ord_1", "exhausted").await;
    let street = desk.get("/ops/street").await.body;
    assert_eq!(street["unknown"], json!([]), "{street}");
    let queues = street["queues"].as_array().unwrap();
    let order = queues.iter().find(|queue| queue["queue"] == "order-queue").unwrap();
    assert_eq!((&order["dead_letter_queue"], &order["dead_letters"]), (&json!("order-dlq"), &json!(1)));
    assert_eq!(street["stores"].as_array().unwrap().len(), 4);
    assert_eq!(street["consumers"].as_array().unwrap().len(), queues.len());
    assert!(!street["stream"]["shards"].as_array().unwrap().is_empty());
    for path in ["/ops/street", "/ops/dead-letters", "/ops/dead-letters/order-dlq", "/ops/runs", "/ops/records"] {
        assert_eq!(desk.role.send(TestRequest::get().uri(path), Sender::Customer("1")).await.status, 403, "{path}");
        assert_eq!(desk.role.send(TestRequest::get().uri(path), Sender::Nobody).await.status, 401, "{path}");
    }
}

#[actix_web::test]
async fn letters_are_rehearsed_each_by_itself_and_nothing_is_written() {
    let desk = Desk::new(5);
    let mut ids = Vec::new();
    for subject in ["ord_1", "ord_2", "ord_away"] {
        ids.push(desk.letter("order-dlq", subject, "exhausted").await);
    }
    ids.push("none".to_owned());
    let told = desk.post("/ops/rehearsals", &json!({ "queue": "order-dlq", "letters": ids })).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let items = told.body["items"].as_array().unwrap();
    let outcomes: Vec<_> = items.iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["would_append", "would_append", "would_retry", "not_found"]);
    // Neither sees what the other would write.
    for item in &items[..2] {
        assert_eq!(item["events"], json!([{ "type": "StockMoved", "subject": "stock/prod_kinoko", "version": 1 }]));
        assert_eq!(item["asks"][0]["what"], "table order-prices");
    }
    assert_eq!(items[2]["why"], "it is away");
    let infra = &desk.installation.infra;
    let id = AggregateId::parse("stock/prod_kinoko").unwrap();
    assert_eq!(infra.event_store(Owner::Inventory).load(&id, Version::ZERO).await.unwrap(), []);
    let row = infra.table(tables::ORDER_PRICES.name).get(&Key::new("orders", "ord_1")).await.unwrap();
    assert_eq!(row, None);
    assert_eq!(infra.memory_queue("order-dlq").depth_now().visible, 3);

    let letter = desk.letter("tally-dlq", "ord_1", "exhausted").await;
    let other = desk.letter("query-dlq", "ord_1", "exhausted").await;
    let tally = desk.post("/ops/rehearsals", &json!({ "queue": "tally-dlq", "letters": [letter] })).await;
    assert_eq!(tally.body["items"][0]["outcome"], "would_append");
    let query = desk.post("/ops/rehearsals", &json!({ "queue": "query-dlq", "letters": [other] })).await;
    assert_eq!(query.body["items"][0]["outcome"], "not_rehearsed");
    assert_eq!(query.body["items"][0]["why"], "query can't be rehearsed yet");
    for (body, status) in [
        (json!({ "queue": "order-dlq", "letters": [] }), 422),
        (json!({ "queue": "order-queue", "letters": ["x"] }), 422),
        (json!({ "queue": "order-dlq" }), 400),
    ] {
        assert_eq!(desk.post("/ops/rehearsals", &body).await.status, status, "{body}");
    }
}

#[actix_web::test]
async fn a_letter_that_would_be_ignored_tells_what_its_handler_found() {
    let desk = Desk::new(6);
    let infra = &desk.installation.infra;
    let event = samples::event(EventType::StockMoved).unwrap();
    let envelope = samples::envelope(EventType::OrderPaid).unwrap();
    let id = AggregateId::parse("stock/prod_kinoko").unwrap();
    let delivery = Delivery::of(envelope).unwrap();
    let commit = CommitFactory::new(desk.installation.ports.clone())
        .commit(id, Version::ZERO, &[event], &delivery.metadata())
        .unwrap();
    infra.event_store(Owner::Inventory).append(&[commit]).await.unwrap();
    let row = Row::new(Key::new("orders", "ord_done"), 1, json!({}));
    infra.table(tables::ORDER_PRICES.name).put(&row, Condition::Absent).await.unwrap();
    let letter = desk.letter("order-dlq", "ord_done", "exhausted").await;
    let told = desk.post("/ops/rehearsals", &json!({ "queue": "order-dlq", "letters": [letter] })).await;
    let item = &told.body["items"][0];
    assert_eq!(item["outcome"], "would_ignore", "{item}");
    let stands = json!([{ "type": "StockMoved", "subject": "stock/prod_kinoko", "version": 1 }]);
    assert_eq!(item["found"], json!({ "stands": stands, "rows": ["table order-prices: orders ord_done"] }));
}
