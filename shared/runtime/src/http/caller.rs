//! Who is asking.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    AUTHORIZATION, FORWARDED, HeaderMap, SEC_WEBSOCKET_PROTOCOL, UPGRADE, VIA, X_FORWARDED_FOR,
};
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

/// What a WebSocket's protocol begins with that is an access token, and no protocol.
pub const TOKEN_PROTOCOL: &str = "bearer.";

/// Access token that a request shows: in `Authorization`. Browsers let a page set no header of a WebSocket but the protocols
/// that it offers, so there it may be one of them, behind [`TOKEN_PROTOCOL`]; none of an answer names it.
#[must_use]
pub fn access_token(headers: &HeaderMap) -> Option<&str> {
    if let Some(header) = headers.get(AUTHORIZATION) {
        return bearer(header.to_str().ok()?);
    }
    let mut offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).filter(|_| wants_a_web_socket(headers));
    offers.find_map(|offer| offer.to_str().ok()?.split(',').find_map(|one| one.trim().strip_prefix(TOKEN_PROTOCOL)))
}

fn wants_a_web_socket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|wanted| wanted.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn shown(request: &HttpRequest) -> Result<String, Problem> {
    access_token(request.headers()).map(str::to_owned).ok_or_else(unsigned)
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
        Box::pin(claims(HttpState::of(request).cloned(), shown(request)))
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
            let header = request.headers().get(AUTHORIZATION).and_then(|header| bearer(header.to_str().ok()?));
            let known = state.is_internal(header.ok_or_else(unsigned)?);
            if known { Ok(Self) } else { Err(Problem::unauthorized("the token is not ours")) }
        }))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_token_is_shown_in_its_header_or_by_a_web_socket_among_its_protocols() {
        let shown = |headers: &[(&'static str, &'static str)]| {
            let request = headers.iter().fold(TestRequest::get(), |request, header| request.append_header(*header));
            access_token(request.to_http_request().headers()).map(str::to_owned)
        };
        let (upgrade, protocols) = (("upgrade", "websocket"), "sec-websocket-protocol");
        assert_eq!(shown(&[("authorization", "bearer a.b.c")]).as_deref(), Some("a.b.c"));
        assert_eq!(shown(&[upgrade, (protocols, "steps, bearer.a.b.c")]).as_deref(), Some("a.b.c"));
        assert_eq!(shown(&[upgrade, (protocols, "steps"), (protocols, "bearer.d")]).as_deref(), Some("d"));
        assert_eq!(shown(&[(protocols, "bearer.a.b.c")]), None, "no WebSocket");
        assert_eq!(shown(&[upgrade, (protocols, "steps")]), None);
        let both = [("authorization", "Basic x"), upgrade, (protocols, "bearer.a")];
        assert_eq!(shown(&both), None, "who says how they are known is asked by that");
    }
}
