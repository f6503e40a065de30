//! Stock of all products, for administrators.

use shotengai_contracts::api::Page;
use shotengai_contracts::api::filters::StockSort;
use shotengai_contracts::api::inventory::{MAX_PRODUCTS, ProductStock};
use shotengai_contracts::api::listed::Listed;
use shotengai_kernel::ProductId;
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use crate::conditions::Conditions;
use crate::database::Database;
use crate::page::{Cursor, KeyKind, Sorting, paged, select};
use crate::params::Params;
use crate::store::{column, parsed, version};

const READ: &str = "postgres.inventory";

/// Its name for figures.
const NAME: &str = "read_stock";
const TABLE: &str = "read_stock s";
/// The columns that [`shown`] reads. What the product is called is looked up row by row, for a page's rows alone.
const COLUMNS: &str = "s.product_id, s.available, s.reserved, s.deducted, s.version, \
    (SELECT p.name FROM read_products p WHERE p.product_id = s.product_id) AS name, \
    coalesce((SELECT NOT p.deleted FROM read_products p WHERE p.product_id = s.product_id), false) AS on_sale";

impl Sorting for StockSort {
    type Id = ProductId;
    const ALL: &'static [Self] = Self::ALL;
    const ID: &'static str = "s.product_id";

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Product => "s.product_id",
            Self::Available | Self::AvailableDown => "s.available",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Product => KeyKind::Text,
            Self::Available | Self::AvailableDown => KeyKind::Number,
        }
    }

    fn descends(self) -> bool {
        matches!(self, Self::AvailableDown)
    }
}

/// Which stock is wanted; all products', unless it says more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StockFilter {
    /// Of these products alone; of all where there is none.
    pub products: Vec<ProductId>,
    /// Of which fewer pieces can be ordered than this.
    pub available_below: Option<i64>,
    /// Whether pieces can be ordered now.
    pub in_stock: Option<bool>,
}

impl StockFilter {
    /// Reads the filters of a request.
    pub fn read(params: &mut Params) -> Self {
        Self {
            products: params.products(),
            available_below: params.whole("available_below"),
            in_stock: params.flag("in_stock"),
        }
    }

    /// The same as conditions on `read_stock s`.
    fn conditions(&self, conditions: &mut Conditions) {
        if !self.products.is_empty() {
            let products: Vec<_> = self.products.iter().map(|id| conditions.value(id.as_str().to_owned())).collect();
            conditions.and(format!("s.product_id IN ({})", products.join(", ")));
        }
        if let Some(bound) = self.available_below {
            let bound = conditions.value(bound);
            conditions.and(format!("s.available < {bound}"));
        }
        match self.in_stock {
            Some(true) => conditions.and("s.available > 0"),
            Some(false) => conditions.and("s.available <= 0"),
            None => {}
        }
    }
}

impl Params {
    /// `product_id`, which may be given more than once.
    fn products(&mut self) -> Vec<ProductId> {
        const NAME: &str = "product_id";
        let given = self.all(NAME);
        if given.len() > MAX_PRODUCTS {
            self.fault(NAME, format_args!("must be given {MAX_PRODUCTS} times at the most"));
            return Vec::new();
        }
        let mut products = Vec::new();
        for text in given {
            match ProductId::parse(&text) {
                Ok(product) => products.push(product),
                Err(_) => self.fault(NAME, "must be a product's id"),
            }
        }
        products
    }
}

/// A row as it is shown.
fn shown(row: &Row) -> Result<ProductStock, Fault> {
    Ok(ProductStock {
        product_id: parsed(row, "product_id")?,
        name: column(row, "name")?,
        on_sale: column(row, "on_sale")?,
        available: column(row, "available")?,
        reserved: column(row, "reserved")?,
        deducted: column(row, "deducted")?,
        version: version(row)?,
    })
}

/// The statement of [`list`], and the values that stand in it.
#[must_use]
pub fn listing(
    filter: &StockFilter,
    sort: StockSort,
    limit: u32,
    after: Option<&Cursor<StockSort>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.conditions(&mut conditions);
    select(COLUMNS, TABLE, conditions, sort, after, limit)
}

/// A page of stock.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    filter: &StockFilter,
    sort: StockSort,
    limit: u32,
    after: Option<&Cursor<StockSort>>,
) -> Result<Page<Listed<ProductStock>>, Fault> {
    let listing = listing(filter, sort, limit, after);
    paged((database, READ), listing, (sort, limit), NAME, shown).await
}
