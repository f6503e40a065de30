//! What operators see of a handler's own reasons. Instruments belong to the first meter provider of a process, so this test
//! has one of its own.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::Registry;
use prometheus::proto::Metric;
use shotengai_contracts::topology::queues;
use shotengai_contracts::{EventType, samples};
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::reason::OF_EVERY_CONSUMER;
use shotengai_messaging::{
    Consumer, ConsumerConfig, Delivery, Disposition, EventHandler, IntoHandler, Message, Queue, Reason,
};
use shotengai_testing::memory::MemoryQueue;

const POINTS_EXPIRED: Reason = Reason::new("points_expired", "the points are too old");
const FORGOTTEN: Reason = Reason::new("forgotten", "nobody has declared it");

/// A role from elsewhere, which forgot to declare one of its reasons.
struct Loyalty;

#[async_trait]
impl EventHandler for Loyalty {
    const EVENTS: &'static [EventType] = EventType::ALL;
    const REASONS: &'static [Reason] = &[POINTS_EXPIRED];

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let is_paid = delivery.event.event_type() == EventType::OrderPaid;
        Disposition::reject(if is_paid { POINTS_EXPIRED } else { FORGOTTEN }, "no")
    }
}

/// Dead letters by reason.
fn counted(registry: &Registry) -> BTreeMap<String, f64> {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == "shotengai_dead_letters_total").unwrap();
    let by_reason = family.get_metric().iter().map(|metric| {
        let reason = metric.get_label().iter().find(|label| label.name() == "reason").unwrap();
        (reason.value().to_owned(), metric.get_counter().get_value())
    });
    by_reason.collect()
}

/// Deliveries by event type and outcome.
fn answered(registry: &Registry) -> BTreeMap<(String, String), f64> {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == "shotengai_consumer_deliveries_total").unwrap();
    let of = |metric: &Metric, name: &str| {
        metric.get_label().iter().find(|label| label.name() == name).unwrap().value().to_owned()
    };
    let one = |metric: &Metric| ((of(metric, "event_type"), of(metric, "outcome")), metric.get_counter().get_value());
    family.get_metric().iter().map(one).collect()
}

#[tokio::test(start_paused = true)]
async fn a_consumer_shows_the_reasons_that_its_handler_declares_and_no_other_word() {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
    opentelemetry::global::set_meter_provider(SdkMeterProvider::builder().with_reader(exporter).build());
    let ports = Ports::seeded(5, Arc::new(ManualClock::default()));
    let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::new(queues::ORDER.name, ports.clone()));
    let letters = Arc::new(MemoryQueue::new(&queues::ORDER.dead_letters(), ports.clone()));
    let dead = Arc::clone(&letters) as Arc<dyn Queue>;
    let config = ConsumerConfig::new("loyalty");
    let consumer = Consumer::new(config, Arc::clone(&queue), dead, Loyalty.into_handler(), ports);

    let none: BTreeMap<_, _> =
        EventType::ALL.iter().map(|event| ((event.as_str().to_owned(), "done".to_owned()), 0.0)).collect();
    assert_eq!(answered(&registry), none, "before there are any");
    let mut expected: BTreeMap<_, _> = OF_EVERY_CONSUMER.iter().map(|reason| (reason.word.to_owned(), 0.0)).collect();
    expected.insert("points_expired".to_owned(), 0.0);
    assert_eq!(counted(&registry), expected, "before there are any");

    for event_type in [EventType::OrderPaid, EventType::OrderShipped] {
        let body = samples::envelope(event_type).unwrap().to_json();
        queue.send(&[Message { body, ..Message::default() }]).await.unwrap();
    }
    assert_eq!(consumer.step(Duration::ZERO).await.unwrap(), 2);
    expected.insert("points_expired".to_owned(), 1.0);
    expected.insert("_OTHER".to_owned(), 1.0);
    assert_eq!(counted(&registry), expected);
    let words: Vec<_> = letters.messages().iter().map(|letter| letter.attributes["dead_letter"].clone()).collect();
    for word in ["points_expired", "forgotten"] {
        assert!(words.iter().any(|facts| facts.contains(word)), "the letter itself has it: {words:?}");
    }
}
