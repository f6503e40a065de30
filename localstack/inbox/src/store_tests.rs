use std::time::Duration;

use tokio::time::Instant;

use super::InboxStore;
use crate::{config::InboxConfig, envelope::Envelope};

fn store(max_messages: usize, max_store_bytes: usize) -> InboxStore {
    InboxStore::new(&InboxConfig { max_messages, max_store_bytes, ..InboxConfig::default() })
}

fn put(store: &InboxStore, subject: &str) -> String {
    let envelope = Envelope { sender: "shop@example.jp".into(), recipients: vec!["hanako@example.jp".into()] };
    let data = format!("To: hanako@example.jp\r\nSubject: {subject}\r\n\r\nご注文ありがとうございます。\r\n");
    store.insert(&envelope, data.as_bytes())
}

fn subjects(store: &InboxStore) -> Vec<String> {
    store.list(0, 0).messages.into_iter().map(|message| message.subject).collect()
}

#[test]
fn the_newest_message_comes_first() {
    let store = store(10, usize::MAX);
    for subject in ["one", "two", "three"] {
        put(&store, subject);
    }
    assert_eq!(subjects(&store), ["three", "two", "one"]);
    let page = store.list(1, 1);
    assert_eq!((page.total, page.count, page.start, page.messages_count), (3, 1, 1, 3));
    assert_eq!(page.messages[0].subject, "two");
}

#[test]
fn the_oldest_gives_way_at_the_limit_of_messages() {
    let store = store(2, usize::MAX);
    let first = put(&store, "one");
    put(&store, "two");
    put(&store, "three");
    assert_eq!(subjects(&store), ["three", "two"]);
    assert!(store.message(&first).is_none());
}

#[test]
fn the_oldest_give_way_at_the_limit_of_bytes_but_never_the_newest() {
    let store = store(10, 1);
    put(&store, "one");
    put(&store, "two");
    assert_eq!(subjects(&store), ["two"]);
}

#[test]
fn deleting_and_marking_pass_over_unknown_ids() {
    let store = store(10, usize::MAX);
    let ids = [put(&store, "one"), put(&store, "two"), "unknown".to_owned()];
    store.set_read(Some(&ids[..1]), true);
    assert_eq!(store.list(0, 0).unread, 1);
    store.delete(Some(&ids[1..]));
    assert_eq!(subjects(&store), ["one"]);
    store.set_read(None, false);
    assert_eq!(store.list(0, 0).unread, 1);
    store.delete(None);
    assert_eq!((store.count(), store.statistics().bytes, store.statistics().removed), (0, 0, 2));
}

#[test]
fn a_search_counts_what_matches_and_pages_it() {
    let store = store(100, usize::MAX);
    let ids: Vec<String> = (0..10).map(|n| put(&store, if n % 2 == 0 { "paid" } else { "shipped" })).collect();
    store.set_read(Some(&ids[..1]), true);
    let page = store.search("subject:paid", 1, 2).unwrap();
    assert_eq!((page.total, page.unread, page.messages_count, page.messages_unread, page.count), (10, 9, 5, 4, 2));
    assert_eq!(page.messages[0].id, ids[6]);
}

#[test]
fn two_thousand_messages_list_and_search_fast() {
    let store = store(5_000, usize::MAX);
    for n in 0..2_000 {
        put(&store, &format!("Order {n}"));
    }
    let begin = Instant::now();
    for _ in 0..10 {
        assert_eq!(store.list(0, 50).count, 50);
        assert_eq!(store.search("to:hanako \"order 1999\" ありがとう", 0, 50).unwrap().messages_count, 1);
    }
    // Twenty requests; an optimised build needs about a hundredth of this.
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_waiter_is_woken_by_the_message_it_waits_for() {
    let store = store(10, usize::MAX);
    let sender = store.clone();
    let waiter =
        tokio::spawn(async move { store.wait_for("subject:wanted", 1, Duration::from_secs(10)).await.unwrap() });
    put(&sender, "other");
    tokio::task::yield_now().await;
    put(&sender, "wanted");
    assert_eq!(waiter.await.unwrap()[0].subject, "wanted");
}

#[tokio::test]
async fn a_waiter_gives_up_at_its_deadline_with_what_there_is() {
    let store = store(10, usize::MAX);
    put(&store, "one");
    assert_eq!(store.wait_for("subject:one", 2, Duration::from_millis(20)).await.unwrap().len(), 1);
}
