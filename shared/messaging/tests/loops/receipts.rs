//! Receipts: what follows from an event says when it was received, and how often.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use shotengai_contracts::topology::queues;
use shotengai_contracts::{Envelope, EventType, Metadata, Received, samples};
use shotengai_kernel::{EventId, Version};
use shotengai_messaging::{Consumer, ConsumerConfig, Delivery, Disposition, Handler, Message, Queue};

use super::{Street, aggregate, moved};

/// Says no once, and remembers what follows from each delivery.
#[derive(Default)]
struct Hesitant(Mutex<Vec<Metadata>>);

#[async_trait]
impl Handler for Hesitant {
    fn events(&self) -> &'static [EventType] {
        EventType::ALL
    }

    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        // Its work is none of the wait.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let answer = |delivery: &Delivery| {
            let mut seen = self.0.lock().unwrap();
            seen.push(delivery.metadata());
            let again = Disposition::Retry { after: Some(Duration::from_secs(5)), cause: "not yet".to_owned() };
            if seen.len() == 1 { again } else { Disposition::Done }
        };
        batch.iter().map(answer).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_follows_from_an_event_says_when_that_was_received_and_how_often() {
    let street = Street::new();
    let (queue, handler) = (street.infra.memory_queue(queues::ORDER.name), Arc::new(Hesitant::default()));
    let body = samples::envelope(EventType::OrderPaid).unwrap().to_json();
    assert!(queue.send(&[Message { body, ..Message::default() }]).await.unwrap()[0].is_ok());
    let (letters, ports) = (street.infra.memory_queue(&queues::ORDER.dead_letters()), street.ports.clone());
    let consumer = Consumer::new(ConsumerConfig::new("order"), queue, letters, Arc::clone(&handler) as _, ports);
    let mut received = Vec::new();
    while received.len() < 2 {
        let before = street.ports.clock.now();
        if consumer.step(Duration::ZERO).await.unwrap() == 1 {
            received.push(before);
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let followed = handler.0.lock().unwrap().clone();
    let wanted: Vec<_> = received.iter().zip(1..).map(|(at, count)| Some(Received { at: *at, count })).collect();
    assert_eq!(followed.iter().map(|meta| meta.receipt).collect::<Vec<_>>(), wanted);

    let envelope = |meta: &Metadata| {
        let id = EventId::new(street.ports.ids.uuid_v7());
        Envelope::wrap(id, received[1], aggregate("stock/prod_1"), Version::new(1), meta, &moved(1))
    };
    let attributes = |meta: &Metadata| {
        let json: Value = serde_json::from_str(&envelope(meta).to_json()).unwrap();
        (json.get("receivedtime").cloned(), json.get("receivedcount").cloned())
    };
    assert_eq!(attributes(&followed[0]), (Some(json!(received[0])), None), "once goes without saying");
    assert_eq!(attributes(&followed[1]), (Some(json!(received[1])), Some(json!(2))));
    assert_eq!(attributes(&street.meta()), (None, None), "a request is not received");
    let read = Envelope::from_json(envelope(&followed[1]).to_json().as_bytes()).unwrap();
    assert_eq!((read.receivedtime, read.receivedcount), (Some(received[1]), Some(2)));
}
