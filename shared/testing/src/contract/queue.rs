//! The queue: visibility, receipts, delays, redrive.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shotengai_kernel::Ports;
use shotengai_messaging::ports::message::Message;
use shotengai_messaging::ports::queue::{Queue, RawDelivery, Receipt};
use tokio::time::Instant;

use super::{DEADLINE, eventually, fresh};

/// Long enough to outlast a case.
const HIDDEN: Duration = Duration::from_secs(60);
/// The shortest time that is not nothing.
const SECOND: Duration = Duration::from_secs(1);

/// Checks a queue, which must be the suite's own; messages left in it by others are deleted. A redrive policy must
/// allow 10 receives or more.
///
/// # Panics
/// When the queue breaks a promise.
pub async fn queue_contract(queue: Arc<dyn Queue>, ports: &Ports) {
    let case = Case { queue, ports: ports.clone() };
    case.a_message_comes_as_it_was_sent().await;
    case.a_full_batch_comes_and_is_deleted().await;
    case.a_received_message_is_hidden_until_told_otherwise().await;
    case.an_unsettled_message_comes_again_after_its_visibility().await;
    case.a_deleted_message_never_comes_again().await;
    case.a_stale_receipt_deletes_nothing().await;
    case.batches_answer_entry_by_entry().await;
    case.a_delayed_message_comes_later().await;
    case.a_waiting_receive_wakes_for_a_message().await;
    case.the_depth_tells_waiting_from_received().await;
}

/// Checks that a message which was received `max_receive_count` times moves to the dead letters with its attributes.
/// Both queues must be the suite's own.
///
/// # Panics
/// When it does not.
pub async fn redrive_contract(
    queue: Arc<dyn Queue>,
    dead_letters: Arc<dyn Queue>,
    max_receive_count: u32,
    ports: &Ports,
) {
    let case = Case { queue, ports: ports.clone() };
    let dead = Case { queue: dead_letters, ports: ports.clone() };
    let tag = fresh(ports, "redrive-");
    case.send(&[case.message(&tag, Duration::ZERO)]).await;
    for received in 1..=max_receive_count {
        let delivery = case.receive_one(&tag, HIDDEN).await;
        assert_eq!(delivery.receive_count, received, "every receive counts");
        case.show(&delivery).await;
    }
    let moved = eventually("a message that was received too often is among the dead letters", || async {
        let again = case.receive(Duration::ZERO, HIDDEN).await;
        assert!(again.iter().all(|delivery| delivery.body != tag), "it is not received once more");
        dead.receive(SECOND, HIDDEN).await.into_iter().find(|delivery| delivery.body == tag)
    })
    .await;
    assert_eq!(moved.attributes, attributes(), "attributes are kept");
    dead.delete(&[moved]).await;
}

struct Case {
    queue: Arc<dyn Queue>,
    ports: Ports,
}

fn attributes() -> BTreeMap<String, String> {
    let attribute = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    [("event_type", "ProductCreated"), ("note", "きのこの山 \"{}\"")].map(attribute).into()
}

impl Case {
    fn message(&self, tag: &str, delay: Duration) -> Message {
        Message { body: tag.to_owned(), attributes: attributes(), delay }
    }

    async fn send(&self, messages: &[Message]) {
        let answers = self.queue.send(messages).await.expect("a send is answered");
        assert_eq!(answers.len(), messages.len(), "one answer a message");
        assert!(answers.iter().all(Result::is_ok), "every message is taken: {answers:?}");
    }

    async fn receive(&self, wait: Duration, visibility: Duration) -> Vec<RawDelivery> {
        self.queue.receive(10, wait, visibility).await.expect("a receive succeeds")
    }

    async fn delete(&self, deliveries: &[RawDelivery]) {
        let receipts: Vec<_> = deliveries.iter().map(|delivery| delivery.receipt.clone()).collect();
        let answers = self.queue.delete(&receipts).await.expect("a delete is answered");
        assert_eq!(answers.len(), receipts.len(), "one answer a receipt");
        assert!(answers.iter().all(Result::is_ok), "every message is deleted: {answers:?}");
    }

    /// Makes a received message visible at once.
    async fn show(&self, delivery: &RawDelivery) {
        let change = [(delivery.receipt.clone(), Duration::ZERO)];
        let answers = self.queue.change_visibility(&change).await.expect("a change is answered");
        assert!(matches!(answers.as_slice(), [Ok(())]), "the visibility is changed: {answers:?}");
    }

    /// Receives until `count` messages whose body starts with `tag` are held; deletes what others left.
    async fn receive_own(&self, tag: &str, count: usize, visibility: Duration) -> Vec<RawDelivery> {
        let deadline = Instant::now() + DEADLINE;
        let mut held: BTreeMap<String, RawDelivery> = BTreeMap::new();
        while held.len() < count {
            assert!(Instant::now() < deadline, "{} of {count} messages after {DEADLINE:?}", held.len());
            for delivery in self.receive(SECOND, visibility).await {
                if delivery.body.starts_with(tag) {
                    held.insert(delivery.message_id.clone(), delivery);
                } else {
                    self.delete(&[delivery]).await;
                }
            }
        }
        assert_eq!(held.len(), count, "no more messages than were sent");
        held.into_values().collect()
    }

    async fn receive_one(&self, tag: &str, visibility: Duration) -> RawDelivery {
        self.receive_own(tag, 1, visibility).await.pop().expect("one message")
    }

    async fn sees(&self, tag: &str, wait: Duration) -> bool {
        self.receive(wait, HIDDEN).await.iter().any(|delivery| delivery.body == tag)
    }

    async fn a_message_comes_as_it_was_sent(&self) {
        let tag = fresh(&self.ports, "as-sent-");
        let body = format!("{tag} {{\"name\": \"きのこの山\"}}\n\t<&>");
        self.send(&[Message { body: body.clone(), ..self.message("", Duration::ZERO) }]).await;
        let delivery = self.receive_one(&tag, HIDDEN).await;
        assert_eq!(delivery.body, body, "the body is unchanged");
        assert_eq!(delivery.attributes, attributes(), "the attributes are unchanged");
        assert_eq!(delivery.receive_count, 1, "it was received once");
        assert!(delivery.sent_at.is_some() && delivery.first_received_at.is_some(), "times are known: {delivery:?}");
        self.delete(&[delivery]).await;
        let bare = fresh(&self.ports, "bare-");
        self.send(&[Message { body: bare.clone(), ..Message::default() }]).await;
        let delivery = self.receive_one(&bare, HIDDEN).await;
        assert!(delivery.attributes.is_empty(), "a message without attributes has none");
        self.delete(&[delivery]).await;
    }

    async fn a_full_batch_comes_and_is_deleted(&self) {
        let tag = fresh(&self.ports, "batch-");
        let messages: Vec<_> = (0..10).map(|n| self.message(&format!("{tag}/{n}"), Duration::ZERO)).collect();
        self.send(&messages).await;
        let held = self.receive_own(&tag, 10, HIDDEN).await;
        self.delete(&held).await;
    }

    async fn a_received_message_is_hidden_until_told_otherwise(&self) {
        let tag = fresh(&self.ports, "hidden-");
        self.send(&[self.message(&tag, Duration::ZERO)]).await;
        let first = self.receive_one(&tag, HIDDEN).await;
        assert!(!self.sees(&tag, Duration::ZERO).await, "a received message is hidden");
        self.show(&first).await;
        let second = self.receive_one(&tag, HIDDEN).await;
        assert_eq!(second.message_id, first.message_id, "it is the same message");
        assert_eq!(second.receive_count, 2, "the second receive counts");
        self.delete(&[second]).await;
    }

    async fn an_unsettled_message_comes_again_after_its_visibility(&self) {
        let tag = fresh(&self.ports, "again-");
        self.send(&[self.message(&tag, Duration::ZERO)]).await;
        let first = self.receive_one(&tag, SECOND).await;
        let again = self.receive_one(&tag, HIDDEN).await;
        assert_eq!(again.message_id, first.message_id, "it is the same message");
        assert_eq!(again.receive_count, 2, "the second receive counts");
        assert_eq!(again.first_received_at, first.first_received_at, "the first receive is remembered");
        self.delete(&[again]).await;
    }

    async fn a_deleted_message_never_comes_again(&self) {
        let tag = fresh(&self.ports, "deleted-");
        self.send(&[self.message(&tag, Duration::ZERO)]).await;
        let held = self.receive_one(&tag, 2 * SECOND).await;
        self.delete(&[held]).await;
        assert!(!self.sees(&tag, 3 * SECOND).await, "a deleted message is gone for good");
    }

    async fn a_stale_receipt_deletes_nothing(&self) {
        let tag = fresh(&self.ports, "stale-");
        self.send(&[self.message(&tag, Duration::ZERO)]).await;
        let stale = self.receive_one(&tag, HIDDEN).await;
        self.show(&stale).await;
        let current = self.receive_one(&tag, HIDDEN).await;
        assert_ne!(stale.receipt, current.receipt, "every delivery has its own receipt");
        // SQS may say that it has deleted, and has not.
        let answers = self.queue.delete(&[stale.receipt]).await.expect("a delete is answered");
        assert_eq!(answers.len(), 1, "one answer a receipt");
        self.show(&current).await;
        let still = self.receive_one(&tag, HIDDEN).await;
        self.delete(&[still]).await;
    }

    async fn batches_answer_entry_by_entry(&self) {
        let tag = fresh(&self.ports, "entries-");
        let messages: Vec<_> = (0..2).map(|n| self.message(&format!("{tag}/{n}"), Duration::ZERO)).collect();
        self.send(&messages).await;
        let held = self.receive_own(&tag, 2, HIDDEN).await;
        let receipts = [held[0].receipt.clone(), Receipt("no receipt at all".to_owned()), held[1].receipt.clone()];
        let changes = receipts.clone().map(|receipt| (receipt, HIDDEN));
        let answers = self.queue.change_visibility(&changes).await.expect("a change is answered");
        assert!(matches!(answers.as_slice(), [Ok(()), Err(_), Ok(())]), "only the second fails: {answers:?}");
        let answers = self.queue.delete(&receipts).await.expect("a delete is answered");
        assert!(matches!(answers.as_slice(), [Ok(()), Err(_), Ok(())]), "only the second fails: {answers:?}");
    }

    async fn a_delayed_message_comes_later(&self) {
        let (now, later) = (fresh(&self.ports, "now-"), fresh(&self.ports, "later-"));
        let sent = Instant::now();
        self.send(&[self.message(&later, 2 * SECOND), self.message(&now, Duration::ZERO)]).await;
        let first = self.receive_one(&now, HIDDEN).await;
        self.delete(&[first]).await;
        let second = self.receive_one(&later, HIDDEN).await;
        // Half a second for a clock of whole seconds.
        assert!(sent.elapsed() > SECOND + SECOND / 2, "a delayed message stays hidden: {:?}", sent.elapsed());
        assert_eq!(second.receive_count, 1, "a delay is no receive");
        self.delete(&[second]).await;
    }

    async fn a_waiting_receive_wakes_for_a_message(&self) {
        let tag = fresh(&self.ports, "wake-");
        let started = Instant::now();
        let receive = self.queue.receive(10, 15 * SECOND, HIDDEN);
        tokio::pin!(receive);
        let early = tokio::time::timeout(SECOND / 2, &mut receive).await;
        assert!(early.is_err(), "with nothing to receive, a receive waits: {early:?}");
        let message = [self.message(&tag, Duration::ZERO)];
        let ((), received) = tokio::join!(self.send(&message), receive);
        let received = received.expect("a receive succeeds");
        assert!(received.iter().any(|delivery| delivery.body == tag), "the wait ends with the message: {received:?}");
        assert!(started.elapsed() < 10 * SECOND, "it comes long before the wait ends: {:?}", started.elapsed());
        self.delete(&received).await;
    }

    async fn the_depth_tells_waiting_from_received(&self) {
        let tag = fresh(&self.ports, "depth-");
        let messages: Vec<_> = (0..3).map(|n| self.message(&format!("{tag}/{n}"), Duration::ZERO)).collect();
        self.send(&messages).await;
        eventually("three messages wait", || async {
            (self.queue.depth().await.expect("a depth").visible == 3).then_some(())
        })
        .await;
        let held = self.receive_own(&tag, 3, HIDDEN).await;
        eventually("three messages are received", || async {
            let depth = self.queue.depth().await.expect("a depth");
            ((depth.visible, depth.in_flight) == (0, 3)).then_some(())
        })
        .await;
        self.delete(&held).await;
        eventually("nothing is left", || async {
            (self.queue.depth().await.expect("a depth").total() == 0).then_some(())
        })
        .await;
    }
}
