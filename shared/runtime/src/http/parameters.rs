//! Parameters of the query string that a route doesn't know are refused: a misspelt filter that is ignored finds everything.

use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};
use shotengai_contracts::api::parameter::Place;
use shotengai_contracts::api::route::{Media, Spec};

use super::Problem;
use super::problem::Named;

/// Longer names than any that we know are not repeated to their sender.
const LONGEST_NAME: usize = 32;

/// The parameters that a route reads; none where it doesn't matter: a page may be linked to with any.
pub(super) fn known(spec: &Spec) -> Option<Vec<&'static str>> {
    let query = spec.parameters.iter().filter(|parameter| parameter.place == Place::Query);
    matches!(spec.media, Media::Json | Media::WebSocket).then(|| query.map(|parameter| parameter.name).collect())
}

/// Lets a request pass whose method knows all its parameters.
pub(super) async fn check(
    routes: Rc<[(Method, Vec<&'static str>)]>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let known = routes.iter().find(|(answered, _)| answered == method).map(|(_, known)| known);
    match known.and_then(|known| refusal(known, request.query_string())) {
        Some(problem) => Ok(request.into_response(problem.error_response())),
        None => next.call(request).await,
    }
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
