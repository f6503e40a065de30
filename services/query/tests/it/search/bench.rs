//! How fast search is, how much room its index takes and how long it is made: over a thousand products, to see that it is
//! measured, and over 100,000 by `make bench-search`.

use std::time::Duration;

use shotengai_kernel::Version;
use shotengai_query::database::{Database, Session};
use shotengai_query::domain::ProductRow;
use shotengai_query::filters::ProductFilter;
use shotengai_query::migrations::Migrations;
use shotengai_query::search::query::Query;
use shotengai_query::search::suggest::suggest;
use tokio::time::Instant;
use tokio_postgres::NoTls;

use super::corpus::{fill, product, save};
use super::page;
use crate::history::yen;
use crate::support::{empty_database_url, pool, ports};

/// What is asked for, and some of a few products have, or none.
const COMMON: [&str; 8] = ["きのこ", "キノコ", "ｷﾉｺ", "たけ", "chocolate", "tshirt", "mushrom", "qqqqwwww"];

/// Products there are: a thousand, or as many as `SEARCH_PRODUCTS` says.
fn products() -> usize {
    std::env::var("SEARCH_PRODUCTS").map_or(1_000, |text| text.parse().unwrap())
}

/// Questions of each kind.
fn repeats() -> usize {
    (products() / 500).clamp(2, 200)
}

/// Price changes that are timed, in batches of ten as the queue hands them out.
fn changes() -> usize {
    (products() / 50).clamp(20, 2_000)
}

const INDEX: &str = "
    CREATE INDEX read_products_by_tokens ON read_products USING gin (search_tokens) WITH (fastupdate = off) WHERE NOT deleted";

#[tokio::test]
async fn every_kind_of_question_is_answered_and_timed() {
    let url = empty_database_url("search_bench").await;
    let database = Database::new(pool(&url));
    Migrations::new(database.clone(), ports()).run().await.unwrap();
    let session = database.session().await.unwrap();
    let began = Instant::now();
    fill(&session, products()).await;
    println!("\n{} products written with their words: {:.1} s", products(), began.elapsed().as_secs_f64());
    with_and_without_the_index(&session, &url).await;
    println!("\n| what is asked | found | p50 ms | p99 ms |\n|---|---|---|---|");
    for (kind, text) in [
        ("hiragana word", "きのこ"),
        ("the same in katakana", "キノコ"),
        ("the same, half-width", "ｷﾉｺ"),
        ("two characters", "たけ"),
        ("one kanji", "山"),
        ("one kana, in most", "の"),
        ("a maker", "月田松"),
        ("two words", "きのこ 抹茶"),
        ("latin word", "chocolate"),
        ("latin beginning", "cho"),
        ("one letter", "t"),
        ("joined hyphen", "tshirt"),
        ("latin words", "matsuyama mushroom"),
        ("one typing error", "mushrom"),
        ("two typing errors", "chokolatte"),
        ("typing error and word", "mushrom honey"),
        ("nothing like it", "qqqqwwww"),
    ] {
        asked(&database, kind, text, &ProductFilter::default()).await;
    }
    let category = ProductFilter { category: Some("c3".to_owned()), in_stock: Some(true), ..ProductFilter::default() };
    asked(&database, "in a category, in stock", "きのこ", &category).await;
    for text in ["き", "きの", "かみ", "t", "mush", "zzz"] {
        let query = Query::parse(text);
        let mut times = Vec::new();
        let mut told = 0;
        for _ in 0..repeats() {
            let began = Instant::now();
            told = suggest(&database, &query, 10).await.unwrap().len();
            times.push(began.elapsed());
        }
        line(&format!("suggestions for {text}"), &told.to_string(), times);
    }
}

async fn asked(database: &Database, kind: &str, text: &str, filter: &ProductFilter) {
    let (mut times, mut found) = (Vec::new(), String::new());
    for _ in 0..repeats() {
        let began = Instant::now();
        let page = page(database, text, filter, 20, None).await;
        times.push(began.elapsed());
        // A few products have no rare words.
        if products() >= 100_000 || COMMON.contains(&text) {
            assert_eq!(page.total > 0, kind != "nothing like it", "{kind}: {text}");
        }
        found = format!("{}{}", page.total, if page.is_complete { "" } else { "+" });
    }
    line(&format!("{kind}: {text}"), &found, times);
}

fn line(kind: &str, found: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0;
    println!("| {kind} | {found} | {:.1} | {:.1} |", at(50), at(99));
}

async fn with_and_without_the_index(session: &Session, url: &str) {
    const SIZES: &str = "
        SELECT pg_relation_size('read_products_by_tokens') / 1048576.0::float8 AS index, pg_total_relation_size('read_products') / 1048576.0::float8 AS all,
            (SELECT sum(pg_column_size(search_names) + pg_column_size(search_keywords) + pg_column_size(search_descriptions)
                + pg_column_size(search_tokens)) / 1048576.0::float8 FROM read_products) AS columns,
            (SELECT avg(cardinality(search_tokens))::float8 FROM read_products WHERE NOT deleted) AS tokens";
    let with = price_changes(session, 2).await;
    session.query("bench.drop", "DROP INDEX read_products_by_tokens", &[]).await.unwrap();
    let without = price_changes(session, 3).await;
    // Not in a session, whose statements may last for some seconds only.
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let began = Instant::now();
    client.batch_execute(INDEX).await.unwrap();
    println!("index made in {:.1} s", began.elapsed().as_secs_f64());
    client.batch_execute("ANALYZE").await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    let sizes = &session.query("bench.sizes", SIZES, &[]).await.unwrap()[0];
    let megabytes = |name| sizes.get::<_, f64>(name);
    println!(
        "index {:.0} MB, columns {:.0} MB, table with all of its indexes {:.0} MB; {:.0} tokens a product",
        megabytes("index"),
        megabytes("columns"),
        megabytes("all"),
        megabytes("tokens")
    );
    println!("price changes: {with:.0}/s with the index, {without:.0}/s without");
}

async fn price_changes(session: &Session, version: u64) -> f64 {
    let began = Instant::now();
    for first in (0..changes()).step_by(10) {
        let changed = |n| ProductRow { price: yen(7), version: Version::new(version), ..product(n * 31 % products()) };
        save(session, (first..first + 10).map(changed)).await;
    }
    changes() as f64 / began.elapsed().as_secs_f64()
}
