//! Correction of words that no product has: those of names that are few edits away.

use std::collections::BTreeSet;

use shotengai_messaging::Fault;

use super::find::READ;
use super::fold::is_dense;
use super::instead::{Instead, MOST_EACH};
use super::query::{Query, Term, Where};
use super::typos::{asked, forgiven, nearest};
use super::words::Token;
use crate::conditions::Conditions;
use crate::database::{Database, Session};
use crate::store::column;

/// Words of one question that are looked at, and corrected where nothing has them.
const MOST_WORDS: usize = 4;
/// Products whose names are held against a word.
const MOST_CANDIDATES: i64 = 500;

/// Words that may have been meant; none where what was asked for is.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn corrected(database: &Database, query: &Query) -> Result<Option<Instead>, Fault> {
    let wrong = |term: &Term| term.word().filter(|word| forgiven(word) > 0);
    if !query.terms.iter().any(|term| wrong(term).is_some()) {
        return Ok(None);
    }
    let session = database.session().await?;
    let (mut terms, mut looked_at) = (Vec::new(), 0);
    for term in &query.terms {
        let word = wrong(term).filter(|_| looked_at < MOST_WORDS);
        looked_at += usize::from(word.is_some());
        let words = match word {
            Some(word) if !is_known(&session, term).await? => near(&session, &word).await?,
            _ => Vec::new(),
        };
        terms.push((!words.is_empty()).then_some(words));
    }
    Ok(terms.iter().any(Option::is_some).then_some(Instead(terms)))
}

/// Whether any product has it.
async fn is_known(session: &Session, term: &Term) -> Result<bool, Fault> {
    let mut conditions = Conditions::default();
    let alone = Query { terms: vec![term.clone()], whole: String::new() };
    let found = alone.found(Where::Anywhere, &mut conditions);
    // A limit that the planner doesn't know: for a few rows it would rather read the table until they come, which they may not.
    let statement = format!("SELECT 1 FROM read_products p WHERE NOT p.deleted AND {found} LIMIT (SELECT 1)");
    Ok(!session.query(READ, &statement, &conditions.values()).await?.is_empty())
}

/// Words of names that are the fewest edits away.
async fn near(session: &Session, word: &str) -> Result<Vec<String>, Fault> {
    const CANDIDATES: &str = "SELECT p.search_names FROM read_products p WHERE NOT p.deleted AND p.search_tokens && (SELECT $1) LIMIT (SELECT $2)";
    let tokens: Vec<i32> = asked(word).into_iter().map(|text| Token::Remainder(text).hash()).collect();
    let rows = session.query(READ, CANDIDATES, &[&tokens, &MOST_CANDIDATES]).await?;
    let mut words = BTreeSet::new();
    for row in &rows {
        words.extend(column::<&str>(row, "search_names")?.split_whitespace().filter(|word| !word.contains(is_dense)));
    }
    Ok(nearest(word, words.into_iter(), MOST_EACH))
}
