//! A record as a dead letter: without loss where a queue can carry it, and saying so where it can't.
//! [`shotengai_messaging::dead_letter`] says what the attributes mean; `record` of `shotengai-dead-letters` is the way back.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shotengai_messaging::Message;
use shotengai_messaging::dead_letter::{BASE64, ENCODING, EXCERPT, KEY, POSITION, SHARD};
use shotengai_messaging::dead_letter::{DEAD_LETTER_ATTRIBUTE, DeadLetterFacts};
use shotengai_messaging::ports::queue::{SEND_MAX_BYTES, is_permitted};
use shotengai_messaging::ports::stream::ReadRecord;

use crate::aside::Unfit;

/// How much of a record an excerpt shows.
const EXCERPT_BYTES: usize = 64 * 1024;
const ERROR_CHARS: usize = 500;
/// The length of a W3C trace context (version 00).
const TRACE_CHARS: usize = 55;

/// The letter of a record that is `unfit` for `reader`, after so many attempts.
pub(crate) fn letter(reader: &str, shard: &str, record: &ReadRecord, unfit: &Unfit, attempts: u32) -> Message {
    let facts = DeadLetterFacts {
        reason: unfit.reason.to_owned(),
        error: permitted(&unfit.error).chars().take(ERROR_CHARS).collect(),
        consumer: reader.to_owned(),
        attempts,
        first_seen: record.arrived_at,
        // As long as anything else that a writer may have put there, it would leave no room for the record.
        trace: unfit.trace.clone().filter(|trace| trace.len() <= TRACE_CHARS && trace.is_ascii()),
    };
    let mut attributes = BTreeMap::from([
        (DEAD_LETTER_ATTRIBUTE.to_owned(), serde_json::to_string(&facts).unwrap_or_default()),
        (SHARD.to_owned(), shard.to_owned()),
        (POSITION.to_owned(), record.position.clone()),
        (KEY.to_owned(), permitted(&record.key)),
    ]);
    // No queue takes an attribute without a value.
    attributes.retain(|_, value| !value.is_empty());
    let plain = Message { body: String::new(), attributes, delay: Duration::ZERO };
    let encoded = |encoding: &str, body: String| {
        let mut attributes = plain.attributes.clone();
        attributes.insert(ENCODING.to_owned(), encoding.to_owned());
        Message { body, attributes, ..plain }
    };

    let text = std::str::from_utf8(&record.data).ok().filter(|text| !text.is_empty() && text.chars().all(is_permitted));
    let whole = match text {
        Some(text) if plain.size() + text.len() <= SEND_MAX_BYTES => {
            return Message { body: text.to_owned(), ..plain };
        }
        Some(_) => None,
        None if record.data.is_empty() => None,
        None => Some(encoded(BASE64, STANDARD.encode(&record.data))).filter(|letter| letter.size() <= SEND_MAX_BYTES),
    };
    whole.unwrap_or_else(|| encoded(EXCERPT, excerpt(&record.data)))
}

/// The beginning, as text as far as it is; a blank for a record without bytes, since an empty body is no message.
fn excerpt(data: &[u8]) -> String {
    let beginning = data.get(..EXCERPT_BYTES.min(data.len())).unwrap_or_default();
    let text = permitted(&String::from_utf8_lossy(beginning));
    if text.is_empty() { " ".to_owned() } else { text }
}

fn permitted(text: &str) -> String {
    text.chars().map(|c| if is_permitted(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use shotengai_dead_letters::Letter;
    use shotengai_dead_letters::record::record as record_of;
    use shotengai_messaging::{RawDelivery, Receipt, StreamRecord};

    use super::*;

    fn record(data: &[u8]) -> ReadRecord {
        ReadRecord { position: "7".to_owned(), key: "ord_1".to_owned(), data: data.to_vec(), arrived_at: None }
    }

    fn of(record: &ReadRecord) -> Message {
        let error = "a \u{0}\u{ffff} at the beginning".to_owned();
        let letter = letter("bridge", "shard-0", record, &Unfit { reason: "not_json", error, trace: None }, 1);
        // Every letter is one that a queue takes.
        assert!(letter.size() <= SEND_MAX_BYTES && !letter.body.is_empty() && letter.attributes.len() <= 10);
        let texts = letter.attributes.values().chain([&letter.body]);
        assert!(texts.into_iter().all(|text| !text.is_empty() && text.chars().all(is_permitted)));
        letter
    }

    fn encoding(letter: &Message) -> Option<&str> {
        letter.attributes.get(ENCODING).map(String::as_str)
    }

    #[test]
    fn text_is_the_body_unchanged_and_says_where_it_stood() {
        let text = "{\"名\":\"きのこ\t\u{85}\"";
        let letter = of(&record(text.as_bytes()));
        assert_eq!((letter.body.as_str(), encoding(&letter)), (text, None));
        let place = [SHARD, POSITION, KEY].map(|name| letter.attributes[name].as_str());
        assert_eq!(place, ["shard-0", "7", "ord_1"]);
        let facts: DeadLetterFacts = serde_json::from_str(&letter.attributes[DEAD_LETTER_ATTRIBUTE]).unwrap();
        assert_eq!((facts.reason.as_str(), facts.consumer.as_str()), ("not_json", "bridge"));
    }

    #[test]
    fn bytes_that_are_no_permitted_text_come_back_byte_by_byte() {
        let every_byte: Vec<u8> = (0..=u8::MAX).collect();
        for data in [every_byte.as_slice(), b"a\0b", b"\xff", "a\u{ffff}b".as_bytes()] {
            let letter = of(&record(data));
            assert_eq!(encoding(&letter), Some(BASE64));
            assert_eq!(STANDARD.decode(&letter.body).unwrap(), data);
        }
    }

    #[test]
    fn a_redrive_reads_the_record_back_or_says_where_it_stands() {
        let reread = |data: &[u8]| {
            let Message { body, attributes, .. } = of(&record(data));
            let (message_id, receipt) = ("m".to_owned(), Receipt("r".to_owned()));
            record_of(&Letter::read(RawDelivery {
                message_id,
                receipt,
                body,
                attributes,
                receive_count: 1,
                first_received_at: None,
                sent_at: None,
            }))
        };
        for data in [b"{}".as_slice(), b"a\0b", b"\xff\xfe"] {
            assert_eq!(reread(data), Ok(StreamRecord { key: "ord_1".to_owned(), data: data.to_vec() }));
        }
        for data in [Vec::new(), vec![b'x'; SEND_MAX_BYTES]] {
            let refused = reread(&data).unwrap_err().to_string();
            assert!(refused.contains("position 7 of shard shard-0"), "{refused}");
        }
    }

    #[test]
    fn text_fits_to_the_last_byte_and_bytes_three_quarters_as_far() {
        let room = SEND_MAX_BYTES - of(&record(b"x")).size() + 1;
        assert_eq!(encoding(&of(&record(&vec![b'x'; room]))), None);
        assert_eq!(encoding(&of(&record(&vec![b'x'; room + 1]))), Some(EXCERPT));
        let room = room - ENCODING.len() - "String".len() - BASE64.len();
        assert_eq!(encoding(&of(&record(&vec![0xff; room / 4 * 3]))), Some(BASE64));
        assert_eq!(encoding(&of(&record(&vec![0xff; room / 4 * 3 + 1]))), Some(EXCERPT));
    }

    #[test]
    fn what_does_not_fit_shows_its_beginning() {
        let large = format!("beginning{}", "x".repeat(1024 * 1024));
        let letter = of(&record(large.as_bytes()));
        assert_eq!(encoding(&letter), Some(EXCERPT));
        assert!(large.starts_with(&letter.body) && letter.body.len() == EXCERPT_BYTES);
    }

    #[test]
    fn a_record_without_bytes_is_a_blank_excerpt() {
        let letter = of(&record(b""));
        assert_eq!((letter.body.as_str(), encoding(&letter)), (" ", Some(EXCERPT)));
    }

    #[test]
    fn a_key_that_no_queue_takes_is_made_fit() {
        let mut odd = record(b"{");
        odd.key = "a\u{1}b\u{fffe}".to_owned();
        assert_eq!(of(&odd).attributes[KEY], "a\u{fffd}b\u{fffd}");
        odd.key = String::new();
        assert!(!of(&odd).attributes.contains_key(KEY));
    }
}
