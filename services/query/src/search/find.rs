//! Products that have what is asked for, by relevance, with counts of all of them.

use shotengai_contracts::api::listed::Listed;
use shotengai_contracts::api::products::Product;
use shotengai_contracts::api::search::{Facets, MOST_RANKED};
use shotengai_kernel::{Currency, ProductId};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::correct::corrected;
use super::facets;
use super::instead::Instead;
use super::place::{Place, shown as shown_place};
use super::query::{Query, Where, has};
use crate::conditions::Conditions;
use crate::damaged::listed;
use crate::database::Database;
use crate::filters::{AVAILABLE, ProductFilter};
use crate::page::{Cursor, KeyKind, Sorting, cut, select};
use crate::products::{COLUMNS, NAME, shown};
use crate::store::column;

pub(super) const READ: &str = "postgres.search";
/// Products that are looked at as candidates of the index. Where there are more, as many as [`MOST_GONE_THROUGH`] are gone
/// through by id: those that have words so common are among the first.
pub const MOST_CANDIDATES: i64 = 20_000;
/// Products that are gone through by id.
pub const MOST_GONE_THROUGH: i64 = 20_000;

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
    /// Whether that is all: of more than [`MOST_RANKED`] the rest is neither ranked nor counted, and where more than
    /// [`MOST_CANDIDATES`] may have it, only some are looked at.
    pub is_complete: bool,
    /// Words that were looked for instead of what was asked for.
    pub corrected: Option<String>,
    /// Counts.
    pub facets: Facets,
}

/// Which of a question's words so many products may have that not all of them are looked at: then the products are gone through
/// by id instead, and some of them only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Broad {
    /// As a whole name.
    pub called: bool,
    /// In the names.
    pub named: bool,
    /// Anywhere.
    pub anywhere: bool,
}

/// Leaves out what can't be of the category, before its paths are made of each candidate's: that costs as much as all else.
fn may_be_of(filter: &ProductFilter, conditions: &mut Conditions) {
    if let Some(category) = &filter.category {
        // Of small letters, digits, hyphens and slashes: nothing that a pattern would read.
        let category = conditions.value(format!("%{category}%"));
        conditions.and(format!("array_to_string(p.categories, ' ') LIKE {category}"));
    }
}

/// The statement that tells what of a question is [`Broad`], from the index of tokens, and the values that stand in it.
#[must_use]
pub fn breadth(query: &Query, filter: &ProductFilter) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.indexed(&mut conditions);
    may_be_of(filter, &mut conditions);
    let filter = conditions.take();
    let called = has(vec![query.called()], &mut conditions);
    let named = query.may_stand(Where::Names, &mut conditions);
    let anywhere = query.may_stand(Where::Anywhere, &mut conditions);
    let most = conditions.value(MOST_CANDIDATES);
    let more_of = |conditions: String| {
        format!(
            "(SELECT count(*) > {most} FROM (SELECT 1 FROM read_products p WHERE {conditions} LIMIT {most} + 1) AS candidates)"
        )
    };
    let more = |tokens: &str| {
        // Filters cost more than the index of tokens, and are asked for only where it doesn't suffice.
        let (any, filtered) = (format!("NOT p.deleted AND {tokens}"), format!("{filter} AND {tokens}"));
        if any == filtered {
            more_of(any)
        } else {
            format!("CASE WHEN {} THEN {} ELSE false END", more_of(any), more_of(filtered))
        }
    };
    let (called, named, anywhere) = (more(&called), more(&named), more(&anywhere));
    let statement = format!(
        "WITH named AS MATERIALIZED (SELECT {named} AS named)
        SELECT named, CASE WHEN named THEN {called} ELSE false END AS called,
            CASE WHEN named THEN true ELSE {anywhere} END AS anywhere FROM named"
    );
    (statement, conditions)
}

/// The statement of [`find`], and the values that stand in it. Whole names are looked for first, then names, and what has it
/// elsewhere fills up: so of more than are ranked, those that are called so are, and of all others those with the lowest ids.
#[must_use]
pub fn statement(
    query: &Query,
    broad: Broad,
    filter: &ProductFilter,
    currency: Currency,
    limit: u32,
    after: Option<&Cursor<Relevance>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.conditions(&mut conditions);
    may_be_of(filter, &mut conditions);
    let filter = conditions.take();
    let is = conditions.value(format!("%\n{}\n%", query.whole));
    let begins = conditions.value(format!("%\n{}%", query.whole));
    let called = has(vec![query.called()], &mut conditions);
    let (named, anywhere) = (query.found(Where::Names, &mut conditions), query.found(Where::Anywhere, &mut conditions));
    let (in_names, in_keywords, in_any) = (
        query.stands(Where::Names, &mut conditions),
        query.stands(Where::Keywords, &mut conditions),
        query.stands(Where::Anywhere, &mut conditions),
    );
    let (most, gone_through) = (conditions.value(i64::from(MOST_RANKED)), conditions.value(MOST_GONE_THROUGH));
    let counts = facets::columns(currency, &mut conditions);
    let columns = format!("{COLUMNS}, m.available");
    let tables = "matches m JOIN read_products p ON p.product_id = m.product_id";
    let (page, conditions) = select(&columns, tables, conditions, Relevance::Rank, after, limit);
    let matched = format!("SELECT p.product_id, p.price_minor, p.currency, p.categories, {AVAILABLE} AS available");
    // By the index of tokens: the order is one that no index has, so that the planner takes none for it.
    let by_tokens = |found: &str| (format!("read_products p WHERE {filter} AND {found}"), "p.product_id || ''");
    let by_id = |stands: &str| {
        let first =
            format!("SELECT * FROM read_products p WHERE NOT p.deleted ORDER BY p.product_id LIMIT {gone_through}");
        (format!("({first}) p WHERE {filter} AND {stands}"), "p.product_id")
    };
    let is_called = format!("p.search_names LIKE {is}");
    let (called, called_order) =
        if broad.called { by_id(&is_called) } else { by_tokens(&format!("{called} AND {is_called}")) };
    let (named, named_order) = if broad.named { by_id(&in_names) } else { by_tokens(&named) };
    let (others, others_order) = if broad.anywhere { by_id(&in_any) } else { by_tokens(&anywhere) };
    let statement = format!(
        "WITH called AS MATERIALIZED (
            {matched}, 0::int8 AS rank FROM {called} ORDER BY {called_order} LIMIT {most} + 1
        ), named AS MATERIALIZED (
            {matched}, (CASE WHEN {is_called} THEN 0 WHEN p.search_names LIKE {begins} THEN 1 ELSE 2 END)::int8 AS rank
            FROM {named} AND p.product_id NOT IN (SELECT product_id FROM called)
            ORDER BY {named_order} LIMIT {most} + 1 - (SELECT count(*) FROM called)
        ), others AS MATERIALIZED (
            {matched}, (CASE WHEN {in_keywords} THEN 3 ELSE 4 END)::int8 AS rank FROM {others} AND NOT ({in_names})
            ORDER BY {others_order}
            LIMIT {most} + 1 - (SELECT count(*) FROM called) - (SELECT count(*) FROM named)
        ), found AS (SELECT * FROM called UNION ALL SELECT * FROM named UNION ALL SELECT * FROM others
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
    (limit, place): (u32, Option<&Place>),
) -> Result<Found, Fault> {
    if let Some(Place { after, instead }) = place {
        let meant = instead.as_ref().and_then(|instead| query.with(instead));
        let found = exactly(database, meant.as_ref().unwrap_or(query), filter, currency, (limit, Some(after))).await?;
        return Ok(found.said_of(meant.as_ref(), instead.as_ref()));
    }
    let found = exactly(database, query, filter, currency, (limit, None)).await?;
    if found.total > 0 {
        return Ok(found);
    }
    let Some(instead) = corrected(database, query).await? else { return Ok(found) };
    let Some(meant) = query.with(&instead) else { return Ok(found) };
    let other = exactly(database, &meant, filter, currency, (limit, None)).await?;
    if other.total == 0 { Ok(other) } else { Ok(other.said_of(Some(&meant), Some(&instead))) }
}

impl Found {
    /// The same, as found by words that were meant.
    fn said_of(self, meant: Option<&Query>, instead: Option<&Instead>) -> Self {
        Self {
            corrected: meant.map(|meant| meant.whole.trim_start().to_owned()),
            next_cursor: self.next_cursor.map(|cursor| shown_place(cursor, instead)),
            ..self
        }
    }
}

async fn exactly(
    database: &Database,
    query: &Query,
    filter: &ProductFilter,
    currency: Currency,
    (limit, after): (u32, Option<&Cursor<Relevance>>),
) -> Result<Found, Fault> {
    let session = database.session().await?;
    let (statement_of_breadth, conditions) = breadth(query, filter);
    let rows = session.query(READ, &statement_of_breadth, &conditions.values()).await?;
    let broad = match rows.first() {
        Some(row) => {
            Broad { called: column(row, "called")?, named: column(row, "named")?, anywhere: column(row, "anywhere")? }
        }
        None => Broad::default(),
    };
    let (statement, conditions) = statement(query, broad, filter, currency, limit, after);
    let rows = session.query(READ, &statement, &conditions.values()).await?;
    let is_of_page = |row: &&Row| matches!(row.try_get::<_, Option<i64>>("place"), Ok(Some(_)));
    let products = rows.iter().filter(is_of_page).map(|row| listed(NAME, Relevance::Rank, row, shown));
    let page = cut(products.collect::<Result<_, _>>()?, limit);
    let (mut total, mut is_complete, mut counts) = (0, true, Facets::default());
    if let Some(row) = rows.first() {
        total = u64::try_from(column::<i64>(row, "found_total")?).unwrap_or_default();
        is_complete = column::<bool>(row, "found_all")? && broad == Broad::default();
        counts = facets::read(row, currency)?;
    }
    Ok(Found { items: page.items, next_cursor: page.next_cursor, total, is_complete, corrected: None, facets: counts })
}
