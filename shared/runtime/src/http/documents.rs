//! The interface about itself: `GET /openapi.json` and `GET /docs`.
//!
//! Both tell of the public interface, and of what roles of this process serve beside it.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use shotengai_contracts::api::documents::{DOCS, OPENAPI, OpenApi};
use shotengai_contracts::api::{Endpoint, Interface, openapi};

use super::{Answer, Reply, Routes};

/// One self-contained page that reads `/openapi.json`.
const PAGE: &str = include_str!("../../page/docs.html");

/// The page runs its own script in its own style, and asks where it came from; nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |tag: &str| {
        let inside = PAGE.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once(&format!("</{tag}>")));
        STANDARD.encode(digest(&SHA256, inside.map_or("", |(inside, _)| inside).as_bytes()))
    };
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash("script"),
        hash("style")
    )
});

struct Document(OpenApi);

/// Adds both; has to come after the roles, of whose routes it tells.
pub(super) fn routes(routes: &mut Routes, interface: &Interface) {
    let here = routes.endpoints().iter().map(AsRef::as_ref);
    let known = |route: &&dyn Endpoint| interface.specs().any(|public| public.name == route.spec().name);
    let public = interface.routes().map(|route| -> &dyn Endpoint { route });
    let all: Vec<_> = public.chain(here.filter(|route| !known(route))).collect();
    let document = match openapi::document(&all) {
        Value::Object(document) => OpenApi(document),
        _ => OpenApi(serde_json::Map::new()),
    };
    routes.data(web::Data::new(Document(document)));
    routes.route(OPENAPI, tell).raw(DOCS, page);
}

async fn tell(document: web::Data<Document>) -> Answer<OpenApi> {
    Ok(Reply::ok(document.0.clone()))
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY.as_str()))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(PAGE)
}
