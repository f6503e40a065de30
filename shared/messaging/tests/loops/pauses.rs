//! A consumer that somebody has paused receives nothing, costs nothing at rest, and goes on when it may.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::{queues, tables};
use shotengai_messaging::pauses::{Paused, Pauses, paused, set_paused};
use shotengai_messaging::{
    Condition, Consumer, ConsumerConfig, Disposition, FaultKind, Infrastructure, Key, Message, Queue, Row,
};
use shotengai_testing::memory::InjectedFault;

use super::consumer::{Scripted, event};
use super::{Running, Street, until};

const QUEUE: &str = queues::ORDER.name;

fn plain(body: String) -> Message {
    Message { body, ..Message::default() }
}

fn by_somebody(street: &Street) -> Paused {
    Paused { by: "usr_admin".to_owned(), reason: "a move".to_owned(), since: street.ports.clock.now() }
}

fn consumer(street: &Street, handler: &Arc<Scripted>) -> Running {
    let pauses = Pauses::of(street.infra.table(tables::PAUSED_CONSUMERS.name)).of_queue(QUEUE);
    let config = ConsumerConfig { pauses, ..ConsumerConfig::new("order") };
    let (queue, letters) = (street.infra.queue(QUEUE), street.infra.queue("order-dlq"));
    Running::start(Consumer::new(config, queue, letters, Arc::clone(handler) as _, street.ports.clone()).worker())
}

#[tokio::test(start_paused = true)]
async fn what_comes_to_a_paused_consumer_waits_until_it_goes_on_wherever_it_was_restarted() {
    let street = Street::new();
    let table = street.infra.table(tables::PAUSED_CONSUMERS.name);
    assert_eq!(set_paused(table.as_ref(), QUEUE, None).await.unwrap(), None, "nothing to do is nothing written");
    let wanted = by_somebody(&street);
    assert_eq!(set_paused(table.as_ref(), QUEUE, Some(wanted.clone())).await.unwrap(), Some(wanted.clone()));
    let later = Paused { reason: "another".to_owned(), ..wanted.clone() };
    assert_eq!(set_paused(table.as_ref(), QUEUE, Some(later)).await.unwrap(), Some(wanted), "it is paused already");

    let queue = street.infra.memory_queue(QUEUE);
    let handler = Scripted::new(|_| Disposition::Done);
    for _ in 0..2 {
        assert!(queue.send(&[plain(event())]).await.unwrap()[0].is_ok());
        let running = consumer(&street, &handler);
        let all = queue.messages().len();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!((handler.seen(), queue.depth_now().visible), (0, u64::try_from(all).unwrap()), "all is left there");
        assert_eq!(street.faults.calls("queue.receive"), 0, "one that starts in a pause receives nothing");
        running.stop().await;
    }
    let running = consumer(&street, &handler);
    assert!(paused(table.as_ref()).await.unwrap().contains_key(QUEUE));
    set_paused(table.as_ref(), QUEUE, None).await.unwrap();
    until("both are handled", || handler.seen() == 2).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_row_that_can_not_be_read_is_replaced_by_the_next_change() {
    let street = Street::new();
    let table = street.infra.table(tables::PAUSED_CONSUMERS.name);
    for wanted in [Some(by_somebody(&street)), None] {
        let spoilt = Row::new(Key::new("consumers", "paused"), 1, serde_json::json!({ QUEUE: 7 }));
        table.put(&spoilt, Condition::Any).await.unwrap();
        paused(table.as_ref()).await.unwrap_err();
        assert_eq!(set_paused(table.as_ref(), QUEUE, wanted.clone()).await.unwrap(), wanted);
        assert_eq!(paused(table.as_ref()).await.unwrap().get(QUEUE), wanted.as_ref());
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_to_a_consumer_that_is_paused_at_rest_is_given_back() {
    let street = Street::new();
    let table = street.infra.table(tables::PAUSED_CONSUMERS.name);
    let handler = Scripted::new(|_| Disposition::Done);
    let running = consumer(&street, &handler);
    tokio::time::sleep(Duration::from_secs(60)).await;
    set_paused(table.as_ref(), QUEUE, Some(by_somebody(&street))).await.unwrap();
    let queue = street.infra.memory_queue(QUEUE);
    assert!(queue.send(&[plain(event())]).await.unwrap()[0].is_ok());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((handler.seen(), queue.depth_now().visible), (0, 1));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_look_that_gets_no_answer_holds_messages_up_for_a_second() {
    let street = Street::new();
    street.faults.always("table.get", InjectedFault::Delay(Duration::from_secs(3600)));
    let handler = Scripted::new(|_| Disposition::Done);
    let queue = street.infra.memory_queue(QUEUE);
    assert!(queue.send(&[plain(event())]).await.unwrap()[0].is_ok());
    let started = tokio::time::Instant::now();
    let running = consumer(&street, &handler);
    until("it is handled", || handler.seen() == 1).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_asks_once_when_it_starts_at_rest_no_more_and_one_that_can_not_ask_goes_on() {
    let street = Street::new();
    let handler = Scripted::new(|_| Disposition::Done);
    let running = consumer(&street, &handler);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(street.faults.calls("table.get"), 1);
    street.faults.always("table.get", InjectedFault::Refuse(FaultKind::Denied));
    let queue = street.infra.memory_queue(QUEUE);
    for _ in 0..5 {
        assert!(queue.send(&[plain(event())]).await.unwrap()[0].is_ok());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    until("all are handled", || handler.seen() == 5).await;
    assert_eq!(street.faults.calls("table.get"), 2, "once in ten seconds");
    running.stop().await;
}
