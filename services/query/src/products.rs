//! Products with their stock, for everybody.

use serde::Serialize;
use shotengai_kernel::{Currency, Names, ProductId, Timestamp, Version};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use crate::database::Database;
use crate::page::{Cursor, Page};
use crate::store::{column, money, names, parsed, version};

const READ: &str = "postgres.products";

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT p.product_id, p.name, p.names, p.description, p.price_minor, p.currency, p.image_keys, p.created_at, \
             p.version, coalesce(s.available, 0) AS available \
             FROM read_products p LEFT JOIN read_stock s USING (product_id) WHERE NOT p.deleted AND ",
            $rest
        )
    };
}
const ONE: &str = select!("p.product_id = $1");
const LIST: &str = select!("(p.created_at, p.product_id) > ($1, $2) ORDER BY p.created_at, p.product_id LIMIT $3");

/// A product as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProductView {
    /// Which.
    pub product_id: ProductId,
    /// What people call it, in the language that was asked for if it has a name there.
    pub name: String,
    /// What they call it in other languages.
    #[serde(skip_serializing_if = "Names::is_empty")]
    pub names: Names,
    /// A few sentences for people.
    pub description: String,
    /// Price of one piece, in major units.
    pub price: serde_json::Number,
    /// The price's currency.
    pub currency: Currency,
    /// Pieces that can be ordered now.
    pub stock: i64,
    /// Object keys in the image bucket.
    pub images: Vec<String>,
    /// The product's version; its stock has one of its own.
    pub version: Version,
    #[serde(skip)]
    created_at: Timestamp,
}

impl ProductView {
    fn read(row: &Row) -> Result<Self, Fault> {
        let price = money(row, "price_minor")?;
        Ok(Self {
            product_id: parsed(row, "product_id")?,
            name: column(row, "name")?,
            names: names(row)?,
            description: column(row, "description")?,
            price: price.to_major_number(),
            currency: price.currency(),
            stock: column(row, "available")?,
            images: column(row, "image_keys")?,
            version: version(row)?,
            created_at: column(row, "created_at")?,
        })
    }

    /// The same, called as in the first of these languages that it has a name in.
    #[must_use]
    pub fn named_for(self, languages: &[String]) -> Self {
        let named = languages.iter().find_map(|language| self.names.get(language)).map(str::to_owned);
        Self { name: named.unwrap_or(self.name), ..self }
    }

    fn cursor(&self) -> String {
        Cursor { at: self.created_at, id: &self.product_id }.to_string()
    }
}

/// A page of the products that are for sale, oldest first.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    limit: u32,
    after: Option<&Cursor<ProductId>>,
) -> Result<Page<ProductView>, Fault> {
    let (at, id) = after.map_or((Timestamp::UNIX_EPOCH, ""), |cursor| (cursor.at, cursor.id.as_str()));
    let rows = database.session().await?.query(READ, LIST, &[&at, &id, &i64::from(limit + 1)]).await?;
    let products = rows.iter().map(ProductView::read).collect::<Result<_, _>>()?;
    Ok(Page::cut(products, limit, ProductView::cursor))
}

/// One product; none when there is none, or no longer.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn get(database: &Database, id: &ProductId) -> Result<Option<ProductView>, Fault> {
    let rows = database.session().await?.query(READ, ONE, &[&id.as_str()]).await?;
    rows.first().map(ProductView::read).transpose()
}
