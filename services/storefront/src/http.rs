//! What is served: signing in, one's own account, the keys of access tokens, and addresses for our own services.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use shotengai_kernel::{Ports, UserId};
use shotengai_runtime::{AccountRole, Caller, InternalCaller, JsonBody, PathId, Problem, Routes, TokenIssuer};

use crate::accounts::Accounts;
use crate::domain::{Account, Email, Language};
use crate::guest;
use crate::tokens::AccessToken;

/// How long other services may keep the keys, in seconds. A new key has to be published this long before it signs.
const KEYS_MAX_AGE: &str = "public, max-age=300";

/// What the handlers share.
pub struct AccountDesk {
    /// Everybody's accounts.
    pub accounts: Accounts,
    /// Signs access tokens.
    pub tokens: TokenIssuer,
    /// Clock and ids.
    pub ports: Ports,
}

type Answer = Result<HttpResponse, Problem>;

/// Registers the role's routes.
pub fn register(routes: &mut Routes, desk: web::Data<AccountDesk>) {
    routes
        .data(desk)
        .post("/auth/guest", open_guest)
        .post("/auth/login", login)
        .get("/auth/me", me)
        .get("/.well-known/jwks.json", keys)
        .get("/internal/contacts/{id}", contact);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuestRequest {
    email: Option<String>,
    language: Option<Language>,
}

async fn open_guest(request: HttpRequest, desk: web::Data<AccountDesk>, body: JsonBody<GuestRequest>) -> Answer {
    let GuestRequest { email, language } = body.value;
    let email = email.as_deref().map(Email::parse).transpose();
    let email = email.map_err(|error| Problem::unprocessable("invalid-email", error.to_string()).pointer("/email"))?;
    let language = language.unwrap_or_else(|| {
        let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Language::preferred(header.unwrap_or_default())
    });
    let id = guest::open(&desk.accounts.users, &desk.ports, email, language).await?;
    let token = AccessToken::of_guest(&desk.tokens, id).map_err(|error| unsigned(&error))?;
    Ok(secret(&mut HttpResponse::Created()).json(token))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginRequest {
    email: String,
    password: SecretString,
}

async fn login(desk: web::Data<AccountDesk>, body: JsonBody<LoginRequest>) -> Answer {
    let LoginRequest { email, password } = body.value;
    let administrator = &desk.accounts.administrator;
    let known = administrator.knows(&email, password).await.map_err(|_| Problem::unavailable(3))?;
    if !known {
        // Not which of the two: that would tell who has an account.
        return Err(Problem::unauthorized("the e-mail address or the password is wrong"));
    }
    let token = AccessToken::of_administrator(&desk.tokens, administrator.id().clone());
    Ok(secret(&mut HttpResponse::Ok()).json(token.map_err(|error| unsigned(&error))?))
}

#[derive(Serialize)]
struct Me {
    user_id: UserId,
    role: AccountRole,
    guest: bool,
    email: Option<Email>,
    name: Option<String>,
    language: Language,
}

async fn me(caller: Caller, desk: web::Data<AccountDesk>) -> Answer {
    let account = desk.accounts.get(&caller.user_id).await?;
    let account = account.ok_or_else(|| Problem::not_found("this account is no longer there"))?;
    let Account { email, name, language, role, guest, .. } = account;
    let me = Me { user_id: caller.user_id, role, guest, email, name, language };
    Ok(secret(&mut HttpResponse::Ok()).json(me))
}

async fn keys(desk: web::Data<AccountDesk>) -> Answer {
    let cached = (CACHE_CONTROL, HeaderValue::from_static(KEYS_MAX_AGE));
    Ok(HttpResponse::Ok().insert_header(cached).json(desk.tokens.jwks()))
}

#[derive(Serialize)]
struct Contact {
    email: Option<Email>,
    language: Language,
    name: Option<String>,
}

async fn contact(_: InternalCaller, id: PathId<UserId>, desk: web::Data<AccountDesk>) -> Answer {
    let account = desk.accounts.get(&id).await?;
    let Account { email, language, name, .. } =
        // A type of its own: who asks the wrong server gets a 404 too, and must not take it for an erased account.
        account.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no-such-account", "There is no such account"))?;
    Ok(secret(&mut HttpResponse::Ok()).json(Contact { email, language, name }))
}

/// Nobody between us and the caller may keep it.
fn secret(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

fn unsigned(error: &anyhow::Error) -> Problem {
    tracing::error!(%error, "an access token can't be signed");
    Problem::internal()
}
