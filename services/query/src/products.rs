//! Products with their stock, for everybody.

use shotengai_contracts::api::Page;
use shotengai_contracts::api::products::Product;
use shotengai_contracts::events::Presentation;
use shotengai_kernel::{Names, ProductId, Timestamp};
use shotengai_messaging::Fault;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::database::Database;
use crate::page::{Cursor, cut};
use crate::store::{column, money, names, parsed, presentation, version};

const READ: &str = "postgres.products";
/// Where digests of what is shown live (RFC 9562, version 5).
const SHOWN: Uuid = Uuid::from_u128(0x6b1f_03d2_94c7_4e08_a6d9_15f2_7c3e_b084);

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.product_id, p.name, p.names, p.description, p.descriptions, p.categories, p.search_text, \
             p.price_minor, p.currency, p.image_keys, p.created_at, p.version, coalesce(s.available, 0) AS available \
             FROM read_products p LEFT JOIN read_stock s USING (product_id) WHERE NOT p.deleted AND ",
            $rest
        )
    };
}
const ONE: &str = select!("p.product_id = $1");
const LIST: &str = select!("(p.created_at, p.product_id) > ($1, $2) ORDER BY p.created_at, p.product_id LIMIT $3");

/// A product as it is shown, and where it stands in the list.
struct Listed {
    product: Product,
    created_at: Timestamp,
}

impl Listed {
    fn read(row: &Row) -> Result<Self, Fault> {
        let price = money(row, "price_minor")?;
        let Presentation { descriptions, categories, search_text } = presentation(row)?;
        let product = Product {
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
        };
        Ok(Self { product, created_at: column(row, "created_at")? })
    }

    fn cursor(&self) -> String {
        Cursor { at: self.created_at, id: &self.product.product_id }.to_string()
    }
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

/// The entity tag of a product as it is shown: its version, which is what a change is held against, and a digest of all that
/// is shown, since its stock and its language change with the version standing still.
#[must_use]
pub fn tag(product: &Product) -> String {
    // Names, amounts and numbers always serialize.
    let shown = serde_json::to_vec(product).unwrap_or_default();
    let digest = Uuid::new_v5(&SHOWN, &shown).simple().to_string();
    format!("{}.{}", product.version, &digest[..16])
}

/// A page of the products that are for sale, oldest first.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(database: &Database, limit: u32, after: Option<&Cursor<ProductId>>) -> Result<Page<Product>, Fault> {
    let (at, id) = after.map_or((Timestamp::UNIX_EPOCH, ""), |cursor| (cursor.at, cursor.id.as_str()));
    let rows = database.session().await?.query(READ, LIST, &[&at, &id, &i64::from(limit + 1)]).await?;
    let products = rows.iter().map(Listed::read).collect::<Result<_, _>>()?;
    let Page { items, next_cursor } = cut(products, limit, Listed::cursor);
    Ok(Page { items: items.into_iter().map(|listed| listed.product).collect(), next_cursor })
}

/// One product; none when there is none, or no longer.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn get(database: &Database, id: &ProductId) -> Result<Option<Product>, Fault> {
    let rows = database.session().await?.query(READ, ONE, &[&id.as_str()]).await?;
    Ok(rows.first().map(Listed::read).transpose()?.map(|listed| listed.product))
}
