//! Sessions: renewing an access token, and signing out.

use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, web};
use shotengai_contracts::api::accounts::AccessToken;
use shotengai_contracts::api::parameter::REFRESH_TOKEN;
use shotengai_runtime::Problem;
use shotengai_runtime::http::{Answer, Reply};

use super::{AccountDesk, cookies, unsigned};
use crate::sessions::{Holder, Issued, RefreshToken};
use crate::tokens;

pub(super) async fn refresh(request: HttpRequest, desk: web::Data<AccountDesk>) -> Answer<AccessToken> {
    let Some(token) = shown(&request) else {
        return Err(Problem::unauthorized("there is no session: sign in with POST /auth/login"));
    };
    let holder = match token.user_id() {
        Some(user_id) => desk.accounts.holder(user_id).await?,
        None => None,
    };
    let Some(holder) = holder else {
        desk.sessions.end(&token).await?;
        return Err(ended());
    };
    match desk.sessions.refresh(&token, &holder).await? {
        Some(issued) => answer(&desk, holder, &issued),
        None => Err(ended()),
    }
}

pub(super) async fn logout(request: HttpRequest, desk: web::Data<AccountDesk>) -> Answer<()> {
    if let Some(token) = shown(&request) {
        desk.sessions.end(&token).await?;
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT).sets_cookie(cookies::forgotten(REFRESH_TOKEN.name)))
}

/// An access token for whoever holds a session, and the refresh token that comes next.
pub(super) fn answer(desk: &AccountDesk, holder: Holder, issued: &Issued) -> Answer<AccessToken> {
    let token = match holder.administrator {
        true => tokens::of_administrator(&desk.tokens, holder.user_id),
        false => tokens::of_customer(&desk.tokens, holder.user_id),
    };
    let cookie = cookies::kept(REFRESH_TOKEN.name, &issued.token.expose(), issued.kept);
    Ok(Reply::ok(token.map_err(|error| unsigned(&error))?).sets_cookie(cookie))
}

fn shown(request: &HttpRequest) -> Option<RefreshToken> {
    RefreshToken::parse(&cookies::read(request, REFRESH_TOKEN.name)?)
}

fn ended() -> Problem {
    Problem::unauthorized("the session is over: sign in with POST /auth/login")
        .header(SET_COOKIE, cookies::forgotten(REFRESH_TOKEN.name))
}
