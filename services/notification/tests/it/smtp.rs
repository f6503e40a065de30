//! Real SMTP: against the street's inbox, and against a server that refuses.

use std::sync::Arc;

use shotengai_inbox::{Inbox, InboxConfig, InboxStore};
use shotengai_messaging::Disposition;
use shotengai_notification::domain::mail::MailKind;
use shotengai_notification::mailer::{Mailer, SendError};
use shotengai_notification::smtp::{SmtpMailer, SmtpServer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::support::{Harness, event};

fn mailer(port: u16) -> Arc<SmtpMailer> {
    let server = SmtpServer::parse(&format!("smtp://127.0.0.1:{port}")).unwrap();
    Arc::new(SmtpMailer::new(server, "Shotengai <street@shotengai.example>".parse().unwrap()))
}

fn open_inbox() -> (u16, InboxStore, DropGuard) {
    let inbox = Inbox::bind(InboxConfig::on_free_ports()).unwrap();
    let (port, store, shutdown) = (inbox.smtp_addr().port(), inbox.store(), CancellationToken::new());
    tokio::spawn(inbox.run(shutdown.clone()));
    (port, store, shutdown.drop_guard())
}

#[tokio::test]
async fn mails_of_a_batch_arrive_whole() {
    let (port, store, _guard) = open_inbox();
    let street = Harness::new();
    let mailer = mailer(port);
    let handler = street.handler(Arc::clone(&mailer) as Arc<dyn Mailer>);
    let batch: Vec<_> = MailKind::ALL.iter().map(|kind| street.delivery(&event(*kind))).collect();
    assert_eq!(handler.handle(&batch).await, vec![Disposition::Done; 4]);
    assert_eq!(handler.handle(&batch).await, vec![Disposition::Done; 4]);
    mailer.ping().await.unwrap();

    let found = store.list(0, 50);
    assert_eq!(found.messages.len(), 4);
    let receipt = found.messages.iter().find(|mail| mail.message_id == "ord_1.receipt@shotengai").unwrap();
    assert_eq!(receipt.subject, "お支払いを確認しました（¥1,420）");
    assert_eq!(receipt.to[0].address, "hana@example.jp");
    let whole = store.message(&receipt.id).unwrap();
    assert!(whole.text.contains("¥200 × 6 = ¥1,200") && whole.html.contains("たけのこの里"));
    let raw = String::from_utf8(store.source(&receipt.id).unwrap()).unwrap();
    assert!(raw.contains("traceparent: 00-0af7651916cd43dd8448eb211c80319c-"), "{raw}");
    assert!(raw.contains("Auto-Submitted: auto-generated"), "{raw}");
}

#[tokio::test]
async fn a_server_that_is_away_is_a_fault_to_try_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let street = Harness::new();
    let handler = street.handler(mailer(port));
    let answers = handler.handle(&[street.delivery(&event(MailKind::Received))]).await;
    assert!(matches!(&answers[0], Disposition::Failed { cause, .. } if !cause.contains("hana")), "{answers:?}");
}

/// Speaks just enough SMTP to refuse at one step, quoting what was said, as servers do.
async fn refusing(step: &'static str, code: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 test\r\n").await.unwrap();
            let mut line = String::new();
            while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                let answer =
                    if line.starts_with(step) { format!("{code} {}\r\n", line.trim()) } else { "250 fine\r\n".into() };
                line.clear();
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    port
}

#[tokio::test]
async fn only_a_permanent_refusal_of_the_recipient_is_final() {
    let street = Harness::new();
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    let mail = street.mailer.sent.lock().unwrap()[0].clone();
    let refused = mailer(refusing("RCPT", 550).await).send(&mail).await.unwrap_err();
    assert!(matches!(refused, SendError::Refused { code: Some(550) }), "{refused:?}");
    for (step, code) in [("RCPT", 450), ("MAIL", 550), ("DATA", 554)] {
        let fault = mailer(refusing(step, code).await).send(&mail).await.unwrap_err();
        assert!(matches!(fault, SendError::Fault(_)), "{step} {code}: {fault:?}");
        assert!(!format!("{fault:?} {fault}").contains("hana"), "{fault}");
    }
}
