//! The tally and the pages.

use std::time::Duration;

use futures::StreamExt;
use reqwest::Method;
use tokio_tungstenite::connect_async;

use super::recorder::{Recorder, ask, get};

pub(super) async fn record(recorder: &mut Recorder) {
    recorder.section("tally");
    recorder.shows("/tally", None, r#""sold":3,"returned":1,"#).await;
    recorder.asks("all that was sold", get("/tally")).await;
    recorder.asks("by minute", get("/tally?minutes=60")).await;
    recorder.asks("too many minutes", get("/tally?minutes=1441")).await;
    recorder.asks("a parameter twice", get("/tally?minutes=1&minutes=2")).await;
    recorder.asks("a parameter that is unknown", get("/tally?hours=1")).await;
    recorder.asks("no WebSocket", get("/tally/live")).await;
    recorder.asks("no WebSocket, bad products", get("/tally/live?products=kinoko")).await;
    let url = format!("{}/tally/live?products=prod_kinoko", recorder.shop.base().replace("http://", "ws://"));
    let (mut socket, _) = connect_async(url).await.unwrap();
    let first = tokio::time::timeout(Duration::from_secs(20), socket.next()).await.unwrap().unwrap().unwrap();
    recorder.notes("a WebSocket of one product: its first message", first.to_text().unwrap());
    let choose = ask(Method::PUT, "/tally/rivals").by("admin");
    let pair = r#"{"first":"prod_dorayaki","second":"prod_taiyaki"}"#;
    let (other, same) =
        (r#"{"first":"prod_kinoko","second":"prod_takenoko"}"#, r#"{"first":"prod_a","second":"prod_a"}"#);
    recorder.asks("the live page's rivals", get("/tally/rivals")).await;
    recorder.asks("rivals without a version", choose.clone().json(pair)).await;
    recorder.asks("one product as its own rival", choose.clone().at("*").json(same)).await;
    recorder.asks("other rivals", choose.clone().at("\"0\"").json(pair)).await;
    recorder.asks("the same rivals again", choose.clone().at("\"0\"").json(pair)).await;
    recorder.asks("rivals by an older version", choose.at("\"0\"").json(other)).await;
    recorder.asks("the page", get("/")).await;
    recorder.asks("the page's other path", get("/tally/")).await;
    recorder.asks("the page's head", ask(Method::HEAD, "/")).await;
}
