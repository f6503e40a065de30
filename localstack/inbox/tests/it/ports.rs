use std::{error::Error, time::Duration};

use shotengai_inbox::{Inbox, InboxConfig, InboxError, Listener};
use tokio::{net::TcpStream, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::harness::{DEADLINE, start};

#[test]
fn the_default_is_mailpits_ports_on_loopback() {
    let config = InboxConfig::default();
    assert_eq!((config.smtp.to_string(), config.http.to_string()), ("127.0.0.1:1025".into(), "127.0.0.1:8025".into()));
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = Inbox::bind(InboxConfig::on_free_ports()).unwrap();
    let smtp = Inbox::bind(InboxConfig { smtp: taken.smtp_addr(), ..InboxConfig::on_free_ports() }).unwrap_err();
    assert!(matches!(smtp, InboxError::PortInUse { listener: Listener::Smtp, .. }));
    assert!(smtp.to_string().contains(&format!("port {} for the inbox's SMTP", taken.smtp_addr().port())), "{smtp}");
    assert!(smtp.source().is_some());
    let http = Inbox::bind(InboxConfig { http: taken.http_addr(), ..InboxConfig::on_free_ports() }).unwrap_err();
    assert!(http.to_string().contains(&format!("port {} for the inbox's HTTP", taken.http_addr().port())), "{http}");
}

#[test]
fn binding_outside_a_runtime_is_an_error() {
    let error = Inbox::bind(InboxConfig::on_free_ports()).unwrap_err();
    assert!(matches!(error, InboxError::Bind { listener: Listener::Smtp, .. }));
}

#[tokio::test]
async fn a_stopped_inbox_frees_its_ports_for_the_next() {
    let inbox = start();
    let (smtp, base) = (inbox.smtp, inbox.base.clone());
    inbox.get("/livez").await;
    inbox.stop().await;
    let http = base.trim_start_matches("http://").parse().unwrap();
    Inbox::bind(InboxConfig { smtp, http, ..InboxConfig::default() }).unwrap();
}

#[tokio::test]
async fn an_aborted_inbox_stops_serving() {
    let inbox = Inbox::bind(InboxConfig::on_free_ports()).unwrap();
    let (smtp, http) = (inbox.smtp_addr(), inbox.http_addr());
    let serving = tokio::spawn(inbox.run(CancellationToken::new()));
    reqwest::get(format!("http://{http}/livez")).await.unwrap();
    serving.abort();
    let deadline = Instant::now() + DEADLINE;
    for address in [smtp, http] {
        while TcpStream::connect(address).await.is_ok() {
            assert!(Instant::now() < deadline, "{address} still listens");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
