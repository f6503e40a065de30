//! Parameters of the query string that a route doesn't know are refused: a misspelt filter that is ignored finds everything.
//!
//! Callers who may not use the route are told that first, as a gateway in another process would tell them.

use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use shotengai_contracts::api::Audience;
use shotengai_contracts::api::orders::KEY;
use shotengai_contracts::api::parameter::Location;
use shotengai_contracts::api::route::{Media, Spec};

use super::problem::Named;
use super::{AdminCaller, Caller, InternalCaller, Problem};

/// Longer names than any that we know are not repeated to their sender.
const LONGEST_NAME: usize = 32;

/// The query parameters of one method of a path, and who may send them.
pub(super) struct Known {
    names: Vec<&'static str>,
    audience: Audience,
}

/// The parameters that a route reads; none where it doesn't matter: a page may be linked to with any.
pub(super) fn known(spec: &Spec) -> Option<Known> {
    let query = spec.parameters.iter().filter(|parameter| parameter.location == Location::Query);
    let has_known = matches!(spec.media, Media::Json | Media::WebSocket);
    has_known.then(|| Known { names: query.map(|parameter| parameter.name).collect(), audience: spec.audience })
}

/// Lets a request pass whose method knows all its parameters.
pub(super) async fn check(
    routes: Rc<[(Method, Known)]>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some((_, known)) = routes.iter().find(|(answered, _)| answered == method) else {
        return next.call(request).await;
    };
    let Some(refusal) = refusal(&known.names, request.query_string()) else {
        return next.call(request).await;
    };
    let problem = admit(known.audience, &mut request).await.err().unwrap_or(refusal);
    Ok(request.into_response(problem.error_response()))
}

/// Refuses whoever may not use the route, before anything is said about its parameters.
async fn admit(audience: Audience, request: &mut ServiceRequest) -> Result<(), Problem> {
    match audience {
        Audience::Anyone => Ok(()),
        Audience::LinkHolder if names(request.query_string()).iter().any(|name| name == KEY.name) => Ok(()),
        Audience::Customer | Audience::LinkHolder => request.extract::<Caller>().await.map(drop),
        Audience::Administrator => request.extract::<AdminCaller>().await.map(drop),
        Audience::Internal => request.extract::<InternalCaller>().await.map(drop),
    }
}

fn names(query: &str) -> Vec<String> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
    pairs.map(|pairs| pairs.into_inner().into_iter().map(|(name, _)| name).collect()).unwrap_or_default()
}

fn refusal(known: &[&str], query: &str) -> Option<Problem> {
    if query.is_empty() {
        return None;
    }
    let Ok(pairs) = web::Query::<Vec<(String, String)>>::from_query(query) else {
        return Some(Problem::bad_request("the query string can't be read"));
    };
    let mut strangers: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    strangers.retain(|name| !known.contains(name));
    strangers.sort_unstable();
    strangers.dedup();
    let faults: Vec<_> = strangers.into_iter().take(LONGEST_NAME).map(|name| fault(name, known)).collect();
    (!faults.is_empty()).then(|| Problem::invalid_parameters(faults))
}

fn fault(name: &str, known: &[&str]) -> Named {
    // What has no name's form may be a value that went astray.
    let is_name = name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let name = if is_name { name } else { "a parameter" };
    match known {
        [] => Named::parameter(name, format!("{name} is not known here; this path takes no parameters")),
        known => Named::parameter(name, format!("{name} is not known here; known are {}", known.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::problem::tests::body_of;

    #[actix_web::test]
    async fn strangers_are_named_and_values_are_not() {
        assert!(refusal(&["limit"], "limit=1&limit=2").is_none() && refusal(&[], "").is_none());
        let problem = body_of(refusal(&["limit", "cursor"], "limit=1&search=secret&4242424242424242=x").unwrap()).await;
        assert_eq!(problem["type"], "/problems/invalid-parameter");
        let detail = |name: &str| format!("{name} is not known here; known are limit, cursor");
        let wanted = json!([
            { "parameter": "a parameter", "detail": detail("a parameter") },
            { "parameter": "search", "detail": detail("search") }
        ]);
        assert_eq!(problem["errors"], wanted);
        assert!(!problem.to_string().contains("secret") && !problem.to_string().contains("4242"));
        let none = body_of(refusal(&[], "x=1").unwrap()).await;
        assert_eq!(none["detail"], "x is not known here; this path takes no parameters");
    }
}
