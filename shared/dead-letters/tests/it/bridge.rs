//! Letters of the bridge go back into the stream, byte by byte.

use shotengai_contracts::EventType;
use shotengai_dead_letters::Job;
use shotengai_messaging::Message;

use crate::{Street, all, envelope, facts, letter, unwatched};

const QUEUE: &str = "bridge-dlq";

/// A record that the bridge set aside.
fn set_aside(body: &str, position: &str, key: Option<&str>, encoding: Option<&str>) -> Message {
    let mut letter = letter(body.to_owned(), &facts("unknown_type", "unknown event type \"OrderEaten\""));
    let mut add = |name: &str, value: &str| letter.attributes.insert(name.to_owned(), value.to_owned());
    add("shard", "shard-7");
    add("position", position);
    key.map(|key| add("key", key));
    encoding.map(|encoding| add("encoding", encoding));
    letter
}

fn records(street: &Street) -> Vec<(String, Vec<u8>)> {
    street.infra.memory_stream().records().into_iter().map(|record| (record.key, record.data)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_record_goes_back_into_the_stream_under_its_key() {
    let street = Street::new();
    let body = envelope(EventType::OrderPaid, "ord_1", 1).to_json();
    street.put(QUEUE, set_aside(&body, "10", Some("ord_1"), None)).await;
    // 0xff 0x00 'a': no text at all.
    street.put(QUEUE, set_aside("/wBh", "11", Some("ord_2"), Some("base64"))).await;
    let report = street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.failed), (2, vec![]));
    let expected = [("ord_1".to_owned(), body.into_bytes()), ("ord_2".to_owned(), vec![0xff, 0x00, b'a'])];
    assert_eq!(records(&street), expected);
    assert_eq!(street.queue(QUEUE).depth_now().total(), 0);
}

#[tokio::test(start_paused = true)]
async fn records_that_are_no_envelopes_go_in_the_order_of_their_places() {
    let street = Street::new();
    for position in ["100", "9", "010"] {
        street.put(QUEUE, set_aside(position, position, Some("ord_1"), None)).await;
    }
    street.letters(QUEUE).redrive(&all(), &unwatched()).await;
    let bodies: Vec<_> = records(&street).into_iter().map(|(_, data)| String::from_utf8(data).unwrap()).collect();
    assert_eq!(bodies, ["9", "010", "100"]);
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_does_not_hold_its_record_stays_and_names_its_place() {
    let street = Street::new();
    street.put(QUEUE, set_aside("the beginning", "41", Some("ord_1"), Some("excerpt"))).await;
    street.put(QUEUE, set_aside("later", "42", Some("ord_1"), None)).await;
    street.put(QUEUE, set_aside("no key", "43", None, None)).await;
    street.put(QUEUE, set_aside("***", "44", Some("ord_2"), Some("base64"))).await;
    street.put(QUEUE, set_aside("odd", "45", Some("ord_3"), Some("rot13"))).await;
    street.put(QUEUE, set_aside("good", "46", Some("ord_4"), None)).await;
    for (dry_run, left) in [(true, 6), (false, 5)] {
        let report = street.letters(QUEUE).redrive(&Job { dry_run, ..Job::default() }, &unwatched()).await;
        // The later record of the aggregate waits for the one that can't go.
        assert_eq!((report.settled, report.failed.len(), report.waiting), (1, 4, 1), "{report:?}");
        let excerpt = report.failed.iter().find(|failure| failure.subject.as_deref() == Some("ord_1")).unwrap();
        assert!(excerpt.error.contains("position 41 of shard shard-7"), "{excerpt:?}");
        assert_eq!(street.queue(QUEUE).depth_now().visible, left);
    }
    assert_eq!(records(&street), [("ord_4".to_owned(), b"good".to_vec())]);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_the_bridge_sets_aside_again_waits_for_the_next_redrive() {
    let street = Street::new();
    // The stream keeps no attribute that names the run; with a queue's clock that is late, only the bytes tell.
    for index in 0..12 {
        let key = format!("ord_{index}");
        street.put(QUEUE, set_aside(&format!("record {index}"), "4", Some(&key), None)).await;
    }
    street.put(QUEUE, set_aside("record 0", "5", Some("ord_0"), None)).await;
    let report = street.letters_by(QUEUE, 1).redrive(&all(), &unwatched()).await;
    assert_eq!((report.settled, report.came_later), (12, 1), "{report:?}");
    assert_eq!(street.queue(QUEUE).depth_now().visible, 1);
    assert_eq!(street.letters(QUEUE).redrive(&all(), &unwatched()).await.settled, 1);
}
