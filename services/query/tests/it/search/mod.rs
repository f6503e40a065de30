//! Search of products, over rows as a shop has them.

#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement tells its figures")]
mod bench;
mod bounds;
pub(crate) mod corpus;
mod finding;
mod keeping;

use shotengai_contracts::api::products::Product;
use shotengai_kernel::Currency;
use shotengai_query::database::Database;
use shotengai_query::filters::ProductFilter;
use shotengai_query::migrations::Migrations;
use shotengai_query::search::find::{Found, find};
use shotengai_query::search::place::Place;
use shotengai_query::search::query::Query;

use crate::support::{empty_database, ports};

async fn database(name: &str) -> Database {
    let database = empty_database(name).await;
    Migrations::new(database.clone(), ports()).run().await.unwrap();
    database
}

/// One page.
async fn page(database: &Database, text: &str, filter: &ProductFilter, limit: u32, after: Option<&str>) -> Found {
    let query = Query::parse(text);
    let place = after.map(|cursor| Place::parse(cursor, &query).unwrap());
    find(database, &query, filter, Currency::JPY, (limit, place.as_ref())).await.unwrap()
}

/// Everything that is found, page by page: ids without what they begin with.
async fn ids(database: &Database, text: &str, filter: &ProductFilter, limit: u32) -> Vec<String> {
    let (mut all, mut cursor): (Vec<Product>, Option<String>) = (Vec::new(), None);
    loop {
        let found = page(database, text, filter, limit, cursor.as_deref()).await;
        all.extend(found.items.into_iter().map(|product| product.whole().unwrap()));
        cursor = found.next_cursor;
        if cursor.is_none() {
            return all.iter().map(|product| product.product_id.body().to_owned()).collect();
        }
    }
}
