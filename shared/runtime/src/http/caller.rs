//! Who is asking.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, FORWARDED, VIA, X_FORWARDED_FOR};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};
use shotengai_kernel::UserId;

use super::{HttpState, Problem};
use crate::auth::{AccountRole, AuthError, Claims};

/// A signed-in caller, guests included. 401 without a good access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user_id: UserId,
    /// Whether they administer the shop.
    pub admin: bool,
}

/// A caller who administers the shop; 403 for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminCaller(pub Caller);

/// One of our own services, known by the shared secret. What came through a proxy came from outside and finds nothing here,
/// whatever it knows: our services talk to each other directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InternalCaller;

/// Outcome of a gate's own look at the caller's access token, in the request's extensions. Extractors take it for theirs.
#[derive(Debug, Clone)]
pub struct Recognized(pub Result<Claims, AuthError>);

/// Says how to get a token, for whoever has never seen one.
fn unsigned() -> Problem {
    Problem::unauthorized(
        "sign in with POST /auth/guest or POST /auth/login, and send the access_token as Authorization: Bearer <access_token>",
    )
}

fn bearer(request: &HttpRequest) -> Result<String, Problem> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or_else(unsigned)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim().to_owned()) } else { Err(unsigned()) }
}

async fn claims(
    state: Result<web::Data<HttpState>, Problem>,
    token: Result<String, Problem>,
) -> Result<Claims, Problem> {
    Ok(state?.tokens.verify(&token?).await?)
}

/// Everything the access token says; [`Caller`] is enough for most.
impl FromRequest for Claims {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(Recognized(outcome)) = request.extensions().get::<Recognized>() {
            let outcome = outcome.clone().map_err(Problem::from);
            return Box::pin(ready(outcome));
        }
        Box::pin(claims(HttpState::of(request).cloned(), bearer(request)))
    }
}

/// Tells whose an access token is that stands in a body.
#[derive(Clone)]
pub struct TokenReader(web::Data<HttpState>);

impl TokenReader {
    /// The guest whose token this is; none for one that is no good, or of somebody with an account.
    ///
    /// # Errors
    /// A [`Problem`] where it can't be known now.
    pub async fn guest(&self, token: &SecretString) -> Result<Option<UserId>, Problem> {
        match self.0.tokens.verify(token.expose_secret()).await {
            Ok(claims) => Ok(claims.guest.then_some(claims.sub)),
            Err(error) => {
                let problem = Problem::from(error);
                if problem.status() == StatusCode::UNAUTHORIZED { Ok(None) } else { Err(problem) }
            }
        }
    }
}

impl FromRequest for TokenReader {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(HttpState::of(request).cloned().map(Self))
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let claims = Claims::from_request(request, payload);
        Box::pin(async move {
            let claims = claims.await?;
            Ok(Self { admin: claims.role == AccountRole::Administrator, user_id: claims.sub })
        })
    }
}

impl FromRequest for AdminCaller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload);
        Box::pin(async move {
            let caller = caller.await?;
            if caller.admin { Ok(Self(caller)) } else { Err(Problem::forbidden("only administrators may do this")) }
        })
    }
}

impl FromRequest for InternalCaller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if [FORWARDED, VIA, X_FORWARDED_FOR].iter().any(|header| request.headers().contains_key(header)) {
            return ready(Err(Problem::not_found("nothing is served at this path")));
        }
        ready(HttpState::of(request).and_then(|state| {
            let known = state.is_internal(&bearer(request)?);
            if known { Ok(Self) } else { Err(Problem::unauthorized("the token is not ours")) }
        }))
    }
}
