//! What is served: signing in, one's own account, the keys of access tokens, and addresses for our own services.

use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{HttpRequest, web};
use shotengai_contracts::api;
use shotengai_contracts::api::accounts::{INVALID_EMAIL, KeySet, LogIn, Me, OpenGuest};
use shotengai_contracts::api::internal::{Contact, NO_SUCH_ACCOUNT};
use shotengai_kernel::{Ports, UserId};
use shotengai_runtime::http::{Answer, Reply};
use shotengai_runtime::{Caller, InternalCaller, JsonBody, PathId, Problem, Routes, TokenIssuer};

use crate::accounts::Accounts;
use crate::domain::{Account, Email, preferred};
use crate::guest;
use crate::tokens;

/// What the handlers share.
pub struct AccountDesk {
    /// Everybody's accounts.
    pub accounts: Accounts,
    /// Signs access tokens.
    pub tokens: TokenIssuer,
    /// Clock and ids.
    pub ports: Ports,
}

/// Registers the role's routes.
pub fn register(routes: &mut Routes, desk: web::Data<AccountDesk>) {
    routes
        .data(desk)
        .route(api::OPEN_GUEST, open_guest)
        .route(api::LOG_IN, login)
        .route(api::GET_ME, me)
        .route(api::KEYS, keys)
        .route(api::INTERNAL_CONTACT, contact);
}

async fn open_guest(
    request: HttpRequest,
    desk: web::Data<AccountDesk>,
    body: JsonBody<OpenGuest>,
) -> Answer<api::accounts::AccessToken> {
    let OpenGuest { email, language } = body.value;
    let email = email.as_deref().map(Email::parse).transpose();
    let email =
        email.map_err(|error| Problem::of(&INVALID_EMAIL).detail(format!("email {error}")).pointer("/email"))?;
    let language = language.unwrap_or_else(|| {
        let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        preferred(header.unwrap_or_default())
    });
    let id = guest::open(&desk.accounts.users, &desk.ports, email, language).await?;
    let token = tokens::of_guest(&desk.tokens, id).map_err(|error| unsigned(&error))?;
    Ok(Reply::created(token))
}

async fn login(desk: web::Data<AccountDesk>, body: JsonBody<LogIn>) -> Answer<api::accounts::AccessToken> {
    let LogIn { email, password } = body.value;
    let administrator = &desk.accounts.administrator;
    let known = administrator.knows(&email, password.into_secret()).await.map_err(|_| Problem::unavailable(3))?;
    if !known {
        // Not which of the two: that would tell who has an account.
        return Err(Problem::unauthorized("the e-mail address or the password is wrong"));
    }
    let token = tokens::of_administrator(&desk.tokens, administrator.id().clone());
    Ok(Reply::ok(token.map_err(|error| unsigned(&error))?))
}

async fn me(caller: Caller, desk: web::Data<AccountDesk>) -> Answer<Me> {
    let account = desk.accounts.get(&caller.user_id).await?;
    let account = account.ok_or_else(|| Problem::not_found("this account is no longer there"))?;
    let Account { email, name, language, role, guest, .. } = account;
    let email = email.map(String::from);
    Ok(Reply::ok(Me { user_id: caller.user_id, role, guest, email, name, language }))
}

/// Others may keep the keys for as long as the route says: a new key has to be published this long before it signs.
async fn keys(desk: web::Data<AccountDesk>) -> Answer<KeySet> {
    let keys = serde_json::to_value(desk.tokens.jwks()).and_then(serde_json::from_value);
    keys.map(Reply::ok).map_err(|error| unsigned(&error.into()))
}

async fn contact(_: InternalCaller, id: PathId<UserId>, desk: web::Data<AccountDesk>) -> Answer<Contact> {
    let account = desk.accounts.get(&id).await?;
    let Account { email, language, name, .. } =
        // A type of its own: who asks the wrong server gets a 404 too, and must not take it for an erased account.
        account.ok_or_else(|| Problem::of(&NO_SUCH_ACCOUNT))?;
    Ok(Reply::ok(Contact { email: email.map(String::from), language: language.as_str().to_owned(), name }))
}

fn unsigned(error: &anyhow::Error) -> Problem {
    tracing::error!(%error, "an access token can't be signed");
    Problem::internal()
}
