//! Web page `/`: the two rival sweets.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use shotengai_contracts::api;
use shotengai_runtime::Routes;

/// One self-contained HTML page: two sweets, two buttons, live bars, and the order that a mail's link leads to. It orders
/// as a guest and watches `/tally/live`.
const PAGE: &str = include_str!("../page/index.html");
/// Where the page is told of [`Places`].
const MARK: &str = "<!--places-->";

/// What the page may do (Content-Security-Policy): its own script and style, and connections to where it came from.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
     connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Addresses of a developer's street that the page links to.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Where mails can be read.
    pub inbox: Option<String>,
    /// Where health is told.
    pub health: Option<String>,
}

/// The page as it is served.
struct Page(Arc<str>);

/// Registers the page at both of its paths.
pub(crate) fn register(routes: &mut Routes, page: &Arc<str>) {
    routes.data(web::Data::new(Page(Arc::clone(page)))).raw(api::HOME_PAGE, serve).raw(api::TALLY_PAGE, serve);
}

async fn serve(page: web::Data<Page>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_SECURITY_POLICY, PAGE_POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(page.0.to_string())
}

/// The page of a street with these places.
pub(crate) fn page(places: &Places) -> String {
    let meta = |name: &str, url: &Option<String>| {
        url.as_deref().map(|url| format!("<meta name=\"{name}\" content=\"{}\">", escaped(url))).unwrap_or_default()
    };
    PAGE.replacen(MARK, &format!("{}{}", meta("inbox", &places.inbox), meta("health", &places.health)), 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_developers_street_tells_where_its_inbox_is() {
        assert!(!page(&Places::default()).contains("<meta name=\"inbox\""));
        let places = Places { inbox: Some("http://127.0.0.1:8025/?a=\"b\"".to_owned()), health: None };
        let page = page(&places);
        assert!(page.contains("<meta name=\"inbox\" content=\"http://127.0.0.1:8025/?a=&quot;b&quot;\">"));
        assert!(!page.contains(MARK) && !page.contains("<meta name=\"health\""));
        assert!(page.contains("きのこ") && page.contains("たけのこ"));
    }
}
