//! A sample sees and changes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use shotengai_contracts::EventType;
use shotengai_dead_letters::{Bounds, Filter, Heading, UNDELIVERED};
use shotengai_messaging::{FaultKind, Message, Queue};
use shotengai_testing::memory::InjectedFault;
use tokio::time::Instant;

use crate::{Street, envelope, facts, letter, paid};

const QUEUE: &str = "order-dlq";

#[tokio::test(start_paused = true)]
async fn a_letter_tells_why_it_is_one_and_what_it_is_about() {
    let street = Street::new();
    street.put(QUEUE, paid("ord_1", 7)).await;
    let sample = street.letters(QUEUE).sample(10).await.unwrap();
    let letter = &sample.letters[0];
    assert_eq!(letter.facts, facts("exhausted", "ord_1 waits for event 7"));
    let heading =
        Heading { event_type: "OrderPaid".into(), subject: "ord_1".into(), version: shotengai_kernel::Version::new(7) };
    assert_eq!(letter.heading, Some(heading));
    assert_eq!(letter.message_id, street.queue(QUEUE).messages()[0].message_id);
    assert_eq!((sample.depth, sample.complete), (1, true));
}

#[tokio::test(start_paused = true)]
async fn a_letter_without_facts_was_moved_by_its_queue_or_the_topic() {
    let street = Street::new();
    let attributes = BTreeMap::from([("event_type".to_owned(), "OrderPaid".to_owned())]);
    let body = "not an envelope".to_owned();
    street.put(QUEUE, Message { body, attributes, delay: Duration::ZERO }).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    let mut unreadable = paid("ord_1", 1);
    unreadable.attributes.insert("dead_letter".to_owned(), "{".to_owned());
    street.put(QUEUE, unreadable).await;
    let sample = street.letters(QUEUE).sample(10).await.unwrap();
    assert_eq!(sample.letters[0].facts.reason, UNDELIVERED);
    assert!(sample.letters[0].facts.error.contains("topic"));
    assert_eq!((sample.letters[0].event_type(), sample.letters[0].subject()), (Some("OrderPaid"), None));
    assert_eq!(sample.letters[1].facts.reason, "unreadable_facts");
}

#[tokio::test(start_paused = true)]
async fn a_sample_leaves_every_letter_as_it_was_and_says_whether_it_saw_all() {
    let street = Street::new();
    for version in 1..=25 {
        street.put(QUEUE, paid("ord_1", version)).await;
    }
    let bodies = || street.queue(QUEUE).messages().into_iter().map(|it| (it.message_id, it.body, it.attributes));
    let before: Vec<_> = bodies().collect();
    let some = street.letters(QUEUE).sample(12).await.unwrap();
    assert_eq!((some.letters.len(), some.depth, some.complete, some.hidden), (12, 25, false, 0));
    let all = street.letters(QUEUE).sample(25).await.unwrap();
    assert_eq!((all.letters.len(), all.depth, all.complete), (25, 25, true));
    assert_eq!(bodies().collect::<Vec<_>>(), before);
    street.assert_released(QUEUE);
}

#[tokio::test(start_paused = true)]
async fn a_sample_holds_no_more_bytes_than_may_be_held() {
    let street = Street::new();
    for version in 1..=25 {
        street.put(QUEUE, paid("ord_1", version)).await;
    }
    let letters = street.letters(QUEUE).with_bounds(Bounds { hold_bytes: 1, ..Bounds::default() });
    let sample = letters.sample(25).await.unwrap();
    assert_eq!((sample.letters.len(), sample.complete), (10, false), "one receive");
    street.assert_released(QUEUE);
}

#[tokio::test(start_paused = true)]
async fn a_sample_of_an_empty_queue_is_complete_and_ends() {
    let street = Street::new();
    let started = Instant::now();
    let sample = street.letters(QUEUE).sample(10).await.unwrap();
    assert_eq!((sample.letters.len(), sample.depth, sample.complete), (0, 0, true));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn letters_in_other_hands_make_a_sample_incomplete() {
    let street = Street::new();
    street.put(QUEUE, paid("ord_1", 1)).await;
    street.put(QUEUE, paid("ord_2", 1)).await;
    let held = street.queue(QUEUE).receive(1, Duration::ZERO, Duration::from_secs(600)).await.unwrap();
    let sample = street.letters(QUEUE).sample(10).await.unwrap();
    assert_eq!((held.len(), sample.letters.len(), sample.depth, sample.complete), (1, 1, 2, false));
}

#[tokio::test(start_paused = true)]
async fn a_sample_that_fails_half_way_gives_back_what_it_took() {
    let street = Street::new();
    for version in 1..=25 {
        street.put(QUEUE, paid("ord_1", version)).await;
    }
    street.faults.set(|operation, _, call| {
        let second = operation == "queue.receive" && call == 2;
        second.then_some(InjectedFault::Refuse(FaultKind::Permanent))
    });
    street.letters(QUEUE).sample(25).await.unwrap_err();
    street.assert_released(QUEUE);
}

#[tokio::test(start_paused = true)]
async fn letters_are_grouped_by_cause_whatever_their_ids() {
    let street = Street::new();
    for order in 1..=3 {
        street.put(QUEUE, paid(&format!("ord_{order}"), order)).await;
        tokio::time::advance(Duration::from_secs(60)).await;
    }
    street.put(QUEUE, letter("{".to_owned(), &facts("not_an_envelope", "EOF at line 1 column 1"))).await;
    let placed = envelope(EventType::OrderPlaced, "ord_9", 1).to_json();
    street.put(QUEUE, letter(placed, &facts("exhausted", "ord_9 waits for event 1"))).await;
    let sample = street.letters(QUEUE).sample(100).await.unwrap();
    let groups = sample.groups();
    let counts: Vec<_> = groups.iter().map(|group| (group.cause.reason.as_str(), group.count)).collect();
    assert_eq!(counts, [("exhausted", 3), ("exhausted", 1), ("not_an_envelope", 1)]);
    let group = &groups[0];
    assert_eq!(group.cause.queue, QUEUE);
    assert_eq!(group.cause.error, "ord_# waits for event #");
    assert_eq!((group.first_seen, group.last_seen), (sample.letters[0].sent_at, sample.letters[2].sent_at));
    assert_eq!(group.example, sample.letters[0].message_id);
}

#[tokio::test(start_paused = true)]
async fn a_filter_means_letters_that_match_all_of_it() {
    let street = Street::new();
    street.put(QUEUE, paid("ord_1", 1)).await;
    tokio::time::advance(Duration::from_secs(60)).await;
    street.put(QUEUE, letter("{".to_owned(), &facts("not_an_envelope", "no"))).await;
    let sample = street.letters(QUEUE).sample(10).await.unwrap();
    let matches = |filter: Filter| sample.letters.iter().map(|letter| filter.matches(letter)).collect::<Vec<_>>();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(matches(Filter::default()), [true, true]);
    assert_eq!(matches(Filter { reason: text("not_an_envelope"), ..Filter::default() }), [false, true]);
    assert_eq!(matches(Filter { consumer: text("billing"), ..Filter::default() }), [false, false]);
    assert_eq!(matches(Filter { event_type: text("OrderPaid"), ..Filter::default() }), [true, false]);
    assert_eq!(matches(Filter { subject: text("ord_1"), ..Filter::default() }), [true, false]);
    let message_id = Some(sample.letters[1].message_id.clone());
    assert_eq!(matches(Filter { message_id, ..Filter::default() }), [false, true]);
    let sent_before = sample.letters[1].sent_at;
    assert_eq!(matches(Filter { sent_before, ..Filter::default() }), [true, false]);
    let both = Filter { reason: text("not_an_envelope"), subject: text("ord_1"), ..Filter::default() };
    assert_eq!(matches(both), [false, false]);
}
