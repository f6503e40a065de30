//! Words follow the rows, whoever writes them.

use shotengai_kernel::Version;
use shotengai_query::domain::ProductRow;
use shotengai_query::filters::ProductFilter;
use shotengai_query::search::fill::{ROWS_A_SECOND, Turn, turn};
use shotengai_query::search::find::Broad;
use shotengai_query::search::query::Query;
use shotengai_query::search::suggest::suggest;

use super::corpus::{row, save};
use super::{database, ids};

/// What an older release writes: it knows none of the columns of search.
const OLDER: &str = "
    INSERT INTO read_products (product_id, name, names, description, price_minor, currency, image_keys, deleted, created_at,
        updated_at, version)
    SELECT 'prod_' || n, 'old きのこ', '{}', '', 1, 'JPY', '{}', n = 3, now(), now(), 1 FROM generate_series(1, 3) AS n
    ON CONFLICT (product_id) DO UPDATE SET name = excluded.name, version = 2";

#[tokio::test]
async fn rows_of_an_older_release_are_found_once_their_words_are_there() {
    let database = database("search_filled").await;
    let session = database.session().await.unwrap();
    let none = ProductFilter::default();
    save(&session, [row("1", "たけのこ")]).await;
    session.query("test.older", OLDER, &[]).await.unwrap();
    assert_eq!(turn(&database).await.unwrap(), Turn::Filled(3));
    assert_eq!(turn(&database).await.unwrap(), Turn::Nothing);
    assert_eq!(ids(&database, "きのこ", &none, 10).await, ["1", "2"]);
    assert_eq!(ids(&database, "たけのこ", &none, 10).await, Vec::<String>::new());

    // One that can't be read keeps no other from being found. Of a deleted one nothing has to be read.
    session.query("test.older", OLDER, &[]).await.unwrap();
    session.query("test.spoil", "UPDATE read_products SET names = '[]', version = 3", &[]).await.unwrap();
    session.query("test.mend", "UPDATE read_products SET names = '{}' WHERE product_id = 'prod_2'", &[]).await.unwrap();
    assert_eq!(turn(&database).await.unwrap(), Turn::Filled(2));
    assert_eq!(turn(&database).await.unwrap(), Turn::InVain);

    let left = "SELECT count(*) FROM read_products WHERE search_version IS DISTINCT FROM version";
    assert_eq!(session.query("test.left", left, &[]).await.unwrap()[0].get::<_, i64>(0), 1);
}

#[tokio::test]
async fn rows_of_an_older_folding_are_folded_anew_whoever_wrote_them_when() {
    let database = database("search_folding").await;
    let session = database.session().await.unwrap();
    let none = ProductFilter::default();
    save(&session, [row("1", "きのこ"), row("2", "きのこ"), row("3", "きのこ")]).await;
    assert_eq!(turn(&database).await.unwrap(), Turn::Nothing);
    for (writer, written, filled) in [
        ("an older folding", "search_folding = search_folding - 1", Turn::Filled(3)),
        ("one that knows of no folding", "version = version + 1, search_version = version + 1", Turn::Filled(3)),
        ("one that knows of no search", "version = version + 1", Turn::Filled(3)),
        ("a newer folding", "search_folding = search_folding + 1", Turn::Nothing),
    ] {
        let statement = format!("UPDATE read_products SET search_names = '', search_tokens = '{{}}', {written}");
        session.query("test.written", &statement, &[]).await.unwrap();
        assert_eq!(turn(&database).await.unwrap(), filled, "{writer}");
        let found = if filled == Turn::Nothing { 0 } else { 3 };
        assert_eq!(ids(&database, "きのこ", &none, 10).await.len(), found, "{writer}");
    }
}

#[tokio::test]
async fn one_pod_at_a_time_folds_anew_and_not_faster_than_it_may() {
    let database = database("search_paced").await;
    let session = database.session().await.unwrap();
    let behind = usize::try_from(ROWS_A_SECOND).unwrap() * 3 / 2;
    for first in (0..behind).step_by(500) {
        save(&session, (first..first + 500).map(|n| row(&format!("{n:06}"), "飴"))).await;
    }
    session.query("test.behind", "UPDATE read_products SET search_folded = NULL", &[]).await.unwrap();
    session.query("test.lock", "SELECT pg_advisory_lock(512970876019)", &[]).await.unwrap();
    assert_eq!(turn(&database).await.unwrap(), Turn::Others);
    session.query("test.lock", "SELECT pg_advisory_unlock(512970876019)", &[]).await.unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(turn(&database).await.unwrap(), Turn::Filled(behind as u64));
    assert!(begun.elapsed() >= std::time::Duration::from_millis(1_400), "{:?}", begun.elapsed());
    assert_eq!(turn(&database).await.unwrap(), Turn::Nothing);
}

#[tokio::test]
async fn a_deleted_product_is_found_by_nothing_and_a_restored_one_again() {
    let database = database("search_deleted").await;
    let session = database.session().await.unwrap();
    let none = ProductFilter::default();
    for (version, deleted, wanted) in [(1, false, 1), (2, true, 0), (3, false, 1)] {
        let version = Version::new(version);
        save(&session, [ProductRow { deleted, version, ..row("1", "Chocolate きのこ") }]).await;
        for text in ["きのこ", "chocolate", "choclate", "chocolatte"] {
            assert_eq!(ids(&database, text, &none, 10).await.len(), wanted, "{text} {version}");
        }
        assert_eq!(suggest(&database, &Query::parse("cho"), 10).await.unwrap().len(), wanted, "{version}");
    }
}

#[tokio::test]
async fn searches_use_the_index_of_tokens() {
    let database = database("search_plans").await;
    super::corpus::fill(&database.session().await.unwrap(), 5_000).await;
    let session = database.session().await.unwrap();
    for text in ["きのこ", "かみの", "tshirt", "T-shirt", "A-4", "a-b-c-d mushroom", "kamito mushroom", "zzzz"] {
        let (statement, conditions) = shotengai_query::search::find::statement(
            &Query::parse(text),
            Broad::default(),
            &ProductFilter::default(),
            shotengai_kernel::Currency::JPY,
            20,
            None,
        );
        let rows = session.query("test.explain", &format!("EXPLAIN {statement}"), &conditions.values()).await.unwrap();
        let plan = rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n");
        assert!(plan.contains("read_products_by_tokens"), "{text}\n{plan}");
    }
}
