//! Words for search, which may be behind the rows that they are of, in either set.

use shotengai_query::search::fill::{Turn, turn};

use super::{STRICTLY, Told, street};

/// What the rows of a release hold that knows nothing of search.
const WITHOUT: &str = "search_names = '', search_keywords = '', search_descriptions = '', search_tokens = '{}', \
                       search_version = NULL, search_folded = NULL, search_folding = 0";

#[tokio::test]
async fn words_that_are_behind_are_no_difference_and_others_are() {
    let street = street("words_compared").await;
    street.furnish(2).await;
    street.build().await;
    for schema in ["public", "public_next"] {
        street.sql(&format!("UPDATE {schema}.read_products SET {WITHOUT}")).await;
        assert_eq!(street.sets().diff(&Told::default()).await.unwrap().differences(), 0, "{schema}");
        assert_eq!(turn(&street.database).await.unwrap(), Turn::Filled(2), "{schema}");
        street.assert_same("public", "public_next").await;
    }
    street.sql("UPDATE public_next.read_products SET search_names = 'other' WHERE NOT deleted").await;
    let diff = street.sets().diff(&Told::default()).await.unwrap();
    let products = diff.tables.iter().find(|table| table.table == "read_products").unwrap();
    assert_eq!((products.different, products.columns["search_names"]), (1, 1), "{diff:?}");
}

#[tokio::test]
async fn a_set_of_before_there_was_search_is_searchable_when_it_becomes_the_live_one() {
    let street = street("words_rolled_back").await;
    street.furnish(2).await;
    street.build().await;
    street.sets().switch(STRICTLY, &Told::default()).await.unwrap();
    street.sql(&format!("UPDATE public_before.read_products SET {WITHOUT}")).await;
    street.sets().rollback(STRICTLY, &Told::default()).await.unwrap();
    let without = "SELECT count(*) FROM read_products WHERE search_folded IS DISTINCT FROM version OR (search_names = '' AND NOT deleted)";
    assert_eq!(street.number(without).await, 0);
    street.assert_same("public", "public_next").await;
}
