use lettre::{
    AsyncTransport, Message,
    message::{Attachment, MultiPart, SinglePart, header::ContentType},
};
use shotengai_inbox::InboxConfig;

use crate::harness::{start, start_with};

#[tokio::test]
async fn the_page_is_self_contained_and_may_fetch_from_nowhere_else() {
    let inbox = start();
    let answer = inbox.get("/").await;
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src=\""));
    assert!(page.contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
    inbox.stop().await;
}

#[tokio::test]
async fn probes_answer() {
    let inbox = start();
    for path in ["/livez", "/readyz"] {
        assert_eq!(inbox.get(path).await.text().await.unwrap(), "ok");
    }
    inbox.stop().await;
}

#[tokio::test]
async fn a_page_that_had_its_own_name_resolved_to_this_machine_reads_no_mail() {
    let inbox = start();
    let ask = |host: &'static str| inbox.client.get(format!("{}/api/v1/messages", inbox.base)).header("host", host);
    for host in ["evil.example", "evil.example:8025", "localhost.evil.example", "127.0.0.1.evil.example"] {
        let answer = ask(host).send().await.unwrap();
        assert_eq!(answer.status(), 421, "{host}");
        assert!(!answer.text().await.unwrap().contains("messages"), "{host}");
    }
    for host in ["localhost", "localhost:8025", "LOCALHOST", "mail.localhost", "[::1]:8025", "192.0.2.7"] {
        assert_eq!(ask(host).send().await.unwrap().status(), 200, "{host}");
    }
    inbox.stop().await;
}

#[tokio::test]
async fn an_attached_document_is_downloaded_and_never_shown_as_a_page_of_ours() {
    let inbox = start();
    let file = Attachment::new("evil.html".to_owned()).body("<script>1</script>".to_owned(), ContentType::TEXT_HTML);
    let mail = Message::builder()
        .from("a@example.jp".parse().unwrap())
        .to("b@example.jp".parse().unwrap())
        .subject("x")
        .multipart(MultiPart::mixed().singlepart(SinglePart::plain("x".to_owned())).singlepart(file))
        .unwrap();
    inbox.transport().send(mail).await.unwrap();
    let part = inbox.get("/api/v1/message/latest/part/2").await;
    assert_eq!(part.headers()["content-type"], "application/octet-stream");
    assert_eq!(part.headers()["x-content-type-options"], "nosniff");
    assert!(part.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
    inbox.stop().await;
}

const STREET: &str = "http://127.0.0.1:8080";

#[tokio::test]
async fn only_pages_of_the_street_read_mail_and_show_it_in_a_frame() {
    let inbox = start_with(InboxConfig { shown_by: vec![STREET.to_owned()], ..InboxConfig::on_free_ports() });
    let mail = Message::builder()
        .from("a@example.jp".parse().unwrap())
        .to("b@example.jp".parse().unwrap())
        .subject("x")
        .multipart(MultiPart::alternative_plain_html("x".to_owned(), "<a href=\"/order\">your order</a>".to_owned()))
        .unwrap();
    inbox.transport().send(mail).await.unwrap();
    for (origin, may) in
        [(STREET, true), ("http://127.0.0.1:8081", false), ("https://evil.example", false), ("null", false)]
    {
        for path in ["/api/v1/messages", "/api/v1/message/latest", "/api/v1/search?query="] {
            let answer =
                inbox.client.get(format!("{}{path}", inbox.base)).header("origin", origin).send().await.unwrap();
            let told = answer.headers().get("access-control-allow-origin").map(|told| told.to_str().unwrap());
            assert_eq!(told, may.then_some(STREET), "{origin} {path}");
            assert_eq!(answer.headers()["vary"], "origin", "{origin} {path}");
        }
    }
    // What would change something is asked for first, and not granted.
    let asked = inbox.client.request(reqwest::Method::OPTIONS, format!("{}/api/v1/messages", inbox.base));
    let asked = asked.header("origin", STREET).header("access-control-request-method", "DELETE").send().await.unwrap();
    assert!(!asked.status().is_success() && !asked.headers().contains_key("access-control-allow-methods"), "{asked:?}");

    let view = inbox.get("/view/latest.html").await;
    let policy = view.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("script"), "{policy}");
    assert!(policy.contains("; sandbox allow-popups allow-popups-to-escape-sandbox; "), "{policy}");
    assert!(policy.ends_with(&format!("frame-ancestors {STREET}")), "{policy}");
    let html = view.text().await.unwrap();
    assert!(html.starts_with("<!DOCTYPE html><base target=\"_blank\">") && html.contains(">your order</a>"), "{html}");
    inbox.stop().await;
}

#[tokio::test]
async fn nobody_shows_the_mail_of_an_inbox_that_was_told_of_no_street() {
    let inbox = start();
    let mail = |html: &str| {
        let mail = Message::builder().from("a@example.jp".parse().unwrap()).to("b@example.jp".parse().unwrap());
        mail.multipart(MultiPart::alternative_plain_html("x".to_owned(), html.to_owned())).unwrap()
    };
    assert_eq!(inbox.get("/view/latest.html").await.status(), 404);
    inbox.transport().send(mail("<p>x</p>")).await.unwrap();
    let view = inbox.get("/view/latest.html").await;
    let policy = view.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    let asked = inbox.client.get(format!("{}/api/v1/messages", inbox.base)).header("origin", STREET);
    assert!(!asked.send().await.unwrap().headers().contains_key("access-control-allow-origin"));
    inbox.stop().await;
}
