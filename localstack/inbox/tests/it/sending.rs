use futures::future::join_all;
use lettre::{
    AsyncTransport, Message,
    message::{Attachment, MultiPart, SinglePart, header::ContentType},
};
use serde_json::json;

use crate::harness::{on_both, on_the_built_in, start};

fn plain(to: &str, subject: &str) -> Message {
    let body = "花子様\n\n.ご注文ありがとうございます。\n".to_owned();
    Message::builder()
        .from("shop@example.jp".parse().unwrap())
        .to(to.parse().unwrap())
        .subject(subject)
        .body(body)
        .unwrap()
}

#[tokio::test]
async fn a_japanese_mail_of_text_html_and_a_file_reads_as_it_was_written() {
    on_both(async |inbox| {
        let body =
            MultiPart::alternative_plain_html("合計 1,200円".to_owned(), "<p>合計 <b>1,200円</b></p>".to_owned());
        let file = Attachment::new("領収書.txt".to_owned()).body("領収".to_owned(), ContentType::TEXT_PLAIN);
        let mail = Message::builder()
            .from("商店街 <shop@example.jp>".parse().unwrap())
            .to("花子 <hanako@example.jp>".parse().unwrap())
            .cc("taro@example.jp".parse().unwrap())
            .bcc("audit@example.jp".parse().unwrap())
            .reply_to("help@example.jp".parse().unwrap())
            .subject("ご注文 4711 の確認")
            .multipart(MultiPart::mixed().multipart(body).singlepart(file))
            .unwrap();
        inbox.transport().send(mail).await.unwrap();

        let message = inbox.json("/api/v1/message/latest").await;
        assert_eq!(message["Subject"], "ご注文 4711 の確認");
        assert_eq!(message["From"], json!({"Name": "商店街", "Address": "shop@example.jp"}));
        assert_eq!(message["To"], json!([{"Name": "花子", "Address": "hanako@example.jp"}]));
        assert_eq!(message["Cc"][0]["Address"], "taro@example.jp");
        assert_eq!(message["Bcc"][0]["Address"], "audit@example.jp");
        assert_eq!(message["ReplyTo"][0]["Address"], "help@example.jp");
        assert_eq!(message["ReturnPath"], "shop@example.jp");
        assert_eq!(message["Text"].as_str().unwrap().trim(), "合計 1,200円");
        assert_eq!(message["HTML"].as_str().unwrap().trim(), "<p>合計 <b>1,200円</b></p>");
        let file = &message["Attachments"][0];
        assert_eq!((file["FileName"].as_str(), file["ContentType"].as_str()), (Some("領収書.txt"), Some("text/plain")));
        let part = inbox.get(&format!("/api/v1/message/latest/part/{}", file["PartID"].as_str().unwrap())).await;
        assert_eq!(part.text().await.unwrap(), "領収");
    })
    .await;
}

/// Of the built-in inbox alone: Mailpit offers SMTPUTF8 without 8BITMIME, and a client that keeps to the book sends it nothing.
#[tokio::test]
async fn addresses_beyond_ascii_arrive() {
    on_the_built_in(async |inbox| {
        inbox.transport().send(plain("花子@例え.jp", "国際化")).await.unwrap();
        let found = inbox.json("/api/v1/search?query=to:花子@例え.jp").await;
        assert_eq!(found["messages_count"], 1, "{found}");
        let message = inbox.json("/api/v1/message/latest").await;
        assert_eq!(message["Subject"], "国際化");
        let text = message["Text"].as_str().unwrap();
        assert!(text.contains("\n.ご注文"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn many_senders_at_once_lose_nothing() {
    on_both(async |inbox| {
        let transport = inbox.transport();
        let sends = (0..400).map(|n| {
            let transport = transport.clone();
            async move { transport.send(plain("hanako@example.jp", &format!("Order {n:03}"))).await.unwrap() }
        });
        join_all(sends).await;
        let page = inbox.json("/api/v1/messages?limit=0").await;
        assert_eq!((&page["total"], &page["count"]), (&json!(400), &json!(400)));
        let mut subjects: Vec<&str> =
            page["messages"].as_array().unwrap().iter().map(|mail| mail["Subject"].as_str().unwrap()).collect();
        subjects.sort_unstable();
        assert_eq!(subjects, (0..400).map(|n| format!("Order {n:03}")).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn several_inboxes_in_one_process_share_nothing() {
    let (one, two) = (start(), start());
    one.transport().send(plain("a@example.jp", "only here")).await.unwrap();
    assert_eq!((one.store.count(), two.store.count()), (1, 0));
    two.stop().await;
    assert_eq!(one.json("/api/v1/messages").await["total"], 1);
    one.stop().await;
}

#[tokio::test]
async fn an_html_mail_alone_gets_a_text_too() {
    on_both(async |inbox| {
        let html = SinglePart::html("<h1>発送しました</h1>".to_owned());
        let mail = Message::builder()
            .from("shop@example.jp".parse().unwrap())
            .to("a@example.jp".parse().unwrap())
            .subject("x")
            .singlepart(html)
            .unwrap();
        inbox.transport().send(mail).await.unwrap();
        let page = inbox.json("/api/v1/messages").await;
        assert_eq!(page["messages"][0]["Snippet"], "発送しました");
        // Mailpit frames headings with asterisks.
        let message = inbox.json("/api/v1/message/latest").await;
        assert_eq!(message["Text"].as_str().unwrap().trim_matches(['*', '\n', '\r', ' ']), "発送しました");
    })
    .await;
}
