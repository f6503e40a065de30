//! Runs that are asked for twice, whose answers are lost, and whose clients leave.

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use futures::future::join;
use serde_json::{Value, json};
use shotengai_kit::{Answer, Sender};
use shotengai_messaging::FaultKind;
use shotengai_testing::harness::Faults;
use shotengai_testing::memory::InjectedFault;

use crate::desk::{Desk, at};

fn wish() -> Value {
    json!({ "queue": "order-dlq", "reason": "it answers again" })
}

async fn send(desk: &Desk, key: &'static str, body: Value) -> Answer {
    let request = TestRequest::post().uri("/ops/redrives").insert_header(("idempotency-key", key));
    desk.role.send(request.set_json(body), Sender::Admin).await
}

/// The same, once this has been called.
async fn send_once(desk: &Desk, faults: &Faults, called: &'static str, key: &'static str) -> Answer {
    let calling = async {
        while faults.calls(called) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), calling).await.unwrap();
    send(desk, key, wish()).await
}

#[actix_web::test]
async fn a_run_begins_whose_write_got_no_answer_and_its_key_answers_it() {
    let faults = Arc::<Faults>::default();
    let desk = Desk::with_faults(21, &faults);
    desk.letter("order-dlq", "ord_1", "exhausted").await;
    faults.next("table.transact", InjectedFault::LoseAnswer);
    let begun = send(&desk, "k1", wish()).await;
    assert_eq!(begun.status, 202, "{}", begun.body);
    let run = desk.ended(&at(&begun)).await;
    assert_eq!((&run["state"], &run["settled"]), (&json!("finished"), &json!(1)));
    assert_eq!(send(&desk, "k1", wish()).await.body["id"], run["id"]);
    faults.next("table.transact", InjectedFault::Refuse(FaultKind::Transient));
    assert_eq!(send(&desk, "k2", wish()).await.status, 503, "nothing was written");
    assert_eq!(desk.get("/ops/runs").await.body["items"].as_array().unwrap().len(), 1);
    assert_eq!(send(&desk, "k2", wish()).await.status, 202, "the queue is free, and so is the key");
}

#[actix_web::test]
async fn a_run_begins_whose_client_leaves_while_it_is_written() {
    let faults = Arc::<Faults>::default();
    let desk = Desk::with_faults(22, &faults);
    desk.letter("order-dlq", "ord_1", "exhausted").await;
    faults.next("table.transact", InjectedFault::Delay(Duration::from_millis(200)));
    let left = tokio::time::timeout(Duration::from_millis(20), send(&desk, "k1", wish())).await;
    assert!(left.is_err(), "it was answered before it was written");
    let run = desk.first_run().await;
    let run = desk.ended(&format!("/ops/runs/{run}")).await;
    assert_eq!((&run["state"], &run["settled"]), (&json!("finished"), &json!(1)));
}

#[actix_web::test]
async fn the_same_request_at_the_same_time_is_the_same_run_or_told_to_come_again() {
    let faults = Arc::<Faults>::default();
    let desk = Desk::with_faults(23, &faults);
    desk.letter("order-dlq", "ord_1", "exhausted").await;
    faults.next("table.transact", InjectedFault::Delay(Duration::from_millis(200)));
    let (one, two) = join(send(&desk, "k1", wish()), send_once(&desk, &faults, "table.transact", "k1")).await;
    assert_eq!((one.status, two.status), (202, 503), "{} {}", one.body, two.body);
    assert_eq!(two.headers.get("retry-after").unwrap(), "1");
    let run = desk.ended(&at(&one)).await;
    assert_eq!(send(&desk, "k1", wish()).await.body["id"], run["id"]);
}

#[actix_web::test]
async fn a_preview_at_the_queue_is_no_run_that_could_be_looked_at() {
    let faults = Arc::<Faults>::default();
    let desk = Desk::with_faults(24, &faults);
    desk.letter("order-dlq", "ord_1", "exhausted").await;
    let mut look = wish();
    look["preview"] = json!(true);
    faults.next("queue.receive", InjectedFault::Delay(Duration::from_millis(200)));
    let (preview, run) = join(send(&desk, "k1", look), send_once(&desk, &faults, "queue.receive", "k2")).await;
    assert_eq!((preview.status, run.status), (200, 503), "{} {}", preview.body, run.body);
    assert_eq!((run.headers.get("retry-after").unwrap().to_str().unwrap(), run.body.get("run")), ("1", None));
}

#[actix_web::test]
async fn nobody_looks_at_a_queue_that_a_run_is_at() {
    let faults = Arc::<Faults>::default();
    let desk = Desk::with_faults(25, &faults);
    let id = desk.letter("order-dlq", "ord_1", "exhausted").await;
    faults.next("queue.receive", InjectedFault::Delay(Duration::from_millis(500)));
    let begun = send(&desk, "k1", wish()).await;
    let looked = desk.get("/ops/dead-letters").await.body;
    assert_eq!((&looked["busy"], &looked["unreadable"]), (&json!(["order-dlq"]), &json!([])), "{looked}");
    assert!(looked["queues"].as_array().unwrap().iter().all(|queue| queue["queue"] != "order-dlq"));
    let uncover = format!("/ops/dead-letters/order-dlq/{id}/uncover");
    let rehearse = json!({ "queue": "order-dlq", "letters": [id] });
    for refused in [
        desk.get("/ops/dead-letters/order-dlq").await,
        desk.post(&uncover, &json!({ "reason": "x" })).await,
        desk.post("/ops/rehearsals", &rehearse).await,
    ] {
        assert_eq!((refused.status, &refused.body["run"]), (409, &begun.body["id"]), "{}", refused.body);
    }
    let run = desk.ended(&at(&begun)).await;
    assert_eq!((&run["settled"], &run["complete"]), (&json!(1), &json!(true)), "no look hid a letter from it");
    assert_eq!(desk.get("/ops/dead-letters/order-dlq").await.status, 200);
}
