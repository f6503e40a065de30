//! Contacts over HTTP, against answers as storefront and proxies give them.

use std::sync::Arc;

use shotengai_contracts::topology::Service;
use shotengai_kernel::UserId;
use shotengai_messaging::{Fault, FaultKind};
use shotengai_notification::contacts::Contacts;
use shotengai_notification::domain::contact::{Contact, Language};
use shotengai_runtime::Neighbour;
use shotengai_runtime::neighbours::HttpNeighbours;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Asks a server that gives this answer once, if it was asked as agreed.
async fn ask(status: &'static str, content_type: &'static str, body: &'static str) -> Result<Option<Contact>, Fault> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let mut stream = BufReader::new(listener.accept().await.unwrap().0);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await.unwrap() > 0 {}
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        head
    });
    let addresses = [(Service::STOREFRONT, url)];
    let neighbours =
        HttpNeighbours::new(shotengai_runtime::direct_http().build().unwrap(), "internal".into(), addresses);
    let contacts = Contacts::new(Neighbour::new(Service::STOREFRONT, Arc::new(neighbours)));
    let answer = contacts.contact(&UserId::parse("usr_7").unwrap()).await;
    let head = serving.await.unwrap();
    assert!(head.starts_with("GET /internal/contacts/usr_7 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer internal\r\n"), "{head}");
    answer
}

#[tokio::test]
async fn a_contact_is_what_storefront_says() {
    let body = r#"{"email":"hana@example.jp","language":"ja","name":"花子"}"#;
    let contact = ask("200 OK", "application/json", body).await.unwrap().unwrap();
    assert_eq!(contact.email.unwrap().expose(), "hana@example.jp");
    assert_eq!((contact.language, contact.name.unwrap().expose()), (Language::Ja, "花子"));
    let guest = ask("200 OK", "application/json", r#"{"email":null,"language":"en","name":null}"#).await.unwrap();
    assert_eq!(guest, Some(Contact { email: None, language: Language::En, name: None }));
}

#[tokio::test]
async fn only_storefronts_own_404_means_that_nobody_is_known() {
    let erased = r#"{"type":"/problems/no-such-account","title":"x","status":404}"#;
    assert_eq!(ask("404 Not Found", "application/problem+json", erased).await.unwrap(), None);
    let no_path = r#"{"type":"/problems/not-found","title":"x","status":404}"#;
    assert!(ask("404 Not Found", "application/problem+json", no_path).await.is_err());
    assert!(ask("404 Not Found", "text/html", "<h1>no route</h1>").await.is_err());
}

#[tokio::test]
async fn a_fault_says_whether_to_try_again_and_quotes_nothing() {
    let busy = ask("503 Service Unavailable", "application/problem+json", "{}").await.unwrap_err();
    assert_eq!(busy.kind(), FaultKind::Transient);
    let refused = ask("401 Unauthorized", "application/problem+json", "{}").await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Denied);
    let garbage = ask("200 OK", "application/json", r#"{"email":"hana@example.jp","language":"hana@example.jp""#).await;
    assert!(!format!("{:?}", garbage.unwrap_err()).contains("hana"));
}
