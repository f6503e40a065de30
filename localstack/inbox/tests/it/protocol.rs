use shotengai_inbox::InboxConfig;

use crate::harness::{start, start_with};

#[tokio::test]
async fn a_whole_pipelined_conversation_in_one_packet_is_answered_in_order() {
    let inbox = start();
    let mut talk = inbox.talk().await;
    talk.send(b"EHLO test\r\nMAIL FROM:<a@example.jp>\r\nRCPT TO:<b@example.jp>\r\nRCPT TO:<c@example.jp>\r\nDATA\r\n\
        Subject: one\r\n\r\n1\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.jp>\r\nDATA\r\nSubject: two\r\n\r\n2\r\n.\r\nQUIT\r\n")
        .await;
    let mut codes = Vec::new();
    for _ in 0..10 {
        codes.push(talk.answer().await.0);
    }
    assert_eq!(codes, [250, 250, 250, 250, 354, 250, 250, 250, 354, 250]);
    assert_eq!(talk.answer().await.0, 221);
    assert!(talk.is_closed().await);
    let subjects: Vec<String> = inbox.store.list(0, 0).messages.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["two", "one"]);
    inbox.stop().await;
}

#[tokio::test]
async fn an_accepted_message_can_be_read_at_once() {
    let inbox = start();
    let mut talk = inbox.talk().await;
    talk.say("EHLO test").await;
    for n in 0..50 {
        assert_eq!(talk.say("MAIL FROM:<a@example.jp>").await, 250);
        assert_eq!(talk.say("RCPT TO:<b@example.jp>").await, 250);
        assert_eq!(talk.say("DATA").await, 354);
        assert_eq!(talk.say(&format!("Subject: {n}\r\n\r\nx\r\n.")).await, 250);
        assert_eq!(inbox.store.count(), n + 1);
    }
    inbox.stop().await;
}

#[tokio::test]
async fn stuffed_dots_reach_the_reader_as_written() {
    let inbox = start();
    let mut talk = inbox.talk().await;
    talk.send(b"EHLO t\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n\r\n..dot\r\n...\r\nend\r\n.\r\n").await;
    for _ in 0..5 {
        talk.answer().await;
    }
    let raw = inbox.get("/api/v1/message/latest/raw").await.text().await.unwrap();
    assert!(raw.ends_with("\r\n\r\n.dot\r\n..\r\nend\r\n"), "{raw}");
    inbox.stop().await;
}

#[tokio::test]
async fn an_oversized_message_is_refused_and_the_connection_stays_usable() {
    let inbox = start_with(InboxConfig { max_message_bytes: 10_000, ..InboxConfig::on_free_ports() });
    let mut talk = inbox.talk().await;
    talk.send(b"EHLO t\r\n").await;
    assert!(talk.answer().await.1.contains("SIZE 10000"));
    assert_eq!(talk.say("MAIL FROM:<a@b> SIZE=10001").await, 552);
    assert_eq!(talk.say("MAIL FROM:<a@b>").await, 250);
    assert_eq!(talk.say("RCPT TO:<c@d>").await, 250);
    assert_eq!(talk.say("DATA").await, 354);
    assert_eq!(talk.say(&format!("{}.", "line\r\n".repeat(200_000))).await, 552);
    assert_eq!(talk.say("NOOP").await, 250);
    assert_eq!(inbox.store.count(), 0);
    assert_eq!(inbox.json("/api/v1/info").await["RuntimeStats"]["SMTPRejected"], 1);
    inbox.stop().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let inbox = start_with(InboxConfig { max_connections: 1, ..InboxConfig::on_free_ports() });
    let mut first = inbox.talk().await;
    let (mut second, ()) = tokio::join!(inbox.talk(), async {
        assert_eq!(first.say("NOOP").await, 250);
        assert_eq!(first.say("QUIT").await, 221);
    });
    assert_eq!(second.say("NOOP").await, 250);
    drop(second);
    inbox.stop().await;
}

#[tokio::test]
async fn stopping_lets_a_message_on_its_way_finish_and_sends_idle_clients_off() {
    let inbox = start();
    let mut idle = inbox.talk().await;
    let mut busy = inbox.talk().await;
    for line in ["EHLO t", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA"] {
        busy.say(line).await;
    }
    let store = inbox.store.clone();
    tokio::join!(inbox.stop(), async {
        assert_eq!(idle.answer().await.0, 421);
        assert!(idle.is_closed().await);
        assert_eq!(busy.say("Subject: last\r\n\r\n.").await, 250);
        assert_eq!(busy.answer().await.0, 421);
    });
    assert_eq!(store.list(0, 0).messages[0].subject, "last");
}
