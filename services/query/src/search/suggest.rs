//! Suggestions: names that begin, or have a word that begins, with what was typed so far.

use std::collections::BTreeSet;

use shotengai_contracts::api::search::Suggestion;
use shotengai_kernel::Names;
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::find::READ;
use super::fold::{Run, fold, runs};
use super::query::{Query, has};
use super::words::begun;
use crate::conditions::Conditions;
use crate::database::Database;
use crate::store::{column, is_corrupt, names, parsed};

/// Products whose names are looked at.
const MOST_CANDIDATES: i64 = 1_000;
/// Rows for each name that is wanted: products may be called the same.
const ROWS_EACH: i64 = 5;

/// Names of products on sale, the shortest of those that begin with it first.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn suggest(database: &Database, query: &Query, limit: u32) -> Result<Vec<Suggestion>, Fault> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let mut conditions = Conditions::default();
    let found = has(begun(&runs(&query.whole)), &mut conditions);
    let (stands, begins) =
        [format!("%{}%", query.whole), format!("%\n{}%", query.whole)].map(|pattern| conditions.value(pattern)).into();
    let (candidates, most) =
        [MOST_CANDIDATES, i64::from(limit) * ROWS_EACH].map(|number| conditions.value(number)).into();
    let named = format!(
        "SELECT product_id, name, names FROM (
            SELECT p.product_id, p.name, p.names, p.search_names FROM read_products p
            WHERE NOT p.deleted AND {found} AND p.search_names LIKE {stands} LIMIT (SELECT {candidates})) AS named
        ORDER BY search_names LIKE {begins} DESC, length(search_names), product_id LIMIT {most}"
    );
    let rows = database.session().await?.query(READ, &named, &conditions.values()).await?;
    let (mut told, mut seen) = (Vec::new(), BTreeSet::new());
    for row in &rows {
        let suggestion = match meant(row, &query.whole) {
            Ok(suggestion) => suggestion,
            // A row that can't be read is told of where it is listed.
            Err(fault) if is_corrupt(&fault) => None,
            Err(fault) => return Err(fault),
        };
        told.extend(suggestion.filter(|suggestion| seen.insert(suggestion.text.clone())));
    }
    told.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(told)
}

/// That one of a product's names which was found.
fn meant(row: &Row, whole: &str) -> Result<Option<Suggestion>, Fault> {
    let (own, others): (&str, Names) = (column(row, "name")?, names(row)?);
    let all = || [own].into_iter().chain(others.texts());
    let line = |text: &str, as_words: fn(&Run) -> String| {
        runs(&fold(text)).iter().map(|run| format!(" {}", as_words(run))).collect::<String>()
    };
    let lines = |text: &str| [line(text, Run::joined), line(text, Run::apart)];
    let begins = |text: &&str| lines(text).iter().any(|line| line.starts_with(whole));
    let has = |text: &&str| lines(text).iter().any(|line| line.contains(whole));
    let Some(text) = all().find(begins).or_else(|| all().find(has)) else { return Ok(None) };
    Ok(Some(Suggestion { text: text.to_owned(), product_id: parsed(row, "product_id")? }))
}
