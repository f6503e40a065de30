//! Products with their stock, for everybody.

use shotengai_contracts::api::Page;
use shotengai_contracts::api::filters::ProductSort;
use shotengai_contracts::api::listed::Listed;
use shotengai_contracts::api::products::Product;
use shotengai_contracts::events::Presentation;
use shotengai_kernel::{Names, ProductId};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use crate::conditions::Conditions;
use crate::damaged::one;
use crate::database::Database;
use crate::filters::{AVAILABLE, ProductFilter};
use crate::page::{Cursor, paged, select};
use crate::store::{column, money, names, parsed, presentation, version};

const READ: &str = "postgres.products";

/// The columns that [`shown`] reads.
pub(crate) const COLUMNS: &str = "p.product_id, p.name, p.names, p.description, p.descriptions, p.categories, p.search_text, p.price_minor, \
                       p.currency, p.image_keys, p.version";
/// Its name for figures.
pub(crate) const NAME: &str = "read_products";
const TABLE: &str = "read_products p";

/// A row as it is shown.
pub(crate) fn shown(row: &Row) -> Result<Product, Fault> {
    let price = money(row, "price_minor")?;
    let Presentation { descriptions, categories, search_text } = presentation(row)?;
    Ok(Product {
        product_id: parsed(row, "product_id")?,
        name: column(row, "name")?,
        names: names(row)?,
        description: column(row, "description")?,
        descriptions,
        categories,
        search_text,
        price: price.to_major_number(),
        currency: price.currency(),
        stock: column(row, "available")?,
        images: column(row, "image_keys")?,
        version: version(row)?,
    })
}

/// The same product, called as in the first of these languages that it has a name in, and described as in the first that it
/// has a description in.
#[must_use]
pub fn named_for(product: Product, languages: &[String]) -> Product {
    let first = |texts: &Names| languages.iter().find_map(|language| texts.get(language)).map(str::to_owned);
    let (named, described) = (first(&product.names), first(&product.descriptions));
    Product { name: named.unwrap_or(product.name), description: described.unwrap_or(product.description), ..product }
}

/// The same product without its longest texts, of which each list would have thousands.
#[must_use]
pub fn in_list(product: Product) -> Product {
    Product { descriptions: Names::default(), search_text: String::new(), ..product }
}

/// The statement of [`list`], and the values that stand in it.
#[must_use]
pub fn listing(
    filter: &ProductFilter,
    sort: ProductSort,
    limit: u32,
    after: Option<&Cursor<ProductSort>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.conditions(&mut conditions);
    let columns = format!("{COLUMNS}, {AVAILABLE} AS available");
    select(&columns, TABLE, conditions, sort, after, limit)
}

/// A page of the products that are for sale.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    filter: &ProductFilter,
    sort: ProductSort,
    limit: u32,
    after: Option<&Cursor<ProductSort>>,
) -> Result<Page<Listed<Product>>, Fault> {
    let listing = listing(filter, sort, limit, after);
    paged((database, READ), listing, (sort, limit), NAME, shown).await
}

/// One product; none when there is none, or no longer. Damaged where its row can't be read.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn get(database: &Database, id: &ProductId) -> Result<Option<Listed<Product>>, Fault> {
    let statement =
        format!("SELECT {COLUMNS}, {AVAILABLE} AS available FROM {TABLE} WHERE NOT p.deleted AND p.product_id = $1");
    let rows = database.session().await?.query(READ, &statement, &[&id.as_str()]).await?;
    rows.first().map(|row| one(NAME, id.as_str(), row, shown)).transpose()
}
