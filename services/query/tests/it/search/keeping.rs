//! Words follow the rows, whoever writes them.

use shotengai_kernel::Version;
use shotengai_query::domain::ProductRow;
use shotengai_query::filters::ProductFilter;
use shotengai_query::search::fill::fill;
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
    assert_eq!(fill(&database).await.unwrap(), 3);
    assert_eq!(fill(&database).await.unwrap(), 0);
    assert_eq!(ids(&database, "きのこ", &none, 10).await, ["1", "2"]);
    assert_eq!(ids(&database, "たけのこ", &none, 10).await, Vec::<String>::new());

    // One that can't be read keeps no other from being found. Of a deleted one nothing has to be read.
    session.query("test.older", OLDER, &[]).await.unwrap();
    session.query("test.spoil", "UPDATE read_products SET names = '[]', version = 3", &[]).await.unwrap();
    session.query("test.mend", "UPDATE read_products SET names = '{}' WHERE product_id = 'prod_2'", &[]).await.unwrap();
    assert_eq!(fill(&database).await.unwrap(), 2);

    let left = "SELECT count(*) FROM read_products WHERE search_version IS DISTINCT FROM version";
    assert_eq!(session.query("test.left", left, &[]).await.unwrap()[0].get::<_, i64>(0), 1);
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
