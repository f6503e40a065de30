//! Hostile clients. Each is one address, tries a hundred requests a second, and never waits when it is told to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use shotengai_tests::raw::connect;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::{LASTS, Somebody};

type Attack = fn(Arc<Somebody>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) const ALL: [(&str, Attack); 6] = [
    ("waiting reads", |hostile| Box::pin(waiting_reads(hostile))),
    ("minutes of the tally", |hostile| Box::pin(minutes(hostile))),
    ("slow large bodies", |hostile| Box::pin(slow_bodies(hostile))),
    ("WebSockets", |hostile| Box::pin(web_sockets(hostile))),
    ("made-up products", |hostile| Box::pin(made_up_products(hostile))),
    ("guests", |hostile| Box::pin(guests(hostile))),
];

const GUESTS: usize = 5;
const EVERY: Duration = Duration::from_millis(10);
const AT_ONCE: usize = 400;
const CONNECTIONS: usize = 300;

/// The hostile client itself, and as some guests.
async fn faces(hostile: &Arc<Somebody>) -> Vec<Arc<Somebody>> {
    let guests = join_all((0..GUESTS).map(|_| hostile.signed_in())).await;
    let mut faces = vec![Arc::clone(hostile)];
    faces.extend(guests.into_iter().flatten().map(Arc::new));
    assert!(faces.len() > 1, "a few guests are for everybody");
    faces
}

/// Sends requests at its pace, whatever becomes of those before, until the time is over.
async fn flood(mut request: impl FnMut(u64) -> reqwest::RequestBuilder) {
    let (mut pace, mut under_way, began) = (interval(EVERY), JoinSet::new(), Instant::now());
    let mut number = 0;
    while began.elapsed() < LASTS {
        pace.tick().await;
        while under_way.try_join_next().is_some() {}
        if under_way.len() < AT_ONCE {
            under_way.spawn(request(number).send());
            number += 1;
        }
    }
}

/// Waits for what exists and never comes, and for what does not exist.
async fn waiting_reads(hostile: Arc<Somebody>) {
    let faces = faces(&hostile).await;
    flood(|number| {
        let face = &faces[usize::try_from(number).unwrap() % faces.len()];
        let expected = if number % 2 == 0 { "prod_kinoko:999999" } else { "prod_nobody:1" };
        face.get(&format!("/products?min_version={expected}"))
    })
    .await;
}

/// Another chart each time.
async fn minutes(hostile: Arc<Somebody>) {
    let faces = faces(&hostile).await;
    flood(|number| {
        let face = &faces[usize::try_from(number).unwrap() % faces.len()];
        face.get(&format!("/tally?minutes={}", 1_440 - number % 1_440))
    })
    .await;
}

/// Bodies that all but arrive: of guests, and of reads that have nothing to say.
async fn slow_bodies(hostile: Arc<Somebody>) {
    let faces = faces(&hostile).await;
    let mut open = Vec::new();
    let began = Instant::now();
    for number in 0..CONNECTIONS {
        let face = &faces[number % faces.len()];
        let line = if face.token.is_some() { "POST /orders" } else { "GET /products" };
        let token = face.token.as_deref().unwrap_or("none");
        let head = format!(
            "{line} HTTP/1.1\r\nhost: shop\r\nx-forwarded-for: {}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: 65535\r\n\r\n",
            face.address
        );
        let mut stream = connect(&face.base).await;
        // It may have been refused and closed already.
        stream.write_all(head.as_bytes()).await.ok();
        stream.write_all(&[b' '; 65_000]).await.ok();
        open.push(stream);
    }
    tokio::time::sleep_until(began + LASTS).await;
}

/// Opens WebSockets and keeps them.
async fn web_sockets(hostile: Arc<Somebody>) {
    let faces = faces(&hostile).await;
    let mut open = Vec::new();
    let began = Instant::now();
    for number in 0..CONNECTIONS {
        let face = &faces[number % faces.len()];
        let url = format!("{}/tally/live", face.base.replace("http", "ws"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("x-forwarded-for", face.address.parse().unwrap());
        if let Some(token) = &face.token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        open.extend(connect_async(request).await.ok());
    }
    // Everybody at the address together: four callers' worth of twenty.
    assert!(open.len() <= 80, "{}", open.len());
    let ordinary = Somebody::at(&hostile.base, "198.51.100.1".to_owned());
    let mut request = format!("{}/tally/live", ordinary.base.replace("http", "ws")).into_client_request().unwrap();
    request.headers_mut().insert("x-forwarded-for", ordinary.address.parse().unwrap());
    connect_async(request).await.expect("somebody else watches");
    tokio::time::sleep_until(began + LASTS).await;
}

/// Orders of fifty products that nobody has.
async fn made_up_products(hostile: Arc<Somebody>) {
    let faces = faces(&hostile).await;
    flood(|number| {
        let face = &faces[1 + usize::try_from(number).unwrap() % (faces.len() - 1)];
        let items: Vec<_> =
            (0..50).map(|line| json!({"product_id": format!("prod_{number}_{line}"), "quantity": 1})).collect();
        face.post("/orders", &json!({ "items": items }))
    })
    .await;
}

/// A new guest for every few calls.
async fn guests(hostile: Arc<Somebody>) {
    let began = Instant::now();
    let mut guests = vec![Arc::clone(&hostile)];
    while began.elapsed() < LASTS {
        guests.extend(hostile.signed_in().await.map(Arc::new));
        let newest = Arc::clone(guests.last().unwrap());
        join_all((0..20).map(|_| newest.get("/products").send())).await;
    }
}
