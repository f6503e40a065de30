//! What one search looks at, and which products it tells of where there are more than it ranks.

use serde_json::Value;
use shotengai_contracts::api::search::MOST_RANKED;
use shotengai_kernel::Currency;
use shotengai_query::database::{Database, Session};
use shotengai_query::domain::ProductRow;
use shotengai_query::filters::ProductFilter;
use shotengai_query::search::find::{Broad, MOST_CANDIDATES, MOST_GONE_THROUGH, breadth, statement};
use shotengai_query::search::query::Query;
use shotengai_query::search::suggest::suggest;

use super::corpus::{row, save};
use super::{database, ids, page};

const MANY: i64 = 60_000;

/// A database with so many products of one name, behind the ids of all others.
async fn full_of(name: &str, called: &str) -> Database {
    const COPIES: &str = "
        INSERT INTO read_products SELECT p.* FROM read_products t, generate_series($1::int8, $2::int8) AS n,
            LATERAL jsonb_populate_record(t, jsonb_build_object('product_id', 'prod_m' || lpad(n::text, 6, '0'))) AS p
        WHERE t.product_id = 'prod_pattern'";
    let database = database(name).await;
    let session = database.session().await.unwrap();
    save(&session, [row("pattern", called)]).await;
    for last in (0..=MANY).step_by(5_000).skip(1) {
        session.query("test.copies", COPIES, &[&(last - 4_999), &last]).await.unwrap();
    }
    session.query("test.pattern", "DELETE FROM read_products WHERE product_id = 'prod_pattern'", &[]).await.unwrap();
    session.query("test.analyze", "ANALYZE read_products", &[]).await.unwrap();
    database
}

/// Rows of the products' table that a plan has looked at.
fn looked_at(plan: &Value) -> i64 {
    let of = |name: &str| plan[name].as_f64().unwrap_or_default();
    let rows = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"].map(of).iter().sum::<f64>();
    let own = if plan["Relation Name"] == "read_products" { rows * of("Actual Loops") } else { 0.0 };
    let below = plan["Plans"].as_array().into_iter().flatten().map(looked_at).sum::<i64>();
    #[expect(clippy::cast_possible_truncation, reason = "a count of rows")]
    let own = own as i64;
    own + below
}

async fn explained(
    session: &Session,
    (statement, conditions): (String, shotengai_query::conditions::Conditions),
) -> i64 {
    let explain = format!("EXPLAIN (ANALYZE, FORMAT JSON) {statement}");
    let rows = session.query("test.explain", &explain, &conditions.values()).await.unwrap();
    looked_at(&rows[0].get::<_, Value>(0)[0]["Plan"])
}

/// Whether the index finds the same products, in the same order and as many, as those do that are gone through by id.
pub(super) async fn assert_same_both_ways(session: &Session, text: &str) {
    let filtered = ProductFilter { category: Some("c3".to_owned()), in_stock: Some(true), ..ProductFilter::default() };
    for filter in [ProductFilter::default(), filtered] {
        let mut found = Vec::new();
        let all = Broad { called: true, named: true, anywhere: true };
        for broad in [Broad::default(), Broad { anywhere: true, ..Broad::default() }, all] {
            let (statement, conditions) =
                statement(&Query::parse(text), broad, &filter, Currency::JPY, MOST_RANKED, None);
            let rows = session.query("test.both", &statement, &conditions.values()).await.unwrap();
            let place = |row: &tokio_postgres::Row| {
                let (rank, id): (Option<i64>, Option<String>) = (row.get("place"), row.get("place_id"));
                (rank, id, row.get::<_, i64>("found_total"))
            };
            found.push(rows.iter().map(place).collect::<Vec<_>>());
        }
        assert!(found[0] == found[1] && found[1] == found[2], "{text} {filter:?}");
    }
}

#[tokio::test]
async fn what_a_search_looks_at_does_not_grow_with_the_shop() {
    let database = full_of("search_bound", "きの のこ の").await;
    let session = database.session().await.unwrap();
    let in_stock = ProductFilter { in_stock: Some(true), ..ProductFilter::default() };
    // Common pairs that stand nowhere together, and something that nearly all have, of which nothing is in stock.
    for (text, filter) in
        [("きのこ", ProductFilter::default()), ("の", in_stock), ("のこ きの きのこ", ProductFilter::default())]
    {
        let query = Query::parse(text);
        let (count, conditions) = breadth(&query, &filter);
        let rows = session.query("test.breadth", &count, &conditions.values()).await.unwrap();
        let told = |name| rows[0].get::<_, bool>(name);
        let broad = Broad { called: told("called"), named: told("named"), anywhere: told("anywhere") };
        assert!(broad.named && broad.anywhere && !broad.called, "{text} {broad:?}");
        let counted = explained(&session, (count, conditions)).await;
        let found = explained(&session, statement(&query, broad, &filter, Currency::JPY, 20, None)).await;
        assert!(counted <= 2 * (MOST_CANDIDATES + 1) && found <= 2 * MOST_GONE_THROUGH, "{text}: {counted}, {found}");
        let found = page(&database, text, &filter, 20, None).await;
        assert_eq!((found.total, found.is_complete), (0, false), "{text}");
    }
    // Tokens that are common each, and in no product together.
    save(&session, [row("other", "たけ")]).await;
    let query = Query::parse("きの たけ");
    let looked = explained(&session, breadth(&query, &ProductFilter::default())).await
        + explained(&session, statement(&query, Broad::default(), &ProductFilter::default(), Currency::JPY, 20, None))
            .await;
    assert_eq!(looked, 0);

    // Of so many the one that is called so is told of, and of the others those with the lowest ids.
    save(&session, [row("z", "きの")]).await;
    let found = page(&database, "きの", &ProductFilter::default(), 3, None).await;
    assert_eq!((found.total, found.is_complete), (u64::from(MOST_RANKED), false));
    let found = ids(&database, "きの", &ProductFilter::default(), 100).await;
    let wanted: Vec<_> = ["z".to_owned()].into_iter().chain((1..2_000).map(|n| format!("m{n:06}"))).collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn pages_of_more_than_are_ranked_stand_still_while_rows_move() {
    let database = database("search_still").await;
    let session = database.session().await.unwrap();
    let none = ProductFilter::default();
    let number = |n: usize| ProductRow { description: "とても甘い".to_owned(), ..row(&format!("a{n:06}"), "飴") };
    for first in (0..2_500).step_by(500) {
        save(&session, (first..first + 500).map(number)).await;
    }
    let named = |n: usize| row(&format!("b{n:06}"), if n.is_multiple_of(2) { "甘い飴" } else { "飴 甘い" });
    save(&session, (0..500).map(named)).await;
    save(&session, [row("z", "甘い")]).await;
    let names = ["z".to_owned()].into_iter().chain((0..500).step_by(2).map(|n| format!("b{n:06}")));
    let names = names.chain((1..500).step_by(2).map(|n| format!("b{n:06}")));
    let wanted: Vec<_> = names.chain((0..1_499).map(|n| format!("a{n:06}"))).collect();
    for moved in ["product_id < 'prod_a001200'", "product_id > 'prod_a000700'", "true"] {
        assert_eq!(ids(&database, "甘い", &none, 100).await, wanted, "{moved}");
        let moves = format!("UPDATE read_products SET price_minor = price_minor + 1 WHERE {moved}");
        session.query("test.move", &moves, &[]).await.unwrap();
    }
}

#[tokio::test]
async fn pages_after_a_correction_are_of_the_same_corrected_words() {
    let database = database("search_corrected_pages").await;
    let session = database.session().await.unwrap();
    let none = ProductFilter::default();
    save(&session, [row("1", "Mint tea"), row("2", "Mint"), row("3", "Green tea with mint"), row("4", "Minty tea")])
        .await;
    let first = page(&database, "mnit tea", &none, 1, None).await;
    assert_eq!((first.corrected.as_deref(), first.total), (Some("mint tea"), 3));
    let cursor = first.next_cursor.unwrap();
    // Now something is called so, and something else is nearer.
    save(&session, [row("5", "Mnit tea"), row("6", "Mnits")]).await;
    let second = page(&database, "mnit tea", &none, 1, Some(&cursor)).await;
    assert_eq!((second.corrected.as_deref(), second.total), (Some("mint tea"), 3));
    let third = page(&database, "mnit tea", &none, 1, second.next_cursor.as_deref()).await;
    let seen = [&second, &third].map(|page| page.items[0].clone().whole().unwrap().product_id.body().to_owned());
    assert_eq!(seen, ["3", "4"]);
    assert_eq!((third.corrected.as_deref(), third.next_cursor), (Some("mint tea"), None));
    let now = page(&database, "mnit tea", &none, 9, None).await;
    assert_eq!((now.corrected, now.total), (None, 1));
    // A page of what was not corrected isn't either.
    let gone = page(&database, "qqqq", &none, 1, Some("2.prod_1")).await;
    assert_eq!((gone.corrected, gone.total), (None, 0));
}

#[tokio::test]
async fn suggestions_are_looked_for_by_all_words() {
    let database = database("search_suggested_by_all").await;
    let session = database.session().await.unwrap();
    for first in (0..2_000).step_by(500) {
        save(&session, (first..first + 500).map(|n| row(&format!("a{n:06}"), &format!("Red thing {n}")))).await;
    }
    save(&session, [row("z1", "Red zebra"), row("z2", "赤い Red T-shirt きのこ")]).await;
    for (text, wanted) in
        [("red ze", "Red zebra"), ("red t-sh", "赤い Red T-shirt きのこ"), ("red tshirt き", "赤い Red T-shirt きのこ")]
    {
        let told = suggest(&database, &Query::parse(text), 10).await.unwrap();
        assert_eq!(told.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), [wanted], "{text}");
    }
}
