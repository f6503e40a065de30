//! Real SMTP: against the street's inbox, and against a server that refuses.

use std::sync::{Arc, Mutex};

use shotengai_inbox::{Inbox, InboxConfig, InboxStore};
use shotengai_messaging::{Disposition, FaultKind};
use shotengai_notification::OutgoingMail;
use shotengai_notification::domain::contact::Address;
use shotengai_notification::domain::mail::MailKind;
use shotengai_notification::mailer::{Mailer, SendError};
use shotengai_notification::smtp::{SmtpMailer, SmtpServer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
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
    assert_eq!(handler.handle(&batch).await, vec![Disposition::Done; MailKind::ALL.len()]);
    assert_eq!(handler.handle(&batch).await, vec![Disposition::Done; MailKind::ALL.len()]);
    mailer.ping().await.unwrap();

    let found = store.list(0, 50);
    assert_eq!(found.messages.len(), MailKind::ALL.len());
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

/// Speaks just enough SMTP to answer one step as it is told, quoting what was said, as servers do.
struct Moody {
    port: u16,
    /// The step, and with which codes.
    refuses: Arc<Mutex<Option<(&'static str, &'static str)>>>,
    /// Recipients of what it took.
    taken: Arc<Mutex<Vec<String>>>,
}

impl Moody {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, refuses: Arc::default(), taken: Arc::default() };
        let (refuses, taken) = (Arc::clone(&server.refuses), Arc::clone(&server.taken));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&refuses), Arc::clone(&taken)));
            }
        });
        server
    }

    fn refuses(&self, step: &'static str, codes: &'static str) {
        *self.refuses.lock().unwrap() = Some((step, codes));
    }

    fn takes_all(&self) {
        *self.refuses.lock().unwrap() = None;
    }

    fn mailer(&self) -> Arc<SmtpMailer> {
        mailer(self.port)
    }
}

async fn converse(
    stream: TcpStream,
    refuses: Arc<Mutex<Option<(&'static str, &'static str)>>>,
    taken: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await.ok()?;
    let (mut recipient, mut in_content) = (String::new(), false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if in_content && line != ".\r\n" {
            continue;
        }
        let refusal = refuses.lock().unwrap().filter(|(step, _)| !in_content && line.starts_with(step));
        let answer = match refusal {
            Some((_, codes)) => format!("{codes} {}\r\n", line.trim()),
            None if line.starts_with("DATA") => {
                in_content = true;
                "354 go on\r\n".to_owned()
            }
            None if in_content => {
                in_content = false;
                taken.lock().unwrap().push(std::mem::take(&mut recipient));
                "250 2.0.0 taken\r\n".to_owned()
            }
            None => {
                if let Some(address) = line.trim().strip_prefix("RCPT TO:") {
                    address.trim_matches(['<', '>']).clone_into(&mut recipient);
                }
                "250 fine\r\n".to_owned()
            }
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// Some mail, to this recipient.
async fn mail_to(address: &str) -> OutgoingMail {
    let street = Harness::new();
    assert_eq!(street.handle(MailKind::Received).await, Disposition::Done);
    let mail = street.mailer.sent.lock().unwrap()[0].clone();
    OutgoingMail { to: Address::new(address), ..mail }
}

fn kind_of(answer: Result<(), SendError>) -> Option<FaultKind> {
    match answer {
        Ok(()) => None,
        Err(SendError::Fault(fault)) => {
            assert!(!format!("{fault:?} {fault}").contains('@'), "{fault:?}");
            Some(fault.kind())
        }
        Err(refused) => panic!("{refused}"),
    }
}

#[tokio::test]
async fn every_address_that_the_shop_takes_can_be_written_to() {
    let server = Moody::open().await;
    for address in ["hana@example.jp", "hana+shop@example.jp", r#""<x>"@example.com"#, r#""a@b"@example.com"#] {
        server.mailer().send(&mail_to(address).await).await.unwrap();
        assert_eq!(server.taken.lock().unwrap().pop().as_deref(), Some(address));
    }
}

#[tokio::test]
async fn only_a_refusal_that_names_the_recipient_is_the_recipients() {
    let mail = mail_to("hana@example.jp").await;
    for (step, codes) in [("RCPT", "550 5.1.1"), ("RCPT", "550 5.2.1"), ("RCPT", "553-5.1.3 no\r\n553 5.1.3")] {
        let server = Moody::open().await;
        server.refuses(step, codes);
        let refused = server.mailer().send(&mail).await.unwrap_err();
        let SendError::Refused { why } = &refused else { panic!("{codes}: {refused:?}") };
        assert!(why.contains("5.") && !why.contains("hana"), "{why}");
    }
    for (step, codes, kind) in [
        ("RCPT", "450 4.7.1", FaultKind::Transient),
        // Nothing shows that it serves anybody.
        ("RCPT", "554 5.7.1", FaultKind::Denied),
        ("RCPT", "550", FaultKind::Denied),
        ("DATA", "554 5.7.1", FaultKind::Denied),
        ("RCPT", "530 5.7.0", FaultKind::Denied),
        ("RCPT", "535", FaultKind::Denied),
        ("MAIL", "550 5.7.1", FaultKind::Denied),
        ("MAIL", "451 4.3.0", FaultKind::Transient),
    ] {
        let server = Moody::open().await;
        server.refuses(step, codes);
        assert_eq!(kind_of(server.mailer().send(&mail).await), Some(kind), "{step} {codes}");
    }
}

#[tokio::test]
async fn a_relay_that_refuses_several_recipients_in_a_row_is_the_installations_fault() {
    let server = Moody::open().await;
    let mailer = server.mailer();
    mailer.send(&mail_to("rin@example.jp").await).await.unwrap();
    server.refuses("RCPT", "554 5.7.1");
    let mut kinds = Vec::new();
    for address in ["hana@example.jp", "mei@example.jp", "ken@example.jp", "hana@example.jp"] {
        kinds.push(kind_of(mailer.send(&mail_to(address).await).await));
    }
    let (open, denied) = (Some(FaultKind::Transient), Some(FaultKind::Denied));
    assert_eq!(kinds, [open, open, denied, denied]);
    server.takes_all();
    for address in ["hana@example.jp", "mei@example.jp"] {
        mailer.send(&mail_to(address).await).await.unwrap();
    }
    assert_eq!(*server.taken.lock().unwrap(), ["rin@example.jp", "hana@example.jp", "mei@example.jp"]);
    // That one it took nothing for before and after the others.
    server.refuses("RCPT TO:<ken", "554 5.7.1");
    assert_eq!(kind_of(mailer.send(&mail_to("ken@example.jp").await).await), Some(FaultKind::Permanent));
}

#[tokio::test]
async fn a_domain_of_another_script_goes_out_in_ascii_to_a_server_that_knows_no_other() {
    let server = Moody::open().await;
    for address in ["user@例え.jp", "user@xn--r8jz45g.jp"] {
        server.mailer().send(&mail_to(address).await).await.unwrap();
    }
    assert_eq!(*server.taken.lock().unwrap(), ["user@xn--r8jz45g.jp", "user@xn--r8jz45g.jp"]);
    // What stands before the @ has no such form.
    let refused = server.mailer().send(&mail_to("花子@例え.jp").await).await.unwrap_err();
    assert!(matches!(&refused, SendError::Refused { why } if why.contains("SMTPUTF8")), "{refused:?}");
    // To a server that has it, it goes.
    let (port, store, _guard) = open_inbox();
    mailer(port).send(&mail_to("花子@例え.jp").await).await.unwrap();
    assert_eq!(store.list(0, 50).messages[0].to[0].address, "花子@xn--r8jz45g.jp");
}

#[tokio::test]
async fn a_customer_whose_address_the_server_can_not_carry_leaves_a_dead_letter() {
    let (server, street) = (Moody::open().await, Harness::new());
    street.know(Some("花子@example.jp"));
    let answers = street.handler(server.mailer()).handle(&[street.delivery(&event(MailKind::Receipt))]).await;
    assert!(matches!(&answers[0], Disposition::Reject { reason: "refused_address", .. }), "{answers:?}");
}

#[tokio::test]
async fn a_sender_that_the_server_can_not_carry_is_the_installations_fault() {
    let server = Moody::open().await;
    let of = |from: &str| {
        let relay = SmtpServer::parse(&format!("smtp://127.0.0.1:{}", server.port)).unwrap();
        SmtpMailer::new(relay, from.parse().unwrap())
    };
    let mail = mail_to("hana@example.jp").await;
    assert_eq!(kind_of(of("市場@shotengai.example").send(&mail).await), Some(FaultKind::Denied));
}
