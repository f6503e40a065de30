//! Routes: registering and signing in, one's own account, customers, the keys of access tokens, and addresses for our own
//! services.

mod cookies;
mod customers;
mod password;
mod sessions;
mod sign_in;

use std::sync::Arc;

use actix_web::web;
use shotengai_contracts::api;
use shotengai_contracts::api::accounts::{KeySet, Me};
use shotengai_contracts::api::internal::{Contact, NO_SUCH_ACCOUNT};
use shotengai_kernel::{Ports, UserId};
use shotengai_runtime::http::{Answer, Reply};
use shotengai_runtime::{AccountRole, Caller, InternalCaller, PathId, Problem, Routes, Seal, TokenIssuer};

use crate::accounts::Accounts;
use crate::domain::{Account, PersonName};
use crate::guessing::Guessing;
use crate::sessions::Sessions;

/// What the handlers share.
pub struct AccountDesk {
    /// Everybody's accounts.
    pub accounts: Accounts,
    /// Renews access tokens.
    pub sessions: Sessions,
    /// Counts failed sign-ins.
    pub guessing: Guessing,
    /// Signs access tokens.
    pub tokens: Arc<TokenIssuer>,
    /// Hides addresses in the cursors of pages.
    pub seal: Seal,
    /// Clock and ids.
    pub ports: Ports,
}

/// Registers the role's routes.
pub fn register(routes: &mut Routes, desk: web::Data<AccountDesk>) {
    routes
        .data(desk)
        .route(api::OPEN_GUEST, sign_in::open_guest)
        .route(api::REGISTER, sign_in::register)
        .route(api::LOG_IN, sign_in::login)
        .route(api::REFRESH, sessions::refresh)
        .route(api::LOG_OUT, sessions::logout)
        .route(api::CHANGE_PASSWORD, password::change)
        .route(api::GET_ME, me)
        .route(api::KEYS, keys)
        .route(api::LIST_CUSTOMERS, customers::list)
        .route(api::ERASE_CUSTOMER, customers::erase)
        .route(api::INTERNAL_CONTACT, contact);
}

async fn me(caller: Caller, desk: web::Data<AccountDesk>) -> Answer<Me> {
    let account = desk.accounts.get(&caller.user_id).await?;
    let account = account.ok_or_else(|| Problem::not_found("this account is no longer there"))?;
    let Account { email, name, language, guest, .. } = account;
    // By the token that is shown, as everywhere: another issuer gives and takes roles.
    let role = if caller.admin { AccountRole::Administrator } else { AccountRole::Customer };
    let (email, name) = (email.map(String::from), name.map(PersonName::into_text));
    Ok(Reply::ok(Me { user_id: caller.user_id, role, guest, email, name, language }))
}

/// Others may keep the keys for as long as the route says: a new key has to be published this long before it signs.
async fn keys(desk: web::Data<AccountDesk>) -> Answer<KeySet> {
    let keys = serde_json::to_value(desk.tokens.jwks()).and_then(serde_json::from_value);
    keys.map(Reply::ok).map_err(|error| unsigned(&error.into()))
}

async fn contact(_: InternalCaller, id: PathId<UserId>, desk: web::Data<AccountDesk>) -> Answer<Contact> {
    let account = desk.accounts.of_contact(&id).await?;
    let Account { email, language, name, .. } =
        // A type of its own: who asks the wrong server gets a 404 too, and must not take it for an erased account.
        account.ok_or_else(|| Problem::of(&NO_SUCH_ACCOUNT))?;
    let (email, name) = (email.map(String::from), name.map(PersonName::into_text));
    Ok(Reply::ok(Contact { email, language: language.as_str().to_owned(), name }))
}

fn unsigned(error: &anyhow::Error) -> Problem {
    tracing::error!(%error, "an access token can't be signed");
    Problem::internal()
}
