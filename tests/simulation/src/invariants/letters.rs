//! Whether the dead letters are the nonsense that was put in, and the mails that can reach nobody. No letter's cause may be
//! the installation's: what it denies, what its relay refuses and what is away.

use std::collections::BTreeMap;

use shotengai_contracts::Envelope;
use shotengai_contracts::topology::queues;
use shotengai_kernel::UserId;
use shotengai_messaging::Queue;
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_notification::domain::mail::OrderMail;
use shotengai_order::reasons::NOT_CAPTURED;
use shotengai_testing::memory::StoredMessage;

use crate::world::{Poison, World};

/// All of the poison, each piece where it belongs and for its reason, and nothing else.
pub(super) fn are_the_poison(world: &World) {
    let mut expected: BTreeMap<String, Poison> =
        world.poison().into_iter().map(|poison| (poison.body.clone(), poison)).collect();
    let mut arrived: BTreeMap<String, u64> = BTreeMap::new();
    for queue in world.infra.all_queues() {
        // What the queue moved, or the topic put there, and was dropped with the days, somebody publishes again.
        let has_reason = |letter: &StoredMessage| letter.attributes.contains_key(DEAD_LETTER_ATTRIBUTE);
        // An order that a letter told of has to be final all the same.
        let tells = |letter: &StoredMessage| has_reason(letter) && !is_said(letter, NOT_CAPTURED.word);
        let letters = queue.messages().into_iter().chain(queue.dropped().into_iter().filter(tells));
        for letter in letters.filter(|_| queue.name().ends_with("-dlq")) {
            let letter = &letter;
            let fits = |poison: &&Poison| poison.dead_letters == queue.name() && is_said(letter, poison.reason);
            if expected.get(&letter.body).filter(fits).is_none() && !reaches_nobody(world, queue.name(), letter) {
                world.violation(format!("{}: {:?} {}", queue.name(), letter.attributes, letter.body));
            }
            *arrived.entry(letter.body.clone()).or_default() += 1;
        }
    }
    // A letter is written before its message is deleted: twice, if the message comes again meanwhile.
    let may_come_twice = world.plan.duplicates > 0 || !world.fault_log.is_empty() || !world.hold_ups.is_empty();
    for (body, letters) in arrived {
        if letters > 1 && !may_come_twice {
            world.violation(format!("{letters} dead letters {body:?}"));
        }
        expected.remove(&body);
    }
    for poison in expected.values().filter(|poison| !world.has_dropped(&poison.body)) {
        world.violation(format!("{:?} never came to {}", poison.body, poison.dead_letters));
    }
}

/// Whether the letter asks for a mail to an address that the relay refuses, rightly.
fn reaches_nobody(world: &World, queue: &str, letter: &StoredMessage) -> bool {
    queue == queues::NOTIFICATION.dead_letters()
        && is_said(letter, "refused_address")
        && mail_of(world, &letter.body).is_some_and(|mail| is_refused(world, &mail.user_id))
}

/// The mail that a message asks for.
pub(super) fn mail_of(world: &World, body: &str) -> Option<OrderMail> {
    OrderMail::for_event(&Envelope::from_json(world.as_understood(body).as_bytes()).ok()?.event().ok()?)
}

/// Whether no mail reaches this customer.
pub(super) fn is_refused(world: &World, user: &UserId) -> bool {
    world.plan.refused.is_some_and(|customer| user.as_str() == format!("usr_{customer}"))
}

/// Whether the letter says this reason. One that says none was moved by the queue itself, which takes fifty receives and as
/// many deaths of consumers: more than any history here has.
pub(crate) fn is_said(letter: &StoredMessage, reason: &str) -> bool {
    let facts = letter.attributes.get(DEAD_LETTER_ATTRIBUTE);
    facts
        .and_then(|facts| serde_json::from_str::<DeadLetterFacts>(facts).ok())
        .is_some_and(|facts| facts.reason == reason)
}
