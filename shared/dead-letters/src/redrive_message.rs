//! Redriven messages: what is sent back to a queue or the stream.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use shotengai_kernel::Random;
use shotengai_messaging::dead_letter::DEAD_LETTER_ATTRIBUTE;
use shotengai_messaging::ports::message::Message;
use shotengai_messaging::ports::queue::SEND_MAX_BYTES;
use shotengai_messaging::ports::stream::StreamRecord;
use uuid::Uuid;

use crate::Destination;
use crate::attempts::{Settled, settle};
use crate::letter::{Letter, REDRIVEN_ATTRIBUTE, Redriven};
use crate::record;

/// The most attributes of a message.
const MAX_ATTRIBUTES: usize = 10;

/// The letter as a message: without its facts, with the count of its redrives, by which its consumer says what it came to; the
/// trace goes on.
pub(super) fn message(letter: &Letter, run: Uuid) -> Message {
    let mut attributes = letter.attributes.clone();
    attributes.remove(DEAD_LETTER_ATTRIBUTE);
    let count = letter.redriven.as_ref().map_or(0, |before| before.count).saturating_add(1);
    let redriven = Redriven { count, run, letter: Some(letter.message_id.clone()) };
    let redriven = serde_json::to_string(&redriven).unwrap_or_default();
    // One that another run left there would be answered under that run's name.
    attributes.remove(REDRIVEN_ATTRIBUTE);
    let before = attributes.clone();
    attributes.insert(REDRIVEN_ATTRIBUTE.to_owned(), redriven);
    let message = Message { body: letter.body.clone(), attributes, delay: Duration::ZERO };
    // A message that is as large as a queue takes goes without: the count is no reason to keep it here.
    if message.size() > SEND_MAX_BYTES || message.attributes.len() > MAX_ATTRIBUTES {
        return Message { attributes: before, ..message };
    }
    message
}

/// What a record is, briefly: to know again one that came back while the run goes on.
pub(super) fn fingerprint(record: &StreamRecord) -> u64 {
    let mut hasher = DefaultHasher::new();
    record.key.hash(&mut hasher);
    record.data.hash(&mut hasher);
    hasher.finish()
}

/// Sends letters; one answer each, in order. Letters that are no records fail without a call.
pub(super) async fn send(destination: &Destination, letters: &[&Letter], run: Uuid, random: &dyn Random) -> Settled {
    match destination {
        Destination::Queue(queue) => {
            let messages: Vec<_> = letters.iter().map(|letter| message(letter, run)).collect();
            settle(&messages, random, |batch: Vec<_>| async move { queue.send(&batch).await }).await
        }
        Destination::Stream(stream) => {
            let records: Vec<_> = letters.iter().map(|letter| record::record(letter)).collect();
            let sendable: Vec<_> = records.iter().filter_map(|record| record.as_ref().ok().cloned()).collect();
            let sent = settle(&sendable, random, |batch: Vec<_>| async move { stream.put(&batch).await }).await;
            let mut answers = sent.entries.into_iter();
            let unanswered = || Err("no answer came".to_owned());
            let entries = records.into_iter().map(|record| match record {
                Ok(_) => answers.next().unwrap_or_else(unanswered),
                Err(error) => Err(error.to_string()),
            });
            Settled { entries: entries.collect(), answered: sent.answered }
        }
    }
}
