//! Customers, for the administrator.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use shotengai_contracts::api::Page;
use shotengai_contracts::api::customers::Customer;
use shotengai_kernel::UserId;
use shotengai_runtime::http::{Answer, QueryParameters, Reply};
use shotengai_runtime::{AdminCaller, Caller, PathId, Problem};

use super::AccountDesk;
use crate::domain::PersonName;
use crate::domain::email::canonical;

/// A later form of cursors begins with another number.
const FORM: &str = "1.";
/// As long as an address may be.
const LONGEST: usize = 254;

/// Somebody else's account looks the same as none.
pub(super) async fn erase(caller: Caller, id: PathId<UserId>, desk: web::Data<AccountDesk>) -> Answer<()> {
    let administrators = *id == *desk.accounts.administrator.id();
    if administrators || !(caller.admin || caller.user_id == *id) {
        return Err(Problem::not_found("there is no such account"));
    }
    desk.accounts.users.erase(&id).await?;
    // Not before the account: nobody can begin another from here on.
    desk.sessions.end_all(&id).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn list(_: AdminCaller, request: HttpRequest, desk: web::Data<AccountDesk>) -> Answer<Page<Customer>> {
    let mut query = QueryParameters::of(&request)?;
    let limit = usize::try_from(query.limit()).unwrap_or(usize::MAX);
    let prefix = query.one("email").map(|text| canonical(&text)).unwrap_or_default();
    if prefix.len() > LONGEST {
        query.fault("email", format_args!("must have at most {LONGEST} bytes"));
    }
    // A cursor is the last address of the page before, which stands in no URL: those are written down on their way.
    let cursor = query.one("cursor");
    let after = cursor.as_deref().and_then(|cursor| desk.seal.open(cursor.strip_prefix(FORM)?));
    if cursor.is_some() && after.is_none() {
        query.fault("cursor", "must be a \"next_cursor\" of this list, unchanged");
    }
    query.finish()?;
    // One more shows whether there is a next page.
    let mut found = desk.accounts.users.customers(&prefix, after.as_deref(), limit.saturating_add(1)).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more).map(|(email, ..)| desk.seal.seal(email));
    let next_cursor = last.transpose().map_err(|error| {
        tracing::error!(%error, "a cursor can't be sealed");
        Problem::internal()
    })?;
    let items = found.into_iter().filter_map(|(_, user_id, account)| {
        let account = account?;
        let (email, name) = (account.email.map(String::from)?, account.name.map(PersonName::into_text));
        Some(Customer { user_id, email, name, language: account.language, created_at: account.created_at })
    });
    Ok(Reply::ok(Page { items: items.collect(), next_cursor: next_cursor.map(|cursor| format!("{FORM}{cursor}")) }))
}
