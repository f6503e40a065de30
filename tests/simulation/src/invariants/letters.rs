//! Whether the dead letters are the nonsense that was put in.

use std::collections::BTreeMap;

use shotengai_messaging::Queue;
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_testing::memory::StoredMessage;

use crate::world::{Poison, World};

/// All of the poison, each piece where it belongs and for its reason, and nothing else.
pub(super) fn are_the_poison(world: &World) {
    let mut expected: BTreeMap<String, Poison> =
        world.poison().into_iter().map(|poison| (poison.body.clone(), poison)).collect();
    let mut arrived: BTreeMap<String, u64> = BTreeMap::new();
    for queue in world.infra.all_queues() {
        for letter in queue.messages().iter().filter(|_| queue.name().ends_with("-dlq")) {
            let fits = |poison: &&Poison| poison.dead_letters == queue.name() && is_said(letter, poison.reason);
            if expected.get(&letter.body).filter(fits).is_none() {
                world.violation(format!("{}: {:?} {}", queue.name(), letter.attributes, letter.body));
            }
            *arrived.entry(letter.body.clone()).or_default() += 1;
        }
    }
    // A letter is written before its message is deleted: twice, if the message comes again meanwhile.
    let may_come_twice = world.plan.duplicates > 0 || world.fault_log.any();
    for (body, letters) in arrived {
        if letters > 1 && !may_come_twice {
            world.violation(format!("{letters} dead letters {body:?}"));
        }
        expected.remove(&body);
    }
    for poison in expected.values() {
        world.violation(format!("{:?} never came to {}", poison.body, poison.dead_letters));
    }
}

/// Whether the letter says this reason. One that says none was moved by the queue itself, which takes fifty receives and as
/// many deaths of consumers: more than any history here has.
fn is_said(letter: &StoredMessage, reason: &str) -> bool {
    let facts = letter.attributes.get(DEAD_LETTER_ATTRIBUTE);
    facts
        .and_then(|facts| serde_json::from_str::<DeadLetterFacts>(facts).ok())
        .is_some_and(|facts| facts.reason == reason)
}
