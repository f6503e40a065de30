//! Products that have what is asked for, by relevance, with counts of all of them.

use shotengai_contracts::api::listed::Listed;
use shotengai_contracts::api::products::Product;
use shotengai_contracts::api::search::{Facets, MOST_RANKED};
use shotengai_kernel::{Currency, ProductId};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::correct::corrected;
use super::facets;
use super::query::{Query, Where};
use crate::conditions::Conditions;
use crate::damaged::listed;
use crate::database::Database;
use crate::filters::{AVAILABLE, ProductFilter};
use crate::page::{Cursor, KeyKind, Sorting, cut, select};
use crate::products::{COLUMNS, NAME, shown};
use crate::store::column;

pub(super) const READ: &str = "postgres.search";

/// Order of what is found: by rank, the most relevant first, and by id within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relevance {
    /// 0: a name is what was asked for. 1: a name begins with it. 2: all of it is in the names. 3: in the names and
    /// keywords. 4: with the descriptions.
    Rank,
}

impl Sorting for Relevance {
    type Id = ProductId;
    const ALL: &'static [Self] = &[Self::Rank];
    const ID: &'static str = "m.product_id";

    fn name(self) -> &'static str {
        "relevance"
    }

    fn key(self) -> &'static str {
        "m.rank"
    }

    fn kind(self) -> KeyKind {
        KeyKind::Number
    }

    fn descends(self) -> bool {
        false
    }
}

/// A page of what is found, and what is told of all of it.
#[derive(Debug)]
pub struct Found {
    /// The products of the page.
    pub items: Vec<Listed<Product>>,
    /// Where the next page begins; none at the end.
    pub next_cursor: Option<String>,
    /// How many products were found.
    pub total: u64,
    /// Whether that is all: of more than [`MOST_RANKED`] the rest is neither ranked nor counted.
    pub is_complete: bool,
    /// Words that were looked for instead of what was asked for.
    pub corrected: Option<String>,
    /// Counts.
    pub facets: Facets,
}

/// The statement of [`find`], and the values that stand in it. Names are looked through first, and what has it elsewhere fills
/// up: so of more than are ranked, those that are called so are.
#[must_use]
pub fn statement(
    query: &Query,
    filter: &ProductFilter,
    currency: Currency,
    limit: u32,
    after: Option<&Cursor<Relevance>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.conditions(&mut conditions);
    let filter = conditions.take();
    let is = conditions.value(format!("%\n{}\n%", query.whole));
    let begins = conditions.value(format!("%\n{}%", query.whole));
    let (named, anywhere) = (query.found(Where::Names, &mut conditions), query.found(Where::Anywhere, &mut conditions));
    let (in_names, in_keywords) =
        (query.stands(Where::Names, &mut conditions), query.stands(Where::Keywords, &mut conditions));
    let most = conditions.value(i64::from(MOST_RANKED));
    let counts = facets::columns(currency, &mut conditions);
    let columns = format!("{COLUMNS}, m.available");
    let tables = "matches m JOIN read_products p ON p.product_id = m.product_id";
    let (page, conditions) = select(&columns, tables, conditions, Relevance::Rank, after, limit);
    let matched = format!("SELECT p.product_id, p.price_minor, p.currency, p.categories, {AVAILABLE} AS available");
    let statement = format!(
        "WITH named AS MATERIALIZED (
            {matched}, (CASE WHEN p.search_names LIKE {is} THEN 0 WHEN p.search_names LIKE {begins} THEN 1 ELSE 2 END)::int8 AS rank
            FROM read_products p WHERE {filter} AND {named} LIMIT {most} + 1
        ), others AS MATERIALIZED (
            {matched}, (CASE WHEN {in_keywords} THEN 3 ELSE 4 END)::int8 AS rank
            FROM read_products p WHERE {filter} AND {anywhere} AND NOT ({in_names})
            LIMIT {most} + 1 - (SELECT count(*) FROM named)
        ), found AS (SELECT * FROM named UNION ALL SELECT * FROM others
        ), matches AS MATERIALIZED (SELECT * FROM found LIMIT {most}
        ), page AS ({page})
        SELECT counted.*, page.* FROM (
            SELECT (SELECT count(*) FROM found) <= {most} AS found_all, {counts}
        ) AS counted LEFT JOIN page ON true ORDER BY page.place, page.place_id"
    );
    (statement, conditions)
}

/// Products that have what is asked for; where none has, those that have the words next to it.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn find(
    database: &Database,
    query: &Query,
    filter: &ProductFilter,
    currency: Currency,
    (limit, after): (u32, Option<&Cursor<Relevance>>),
) -> Result<Found, Fault> {
    let found = exactly(database, query, filter, currency, (limit, after)).await?;
    if found.total > 0 {
        return Ok(found);
    }
    let Some(meant) = corrected(database, query).await? else { return Ok(found) };
    let instead = exactly(database, &meant, filter, currency, (limit, after)).await?;
    let corrected = (instead.total > 0).then(|| meant.whole.trim_start().to_owned());
    Ok(Found { corrected, ..instead })
}

async fn exactly(
    database: &Database,
    query: &Query,
    filter: &ProductFilter,
    currency: Currency,
    (limit, after): (u32, Option<&Cursor<Relevance>>),
) -> Result<Found, Fault> {
    let (statement, conditions) = statement(query, filter, currency, limit, after);
    let rows = database.session().await?.query(READ, &statement, &conditions.values()).await?;
    let is_of_page = |row: &&Row| matches!(row.try_get::<_, Option<i64>>("place"), Ok(Some(_)));
    let products = rows.iter().filter(is_of_page).map(|row| listed(NAME, Relevance::Rank, row, shown));
    let page = cut(products.collect::<Result<_, _>>()?, limit);
    let (mut total, mut is_complete, mut counts) = (0, true, Facets::default());
    if let Some(row) = rows.first() {
        total = u64::try_from(column::<i64>(row, "found_total")?).unwrap_or_default();
        is_complete = column(row, "found_all")?;
        counts = facets::read(row, currency)?;
    }
    Ok(Found { items: page.items, next_cursor: page.next_cursor, total, is_complete, corrected: None, facets: counts })
}
