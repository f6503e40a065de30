//! Correction of words that no product has: those of names that are few edits away.

use std::collections::BTreeSet;

use shotengai_messaging::Fault;

use super::find::READ;
use super::fold::is_dense;
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
/// Words that are looked for instead of one.
const MOST_INSTEAD: usize = 5;

/// Query that may have been meant; none where it is what was asked for.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn corrected(database: &Database, query: &Query) -> Result<Option<Query>, Fault> {
    let wrong = |term: &Term| term.word().filter(|word| forgiven(word) > 0);
    if !query.terms.iter().any(|term| wrong(term).is_some()) {
        return Ok(None);
    }
    let session = database.session().await?;
    let (mut terms, mut whole, mut looked_at, mut changed) = (Vec::new(), String::new(), 0, 0);
    for term in &query.terms {
        let word = wrong(term).filter(|_| looked_at < MOST_WORDS);
        looked_at += usize::from(word.is_some());
        let words = match word {
            Some(word) if !is_known(&session, term).await? => near(&session, &word).await?,
            _ => Vec::new(),
        };
        changed += usize::from(!words.is_empty());
        let term = if words.is_empty() { term.clone() } else { Term::any_of(words) };
        let first = term.alternatives.first().into_iter().flatten();
        whole.extend(first.map(|run| format!(" {}", run.joined())));
        terms.push(term);
    }
    Ok((changed > 0).then_some(Query { terms, whole }))
}

/// Whether any product has it.
async fn is_known(session: &Session, term: &Term) -> Result<bool, Fault> {
    let mut conditions = Conditions::default();
    let alone = Query { terms: vec![term.clone()], whole: String::new() };
    let found = alone.found(Where::Anywhere, &mut conditions);
    let statement = format!("SELECT 1 FROM read_products p WHERE NOT p.deleted AND {found} LIMIT 1");
    Ok(!session.query(READ, &statement, &conditions.values()).await?.is_empty())
}

/// Words of names that are the fewest edits away.
async fn near(session: &Session, word: &str) -> Result<Vec<String>, Fault> {
    const CANDIDATES: &str =
        "SELECT p.search_names FROM read_products p WHERE NOT p.deleted AND p.search_tokens && $1 LIMIT $2";
    let tokens: Vec<i32> = asked(word).into_iter().map(|text| Token::Remainder(text).hash()).collect();
    let rows = session.query(READ, CANDIDATES, &[&tokens, &MOST_CANDIDATES]).await?;
    let mut words = BTreeSet::new();
    for row in &rows {
        words.extend(column::<&str>(row, "search_names")?.split_whitespace().filter(|word| !word.contains(is_dense)));
    }
    Ok(nearest(word, words.into_iter(), MOST_INSTEAD))
}
