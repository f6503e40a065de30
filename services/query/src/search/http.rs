//! Routes of search.

use actix_web::{HttpRequest, web};
use shotengai_contracts::api::search::{FoundProducts, LONGEST_QUERY, Q, Suggestions};
use shotengai_runtime::http::{Answer, Reply};

use tokio::sync::Semaphore;

use super::find::{Found, find};
use super::place::Place;
use super::query::Query;
use super::suggest::suggest;
use crate::filters::ProductFilter;
use crate::http::{Reads, languages};
use crate::params::Params;
use crate::products::{in_list, named_for};

/// Searches of a process at the same time: a quarter of its sessions, so that those that take long leave the other reads and
/// the projector theirs.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

pub(crate) async fn search_products(request: HttpRequest, reads: web::Data<Reads>) -> Answer<FoundProducts> {
    let mut params = Params::of(&request)?;
    let query = params.search();
    let filter = ProductFilter::read(&mut params, reads.currency);
    let (limit, place) = (params.limit(), params.found_place(&query));
    let languages = languages(&request, &mut params);
    reads.caught_up(params).await?;
    // Never closed.
    let _place = AT_ONCE.acquire().await.ok();
    let found = find(&reads.database, &query, &filter, reads.currency, (limit, place.as_ref())).await?;
    let Found { items, next_cursor, total, is_complete, corrected, facets } = found;
    let shown = |product| in_list(named_for(product, &languages));
    let items = items.into_iter().map(|product| product.map(shown)).collect();
    let answer = FoundProducts { items, next_cursor, total, complete: is_complete, corrected, facets };
    Ok(Reply::ok(answer).varies("accept-language").tagged_by_body())
}

pub(crate) async fn suggest_products(request: HttpRequest, reads: web::Data<Reads>) -> Answer<Suggestions> {
    let mut params = Params::of(&request)?;
    let (query, limit) = (params.search(), params.limit());
    reads.caught_up(params).await?;
    let _place = AT_ONCE.acquire().await.ok();
    Ok(Reply::ok(Suggestions { items: suggest(&reads.database, &query, limit).await? }).tagged_by_body())
}

impl Params {
    /// `cursor`: where a page of what is found for this begins.
    fn found_place(&mut self, query: &Query) -> Option<Place> {
        let cursor = self.one("cursor")?;
        Place::parse(&cursor, query).map_err(|error| self.fault("cursor", error)).ok()
    }

    /// `q`: what is searched for. Of what has no letter and no digit, nothing is found.
    fn search(&mut self) -> Query {
        let text = self.one(Q.name).unwrap_or_default();
        if text.is_empty() {
            self.fault(Q.name, "must be given: what is searched for");
        } else if text.chars().nth(LONGEST_QUERY).is_some() {
            self.fault(Q.name, format_args!("must have {LONGEST_QUERY} characters at the most"));
            return Query::default();
        }
        Query::parse(&text)
    }
}
