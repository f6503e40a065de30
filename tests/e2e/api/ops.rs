//! What operators ask and do.

use reqwest::Method;
use serde_json::Value;
use shotengai_messaging::{Infrastructure, Message};
use shotengai_tests::test_cluster::TestCluster;

use super::recorder::{Recorder, ask, get, post};

/// Nobody could read it as an event, and so it became a letter.
const LETTER: &str = "{\"not\":\"an event\"}";

pub(super) async fn record(recorder: &mut Recorder, cluster: &TestCluster) {
    recorder.section("operations");
    let message = Message { body: LETTER.to_owned(), ..Message::default() };
    assert!(cluster.aws.queue("tally-dlq").send(&[message]).await.unwrap()[0].is_ok());
    recorder.asks("the street", get("/ops/street").by("admin")).await;
    recorder.asks("steps of orders, no WebSocket", get("/ops/steps").by("admin")).await;
    recorder.asks("a guest looks", get("/ops/street").by("guest")).await;
    recorder.asks("an order that nobody placed, explained", get("/ops/orders/ord_none/explanation").by("admin")).await;
    recorder.asks("dead letters by cause", get("/ops/dead-letters").by("admin")).await;
    let listed = recorder.asks("letters of a queue", get("/ops/dead-letters/tally-dlq?limit=5").by("admin")).await;
    recorder.asks("letters of no such queue", get("/ops/dead-letters/tally-queue").by("admin")).await;
    let id = text(&listed.body["items"][0]["id"]);
    let uncover = format!("/ops/dead-letters/tally-dlq/{id}/uncover");
    recorder.asks("its body", post(uncover.clone()).by("admin").json(r#"{"reason":"a look"}"#)).await;
    recorder.asks("its body, for no reason", post(uncover).by("admin").json(r#"{"reason":" "}"#)).await;
    let none = post("/ops/dead-letters/tally-dlq/none/uncover").by("admin").json(r#"{"reason":"a look"}"#);
    recorder.asks("the body of no such letter", none).await;
    let wish = format!(r#"{{"queue":"tally-dlq","letters":["{id}"]}}"#);
    recorder.asks("what it would do", post("/ops/rehearsals").by("admin").json(wish)).await;

    let preview = r#"{"queue":"tally-dlq","preview":true,"reason":"a look"}"#;
    recorder.asks("what would be sent", post("/ops/redrives").by("admin").json(preview)).await;
    recorder.asks("what would be deleted", post("/ops/discards").by("admin").json(preview)).await;
    let nothing = r#"{"queue":"order-dlq","reason":"it works again"}"#;
    let begun = recorder.asks("a redrive", post("/ops/redrives").by("admin").key("ops-1").json(nothing)).await;
    ended(recorder, &begun.body).await;
    let other = r#"{"queue":"order-dlq","reason":"another"}"#;
    recorder.asks("its key once more", post("/ops/redrives").by("admin").key("ops-1").json(other)).await;
    let mistyped = r#"{"queue":"order-dlq","cause":{"reason":"exausted"},"reason":"x"}"#;
    recorder.asks("a cause that there is not", post("/ops/redrives").by("admin").json(mistyped)).await;
    let wish = format!(r#"{{"queue":"tally-dlq","letters":["{id}"],"reason":"nobody can read it"}}"#);
    let begun = recorder.asks("a discard", post("/ops/discards").by("admin").json(wish)).await;
    let at = ended(recorder, &begun.body).await;
    recorder.asks("what became of it", get(at).by("admin")).await;
    recorder.asks("all runs", get("/ops/runs?limit=1").by("admin")).await;
    recorder.asks("a cursor that is none", get("/ops/runs?cursor=x").by("admin")).await;
    recorder.asks("no such run", get("/ops/runs/0190d3a1-7a4c-7c3e-9b1a-0123456789ab").by("admin")).await;

    let pause = |paused: bool| format!(r#"{{"paused":{paused},"reason":"a look"}}"#);
    let consumer = |queue: &str| ask(Method::PUT, format!("/ops/consumers/{queue}")).by("admin");
    recorder.asks("a consumer is paused", consumer("notification-queue").json(pause(true))).await;
    recorder.asks("it goes on", consumer("notification-queue").json(pause(false))).await;
    recorder.asks("no such consumer", consumer("notification-dlq").json(pause(true))).await;
    recorder.asks("who did what", get("/ops/records").by("admin")).await;
}

/// Waits for a run's end; where it is told.
async fn ended(recorder: &Recorder, begun: &Value) -> String {
    let at = format!("/ops/runs/{}", text(&begun["id"]));
    recorder.shows(&at, Some("admin"), r#""state":"finished""#).await;
    at
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
