//! The price stream, over adapters in memory.

use std::time::Duration;

use actix_web::http::header::IF_MATCH;
use actix_web::test::TestRequest;
use serde_json::json;
use shotengai_catalog::price_stream::{NAME, PriceRecords};
use shotengai_catalog::reasons::REASONS;
use shotengai_contracts::topology::queues::PRICE_DEAD_LETTERS;
use shotengai_kernel::Currency;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Queue, RecordHandler};
use shotengai_streaming::Aside;
use tokio_util::sync::CancellationToken;

use crate::shop::Sender::Admin;
use crate::shop::Shop;

/// An owner of a shard.
fn owner(shop: &Shop) -> PriceRecords {
    let infra = shop.infrastructure();
    let ports = shop.ports();
    let letters = infra.memory_queue(PRICE_DEAD_LETTERS.name);
    let aside = Aside::new(NAME, &REASONS, letters, ports.clone());
    PriceRecords::new(shop.products.clone(), Currency::JPY, aside, ports)
}

fn record(position: u64, data: &str) -> ReadRecord {
    ReadRecord { position: position.to_string(), key: "k".to_owned(), data: data.into(), arrived_at: None }
}

fn price(position: u64, product: &str, price: u64) -> ReadRecord {
    record(position, &json!({ "product_id": product, "price": price }).to_string())
}

async fn handle(owner: &PriceRecords, records: &[ReadRecord]) {
    assert_eq!(owner.handle("shard", records, &CancellationToken::new()).await, records.len());
}

async fn create(shop: &Shop, product: &str) {
    let body = json!({ "product_id": product, "name": product, "price": 100 });
    assert_eq!(shop.send(TestRequest::post().uri("/products").set_json(body), Admin).await.status, 201);
}

/// The newest price, who set it, and by which record.
async fn latest(shop: &Shop, product: &str) -> (u64, String, Option<String>) {
    let path = format!("/products/{product}/prices?limit=1");
    let answer = shop.send(TestRequest::get().uri(&path), Admin).await;
    let entry = &answer.body["items"][0];
    let sequence = entry["source_sequence"].as_str().map(str::to_owned);
    (entry["price"].as_u64().unwrap(), entry["source"].as_str().unwrap().to_owned(), sequence)
}

/// The reasons of the letters, in order.
async fn reasons(shop: &Shop) -> Vec<String> {
    let queue = shop.infrastructure().memory_queue(PRICE_DEAD_LETTERS.name);
    let mut found = Vec::new();
    loop {
        let letters = queue.receive(10, Duration::ZERO, Duration::from_secs(60)).await.unwrap();
        if letters.is_empty() {
            found.sort();
            return found;
        }
        for letter in letters {
            let facts: serde_json::Value = serde_json::from_str(&letter.attributes["dead_letter"]).unwrap();
            assert_eq!(facts["consumer"], NAME);
            found.push(facts["reason"].as_str().unwrap().to_owned());
            queue.delete(&[letter.receipt]).await.unwrap();
        }
    }
}

#[actix_web::test]
async fn an_old_owner_puts_no_old_price_back() {
    let shop = Shop::open().await;
    create(&shop, "prod_a").await;
    let (old, new) = (owner(&shop), owner(&shop));
    handle(&old, &[price(1, "prod_a", 110)]).await;
    // The old owner froze with a batch in hand, and wakes after the new one has read all of it and more.
    let in_hand = [price(2, "prod_a", 120), price(3, "prod_a", 130)];
    handle(&new, &[in_hand.as_slice(), &[price(4, "prod_a", 140)]].concat()).await;
    handle(&old, &in_hand).await;
    assert_eq!(latest(&shop, "prod_a").await, (140, "stream".to_owned(), Some("4".to_owned())));
    let events = shop.event_types("prod_a").await;
    assert_eq!(
        events,
        ["ProductCreated", "ProductPriceChanged", "ProductPriceChanged"],
        "a batch writes a product once"
    );
    assert!(reasons(&shop).await.is_empty());
}

#[actix_web::test]
async fn a_long_history_is_read_a_bounded_part_at_a_time() {
    let shop = Shop::open().await;
    create(&shop, "prod_a").await;
    let owner = owner(&shop);
    // The price stands for 1,500 records, each of which is written, and moves before and after.
    for position in 1..=1502 {
        let now = match position {
            1 => 110,
            1502 => 130,
            _ => 120,
        };
        handle(&owner, &[price(position, "prod_a", now)]).await;
    }
    let (mut seen, mut pages, mut path) = (Vec::new(), 0, "/products/prod_a/prices?limit=50".to_owned());
    loop {
        let answer = shop.send(TestRequest::get().uri(&path), Admin).await;
        assert!(shop.take_pages() <= 5, "200 commits each, however long the history is");
        pages += 1;
        let items = answer.body["items"].as_array().unwrap();
        seen.extend(items.iter().map(|set| (set["version"].as_u64().unwrap(), set["price"].as_u64().unwrap())));
        let Some(cursor) = answer.body["next_cursor"].as_str() else { break };
        path = format!("/products/prod_a/prices?limit=50&cursor={cursor}");
    }
    assert_eq!((seen, pages), (vec![(1503, 130), (3, 120), (2, 110), (1, 100)], 2));
}

#[actix_web::test]
async fn a_price_is_found_behind_however_many_events_that_set_none() {
    let shop = Shop::open().await;
    create(&shop, "prod_a").await;
    handle(&owner(&shop), &[price(1, "prod_a", 110)]).await;
    // A deletion sets no price; a restoration says the one that it had.
    for _ in 0..1100 {
        shop.send(TestRequest::delete().uri("/products/prod_a").insert_header((IF_MATCH, "*")), Admin).await;
        shop.send(TestRequest::post().uri("/products/prod_a/restore").insert_header((IF_MATCH, "*")), Admin).await;
    }
    let (mut seen, mut pages, mut path) = (Vec::new(), 0, "/products/prod_a/prices?limit=50".to_owned());
    loop {
        let answer = shop.send(TestRequest::get().uri(&path), Admin).await;
        pages += 1;
        let items = answer.body["items"].as_array().unwrap();
        seen.extend(items.iter().map(|set| (set["version"].as_u64().unwrap(), set["price"].as_u64().unwrap())));
        let Some(cursor) = answer.body["next_cursor"].as_str() else { break };
        path = format!("/products/prod_a/prices?limit=50&cursor={cursor}");
        assert!(pages < 10, "it goes on: {cursor}");
    }
    assert_eq!((seen, pages), (vec![(2, 110), (1, 100)], 3));
}

#[actix_web::test]
async fn what_is_no_price_is_set_aside_and_holds_nothing_up() {
    let shop = Shop::open().await;
    for product in ["prod_a", "prod_gone"] {
        create(&shop, product).await;
    }
    shop.send(TestRequest::delete().uri("/products/prod_gone").insert_header((IF_MATCH, "*")), Admin).await;
    let batch = [
        record(1, "no JSON"),
        price(2, "prod_a", 1),
        record(3, r#"{"product_id":"prod_a","price":-1}"#),
        record(4, r#"{"product_id":"prod_a","price":0.5}"#),
        price(5, "prod_none", 7),
        price(6, "prod_gone", 7),
        price(7, "prod_none", 8),
        price(8, "prod_a", 2),
        record(9, r#"{"product_id":"prod_a"}"#),
    ];
    handle(&owner(&shop), &batch).await;
    assert_eq!(latest(&shop, "prod_a").await.0, 2);
    let wanted = [
        "deleted_product",
        "not_a_price",
        "not_a_price",
        "not_a_price",
        "not_json",
        "unknown_product",
        "unknown_product",
    ];
    assert_eq!(reasons(&shop).await, wanted);
    // It came back at the price that it had, and takes new ones.
    shop.send(TestRequest::post().uri("/products/prod_gone/restore").insert_header((IF_MATCH, "*")), Admin).await;
    assert_eq!(latest(&shop, "prod_gone").await.0, 100);
    handle(&owner(&shop), &[price(10, "prod_gone", 9)]).await;
    assert_eq!(latest(&shop, "prod_gone").await.0, 9);
}

#[actix_web::test]
async fn who_is_told_to_end_counts_only_what_is_settled() {
    let shop = Shop::open().await;
    create(&shop, "prod_a").await;
    shop.denies_appends(true);
    let stop = CancellationToken::new();
    stop.cancel();
    let owner = owner(&shop);
    let batch = [record(1, "no JSON"), price(2, "prod_a", 1), record(3, "no JSON")];
    assert_eq!(owner.handle("shard", &batch, &stop).await, 1, "the third is settled, but not the one before it");
    shop.denies_appends(false);
    handle(&owner, &batch[1..]).await;
    assert_eq!(latest(&shop, "prod_a").await.0, 1);
    assert_eq!(reasons(&shop).await, ["not_json", "not_json", "not_json"], "a letter may come twice");
}
