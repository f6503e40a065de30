//! Outcomes of redriven letters at their consumers, as the run shows it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shotengai_contracts::EventType;
use shotengai_contracts::topology::tables;
use shotengai_messaging::outcomes::Outcomes;
use shotengai_messaging::{
    Consumer, ConsumerConfig, Delivery, Disposition, EventHandler, FaultKind, Infrastructure, IntoHandler,
};
use shotengai_testing::harness::Faults;
use shotengai_testing::memory::InjectedFault;

use crate::desk::{Desk, at};

/// Does what the order's id says.
struct Obeys;

#[async_trait::async_trait]
impl EventHandler for Obeys {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        match delivery.envelope.subject.as_str() {
            "ord_dies" => Disposition::Reject { reason: "no_such_order", error: "ord_dies is not there".to_owned() },
            "ord_waits" => Disposition::retry("not yet"),
            "ord_writes" => {
                shotengai_messaging::effects::wrote("order-prices");
                Disposition::Done
            }
            _ => {
                shotengai_messaging::effects::left_alone("it is nobody's");
                Disposition::Done
            }
        }
    }
}

#[actix_web::test]
async fn a_run_shows_what_consumers_have_made_of_its_letters() {
    let faults = Arc::<Faults>::default();
    let desk = Desk::with_faults(31, &faults);
    for subject in ["ord_dies", "ord_waits", "ord_writes", "ord_idle"] {
        desk.letter("order-dlq", subject, "exhausted").await;
    }
    let begun = desk.post("/ops/redrives", &json!({ "queue": "order-dlq", "reason": "it answers again" })).await;
    let run = desk.ended(&at(&begun)).await;
    assert_eq!(run["handlings"], json!({ "waiting": 4, "handled": 0, "ignored": 0, "dead_again": 0 }));
    assert!(
        run["outcomes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["handling"] == json!({ "outcome": "waiting", "attempts": 0 }))
    );

    let infra = &desk.installation.infra;
    let outcomes = Outcomes::into_table(infra.table(tables::LETTER_OUTCOMES.name));
    let config = ConsumerConfig { outcomes, ..ConsumerConfig::new("order") };
    let (queue, letters) = (infra.queue("order-queue"), infra.queue("order-dlq"));
    let consumer = Consumer::new(config, queue, letters, Obeys.into_handler(), desk.installation.ports.clone());
    assert_eq!(consumer.step(Duration::ZERO).await.unwrap(), 4);

    let run = desk.get(&at(&begun)).await.body;
    assert_eq!(run["handlings"], json!({ "waiting": 1, "handled": 1, "ignored": 1, "dead_again": 1 }));
    let of = |subject: &str| {
        let one = run["outcomes"].as_array().unwrap().iter().find(|one| one["subject"] == subject).unwrap();
        let mut handling = one["handling"].clone();
        assert!(handling.as_object_mut().unwrap().remove("at").unwrap().is_string());
        handling
    };
    let dead =
        json!({ "outcome": "dead_again", "reason": "no_such_order", "why": "ord_dies is not there", "attempts": 1 });
    assert_eq!(of("ord_dies"), dead);
    assert_eq!(of("ord_waits"), json!({ "outcome": "waiting", "why": "not yet", "attempts": 1 }));
    assert_eq!(of("ord_writes"), json!({ "outcome": "handled", "wrote": ["order-prices"], "attempts": 1 }));
    let idle = json!({ "outcome": "ignored", "ignored": "nothing_to_do", "why": "it is nobody's", "attempts": 1 });
    assert_eq!(of("ord_idle"), idle);
    assert_eq!(desk.get("/ops/runs").await.body["items"][0].get("handlings"), None, "none in lists");

    faults.always("table.get_many", InjectedFault::Refuse(FaultKind::Transient));
    let run = desk.get(&at(&begun)).await;
    assert_eq!((run.status, run.body.get("handlings")), (200, None), "what is not known is not said");
    faults.calm();
    let look = desk.get("/ops/dead-letters/order-dlq").await.body;
    assert_eq!(look["items"][0]["redriven_by"], begun.body["id"]);

    desk.installation.advance(tables::OUTCOMES.kept);
    let run = desk.get(&at(&begun)).await;
    assert_eq!((run.status, run.body.get("handlings")), (200, None), "what is forgotten is not waited for");
}
