//! A consumer that somebody has paused receives nothing, costs nothing at rest, and goes on when it may.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::{queues, tables};
use shotengai_messaging::pauses::{Paused, Pauses, paused, set_paused};
use shotengai_messaging::{Consumer, ConsumerConfig, Disposition, FaultKind, Infrastructure, Message, Queue};
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
        let running = consumer(&street, &handler);
        assert!(queue.send(&[plain(event())]).await.unwrap()[0].is_ok());
        let all = queue.messages().len();
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!((handler.seen(), queue.depth_now().visible), (0, u64::try_from(all).unwrap()), "all is given back");
        running.stop().await;
    }
    let running = consumer(&street, &handler);
    assert!(paused(table.as_ref()).await.unwrap().contains_key(QUEUE));
    set_paused(table.as_ref(), QUEUE, None).await.unwrap();
    until("both are handled", || handler.seen() == 2).await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_at_rest_asks_for_no_pause_and_one_that_can_not_ask_goes_on() {
    let street = Street::new();
    let handler = Scripted::new(|_| Disposition::Done);
    let running = consumer(&street, &handler);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(street.faults.calls("table.get"), 0);
    street.faults.always("table.get", InjectedFault::Refuse(FaultKind::Denied));
    let queue = street.infra.memory_queue(QUEUE);
    for _ in 0..5 {
        assert!(queue.send(&[plain(event())]).await.unwrap()[0].is_ok());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    until("all are handled", || handler.seen() == 5).await;
    assert_eq!(street.faults.calls("table.get"), 1, "once in ten seconds");
    running.stop().await;
}
