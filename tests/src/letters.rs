//! Dead letters, looked at and left where they are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shotengai_kernel::Timestamp;
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::{Infrastructure, RawDelivery};
use tokio::time::Instant;

use crate::test_cluster::TestCluster;

/// How long a letter is hidden while it is looked at.
const HIDDEN: Duration = Duration::from_secs(60);

/// What a dead letter says.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Why it is one.
    pub facts: DeadLetterFacts,
    /// When it was sent there.
    pub sent_at: Timestamp,
    /// All its attributes.
    pub attributes: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Letter {
    /// Panics where the attribute that says why is missing.
    fn read(delivery: &RawDelivery) -> Self {
        let facts = delivery.attributes.get(DEAD_LETTER_ATTRIBUTE).expect("a letter says why it is one");
        Self {
            facts: serde_json::from_str(facts).expect("its facts are JSON"),
            sent_at: delivery.sent_at.expect("the queue says when it took it"),
            attributes: delivery.attributes.clone(),
            body: delivery.body.clone(),
        }
    }
}

impl TestCluster {
    /// The letters of a dead-letter queue, once there are `count`; visible to others again afterwards.
    pub async fn letters(&self, queue: &str, count: usize, within: Duration) -> Vec<Letter> {
        self.letters_until(queue, within, |found| found.len() >= count).await
    }

    /// The same, once they are enough.
    pub async fn letters_until(
        &self,
        queue: &str,
        within: Duration,
        are_enough: impl Fn(&[Letter]) -> bool,
    ) -> Vec<Letter> {
        let dead = self.aws.queue(queue);
        let deadline = Instant::now() + within;
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        while !are_enough(&found) {
            let reasons = || found.iter().map(|letter: &Letter| letter.facts.reason.clone()).collect::<Vec<_>>();
            assert!(Instant::now() < deadline, "{queue}: not enough letters within {within:?}, only {:?}", reasons());
            for delivery in dead.receive(10, Duration::from_secs(1), HIDDEN).await.unwrap() {
                if seen.insert((delivery.message_id.clone(), delivery.receipt.clone())) {
                    found.push(Letter::read(&delivery));
                }
            }
        }
        let receipts: Vec<_> = seen.into_iter().map(|(_, receipt)| (receipt, Duration::ZERO)).collect();
        for some in receipts.chunks(10) {
            let answers = dead.change_visibility(some).await.unwrap();
            assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        }
        found
    }
}
