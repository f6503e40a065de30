//! What goes back, in which order, and what stays.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use shotengai_contracts::EventType;
use shotengai_dead_letters::{Job, Letter, REDRIVEN_ATTRIBUTE, Report, Watch};
use shotengai_messaging::dead_letter::DEAD_LETTER_ATTRIBUTE;
use shotengai_messaging::ports::queue::SEND_MAX_BYTES;
use shotengai_messaging::{Consumer, ConsumerConfig, Delivery, Disposition, EventHandler, IntoHandler, Message, Queue};
use tokio::time::Instant;

use crate::{Street, all, facts, letter, of_reason, paid, unwatched};

const QUEUE: &str = "order-dlq";
const TARGET: &str = "order-queue";

/// Can't handle anything.
struct Stubborn;

#[async_trait]
impl EventHandler for Stubborn {
    const EVENTS: &'static [EventType] = EventType::ALL;

    async fn handle(&self, _: &Delivery) -> Disposition {
        Disposition::Reject { reason: "stubborn", error: "no".to_owned() }
    }
}

fn consumer(street: &Street) -> Arc<Consumer> {
    let config = ConsumerConfig::new("order");
    Consumer::new(config, street.queue(TARGET), street.queue(QUEUE), Stubborn.into_handler(), street.ports.clone())
}

async fn letter_in(street: &Street, queue: &str) -> Letter {
    street.letters(queue).sample(1).await.unwrap().letters.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_did_not_see_what_others_held_is_not_complete() {
    let street = Street::new();
    street.put(QUEUE, paid("ord_1", 1)).await;
    street.put(QUEUE, paid("ord_2", 1)).await;
    let held = street.queue(QUEUE).receive(1, Duration::ZERO, Duration::from_secs(600)).await.unwrap();
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((held.len(), report.looked_at, report.settled, report.complete), (1, 1, 1, false));
    tokio::time::advance(Duration::from_secs(601)).await;
    let rest = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((rest.settled, rest.complete), (1, true));
}

#[tokio::test(start_paused = true)]
async fn a_redriven_letter_is_the_message_it_was_with_a_count() {
    let street = Street::new();
    street.put(QUEUE, paid("ord_1", 1)).await;
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.looked_at, report.matching, report.settled, report.complete), (1, 1, 1, true));
    assert!(report.is_success());
    assert_eq!(street.queue(QUEUE).depth_now().total(), 0);
    let message = street.queue(TARGET).messages().remove(0);
    assert_eq!(message.body, paid("ord_1", 1).body);
    assert_eq!(message.attributes["traceparent"], "00-1-2-01");
    assert!(!message.attributes.contains_key(DEAD_LETTER_ATTRIBUTE));
    assert!(message.attributes[REDRIVEN_ATTRIBUTE].contains("\"count\":1"), "{:?}", message.attributes);
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_dies_again_keeps_count_of_its_redrives() {
    let street = Street::new();
    street.put(QUEUE, paid("ord_1", 1)).await;
    for count in 1..=2 {
        let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
        assert_eq!(consumer(&street).step(Duration::ZERO).await.unwrap(), 1);
        let letter = letter_in(&street, QUEUE).await;
        let redriven = letter.redriven.clone().unwrap();
        assert_eq!((redriven.count, redriven.run), (count, report.run));
        assert_eq!((letter.facts.reason.as_str(), letter.facts.attempts), ("stubborn", 1));
    }
}

#[tokio::test(start_paused = true)]
async fn letters_that_come_back_while_a_redrive_runs_are_not_redriven_again() {
    let street = Street::new();
    for order in 1..=20 {
        street.put(QUEUE, paid(&format!("ord_{order:02}"), 1)).await;
    }
    let worker = consumer(&street).worker();
    let token = tokio_util::sync::CancellationToken::new();
    let of_worker = token.clone();
    let consuming = tokio::spawn(async move { worker.run(of_worker).await });
    // A round of three at a time, slow enough for each letter to be back before the next.
    let job = Job { pace: NonZeroU32::new(3), ..Job::default() };
    let report = street.letters_by(QUEUE, 3).redrive(&job, &unwatched()).await;
    token.cancel();
    consuming.await.unwrap();
    assert_eq!(report.settled, 20);
    assert!(report.came_later > 0, "{report:?}");
    street.assert_released(QUEUE);
    let sample = street.letters(QUEUE).sample(100).await.unwrap();
    let waiting = street.queue(TARGET).depth_now().total();
    assert_eq!(sample.depth + waiting, 20);
    assert!(sample.letters.iter().all(|letter| letter.redriven.as_ref().unwrap().count == 1));
}

#[tokio::test(start_paused = true)]
async fn only_what_the_filter_means_goes_and_the_rest_is_visible_again() {
    let street = Street::new();
    for version in 1..=15 {
        street.put(QUEUE, paid("ord_1", version)).await;
        street.put(QUEUE, letter(format!("garbage {version}"), &facts("not_an_envelope", "no"))).await;
    }
    let report = street.letters_by(QUEUE, 4).redrive(&of_reason("exhausted"), &unwatched()).await;
    assert_eq!((report.looked_at, report.matching, report.settled, report.complete), (30, 15, 15, true));
    assert_eq!(report.causes.len(), 1);
    assert_eq!(street.queue(TARGET).depth_now().visible, 15);
    assert_eq!(street.queue(QUEUE).depth_now().visible, 15);
    street.assert_released(QUEUE);
}

#[tokio::test(start_paused = true)]
async fn letters_go_in_the_order_of_each_aggregate() {
    let street = Street::new();
    for version in [12, 3, 1, 11, 2] {
        for subject in ["ord_b", "ord_a"] {
            street.put(QUEUE, paid(subject, version)).await;
        }
    }
    street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    let arrived = street.arrived(TARGET);
    for subject in ["ord_a", "ord_b"] {
        let versions: Vec<_> = arrived.iter().filter(|(of, _)| of == subject).map(|(_, version)| *version).collect();
        assert_eq!(versions, [1, 2, 3, 11, 12]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_takes_the_first_of_each_aggregate() {
    let street = Street::new();
    for version in (1..=9).rev() {
        street.put(QUEUE, paid("ord_1", version)).await;
    }
    let report = street.letters(QUEUE).redrive(&Job { limit: Some(4), ..Job::default() }, &unwatched()).await;
    assert_eq!((report.matching, report.settled), (9, 4));
    let arrived: Vec<_> = street.arrived(TARGET).into_iter().map(|(_, version)| version).collect();
    assert_eq!(arrived, [1, 2, 3, 4]);
    assert_eq!(street.queue(QUEUE).depth_now().visible, 5);
}

#[tokio::test(start_paused = true)]
async fn a_pace_is_kept() {
    let street = Street::new();
    for order in 0..40 {
        street.put(QUEUE, paid(&format!("ord_{order}"), 1)).await;
    }
    let started = Instant::now();
    let job = Job { pace: NonZeroU32::new(4), ..Job::default() };
    let report = street.letters(QUEUE).redrive(&job, &unwatched()).await;
    assert_eq!(report.settled, 40);
    let took = started.elapsed();
    assert!((9..=12).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_redrive_keeps_its_letters_hidden_and_sends_none_twice() {
    let street = Street::new();
    for order in 0..30 {
        street.put(QUEUE, paid(&format!("ord_{order}"), 1)).await;
    }
    // Thirty minutes and more, six times the visibility.
    let letters = street.letters(QUEUE);
    let job = Job { pace: NonZeroU32::new(1), ..Job::default() };
    street.faults.set(|operation, resource, _| {
        let slow = operation == "queue.send" && resource == TARGET;
        slow.then_some(shotengai_testing::memory::InjectedFault::Delay(Duration::from_secs(60)))
    });
    let started = Instant::now();
    let report = letters.redrive(&job, &unwatched()).await;
    assert!(started.elapsed() > Duration::from_secs(1800), "{:?}", started.elapsed());
    assert_eq!((report.settled, report.undeleted.len()), (30, 0));
    assert_eq!((street.queue(TARGET).depth_now().total(), street.queue(QUEUE).depth_now().total()), (30, 0));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_counts_and_changes_nothing() {
    let street = Street::new();
    for version in 1..=25 {
        street.put(QUEUE, paid("ord_1", version)).await;
    }
    let before: Vec<_> = street.queue(QUEUE).messages().into_iter().map(|message| message.body).collect();
    let job = Job { dry_run: true, limit: Some(20), ..Job::default() };
    for report in [
        street.letters(QUEUE).redrive(&job, &unwatched()).await,
        street.letters(QUEUE).discard(&job, &unwatched()).await,
    ] {
        assert_eq!((report.matching, report.settled, report.complete), (25, 20, true));
        assert_eq!(report.causes[0].count, 25);
    }
    let after: Vec<_> = street.queue(QUEUE).messages().into_iter().map(|message| message.body).collect();
    assert_eq!(after, before);
    assert_eq!(street.queue(QUEUE).depth_now().visible, 25);
    assert_eq!(street.faults.calls("queue.send", TARGET), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_redrive_ends_between_two_batches_and_gives_back_the_rest() {
    let street = Street::new();
    for order in 0..40 {
        street.put(QUEUE, paid(&format!("ord_{order}"), 1)).await;
    }
    let watch = Watch::default();
    let (cancel, told) = (watch.cancel.clone(), Arc::new(Mutex::new(Vec::new())));
    let telling = Arc::clone(&told);
    let progress = move |report: &Report| {
        telling.lock().unwrap().push(report.settled);
        if report.settled >= 20 {
            cancel.cancel();
        }
    };
    let watch = Watch { progress: Some(Arc::new(progress)), ..watch };
    let report = street.letters(QUEUE).redrive(&all(), &watch).await;
    assert_eq!((report.settled, report.cancelled), (20, true));
    assert_eq!(*told.lock().unwrap(), [0, 10, 20]);
    assert_eq!((street.queue(TARGET).depth_now().visible, street.queue(QUEUE).depth_now().visible), (20, 20));
    street.assert_released(QUEUE);
}

#[tokio::test(start_paused = true)]
async fn letters_that_are_not_meant_are_held_within_a_bound() {
    let street = Street::new();
    street.put(QUEUE, paid("ord_1", 1)).await;
    for version in 1..=100 {
        street.put(QUEUE, letter(format!("garbage {version}"), &facts("not_an_envelope", "no"))).await;
    }
    let bounds = shotengai_dead_letters::Bounds { look_at: 30, ..Default::default() };
    let letters = street.letters(QUEUE).with_bounds(bounds);
    let report = letters.redrive(&of_reason("exhausted"), &unwatched()).await;
    assert_eq!((report.settled, report.complete, report.is_success()), (1, false, false));
    assert!(report.looked_at < 50, "{report:?}");
    assert!(report.stopped.is_some());
    street.assert_released(QUEUE);
}

#[tokio::test(start_paused = true)]
async fn a_letter_as_large_as_a_queue_takes_goes_without_its_count() {
    let street = Street::new();
    let full = Message { body: "x".repeat(SEND_MAX_BYTES), ..Message::default() };
    let crowded = (0..10).map(|index| (format!("a{index}"), "b".to_owned())).collect::<BTreeMap<_, _>>();
    street.put(QUEUE, full).await;
    street.put(QUEUE, Message { body: "y".to_owned(), attributes: crowded, delay: Duration::ZERO }).await;
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.failed), (2, vec![]));
    assert!(street.queue(TARGET).messages().iter().all(|message| !message.attributes.contains_key(REDRIVEN_ATTRIBUTE)));
}

#[tokio::test(start_paused = true)]
async fn large_letters_go_by_calls_that_a_queue_takes_with_their_counts() {
    let street = Street::new();
    // Three together are as large as one call may be: bodies alone, or with what their attributes say.
    let named = BTreeMap::from([("a".repeat(200), "b".to_owned())]);
    for attributes in [BTreeMap::new(), named] {
        for text in ["x", "y", "z"] {
            let body = text.repeat(SEND_MAX_BYTES / 3 - attributes.values().map(String::len).sum::<usize>());
            street.put(QUEUE, Message { body, attributes: attributes.clone(), delay: Duration::ZERO }).await;
        }
    }
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.failed, report.stopped), (6, vec![], None));
    assert_eq!(street.faults.calls("queue.send", TARGET), 3, "two in a call");
    assert!(street.queue(TARGET).messages().iter().all(|message| message.attributes.contains_key(REDRIVEN_ATTRIBUTE)));
}

#[tokio::test(start_paused = true)]
async fn discarding_deletes_what_the_filter_means_and_sends_nothing() {
    let street = Street::new();
    for version in 1..=12 {
        street.put(QUEUE, paid("ord_1", version)).await;
        street.put(QUEUE, letter(format!("garbage {version}"), &facts("not_an_envelope", "no"))).await;
    }
    let report = street.letters(QUEUE).discard(&of_reason("not_an_envelope"), &unwatched()).await;
    assert_eq!((report.matching, report.settled, report.is_success()), (12, 12, true));
    assert_eq!(street.arrived(QUEUE).len(), 12);
    assert_eq!(street.faults.calls("queue.send", TARGET), 0);
    street.assert_released(QUEUE);
}
