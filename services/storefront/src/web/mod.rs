//! Web pages: one application, whose addresses are all answered with the page it begins with, and its files.
//!
//! - `files`: what the build put into the binary. `policy`: what pages may do in a browser.
//! - `numbers`: what the live page shows without a script.
//!
//! A binary that was built without pages (`WEB=off`) says so at `/` and serves the API alone.

mod files;
mod numbers;
mod policy;

use std::sync::Arc;

use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use shotengai_contracts::api;
use shotengai_contracts::topology::buckets::PRODUCT_IMAGES;
use shotengai_runtime::{Context, Problem, Routes};

use self::numbers::Numbers;

/// Where the page is told of [`Places`].
const MARK: &str = "<!--places-->";
/// Where the live page is told of [`Numbers`].
const NUMBERS: &str = "<!--numbers-->";
/// The page that shows numbers without a script, too.
const LIVE_PAGE: &str = "/live";
/// Addresses of pages beside `/`, and what lies below those that end in a slash. None of them is the API's.
const PAGES: &[&str] = &[LIVE_PAGE, "/inbox", "/shop/", "/admin", "/admin/"];

const WITHOUT_PAGES: &str = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Shotengai</title>\
     <p>This street was built without its pages (<code>WEB=off</code>, or no Node.js). The API is at \
     <a href=\"/docs\">/docs</a>. <code>make build</code> with Node.js builds the pages.\n";

/// What the pages are told about the street: the same for every visitor, so nothing secret.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Where mails can be read. Only a developer's street tells.
    pub inbox: Option<String>,
    /// Where the pages read mails themselves: the same, where it lets them.
    pub mails: Option<String>,
    /// Where health is told. Only a developer's street tells.
    pub health: Option<String>,
}

/// Whether this binary was built with its pages.
#[must_use]
pub fn has_pages() -> bool {
    files::index().is_some()
}

/// The pages of a street, made once.
pub(crate) struct Pages {
    index: String,
    policy: String,
    numbers: Numbers,
}

impl Pages {
    /// The pages of the street with these places.
    pub(crate) fn new(places: &Places, context: &Context) -> Self {
        let aws = &context.settings.aws;
        let bucket = aws.image_bucket.clone().unwrap_or_else(|| format!("{}{}", aws.prefix, PRODUCT_IMAGES.name));
        let policy = policy::policy(&policy::image_store(aws, &bucket), places.mails.as_deref());
        let index = files::index().map_or_else(|| WITHOUT_PAGES.to_owned(), |index| told(index, places));
        Self { index, policy, numbers: Numbers::new(context) }
    }

    fn answer(&self, status: StatusCode, numbers: &str) -> HttpResponse {
        HttpResponse::build(status)
            .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((CONTENT_SECURITY_POLICY, self.policy.as_str()))
            .insert_header((HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
            .insert_header((CACHE_CONTROL, "no-cache"))
            .body(self.index.replacen(NUMBERS, numbers, 1))
    }
}

/// Registers the pages and their files: at what no route of the API answers.
pub(crate) fn register(routes: &mut Routes, pages: &Arc<Pages>) {
    routes.data(web::Data::from(Arc::clone(pages)));
    routes.raw(api::HOME_PAGE, home).raw(api::TALLY_PAGE, home).elsewhere(elsewhere);
}

async fn home(pages: web::Data<Pages>) -> HttpResponse {
    pages.answer(StatusCode::OK, "")
}

async fn elsewhere(request: HttpRequest, pages: web::Data<Pages>) -> Result<HttpResponse, Problem> {
    let nothing = || Problem::not_found("nothing is served at this path");
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(nothing());
    }
    let path = request.path();
    if let Some(file) = path.strip_prefix('/').filter(|name| *name != "index.html").and_then(files::find) {
        return Ok(file.serve(&request));
    }
    if is_page(path) {
        let numbers = if path == LIVE_PAGE { pages.numbers.now().await } else { String::new() };
        return Ok(pages.answer(StatusCode::OK, &numbers));
    }
    if !reads_pages(&request) {
        return Err(nothing());
    }
    let mut answer = pages.answer(StatusCode::NOT_FOUND, "");
    answer.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    Ok(answer)
}

/// Whether the application has a page there, or would say which of its pages is not there.
fn is_page(path: &str) -> bool {
    // Ids are made of these; what is escaped, or climbs, is no address of ours.
    let is_plain =
        |part: &str| part != ".." && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    path.split('/').all(is_plain)
        && PAGES.iter().any(|page| path == *page || (page.ends_with('/') && path.starts_with(page)))
}

/// Whether the client asks for a page by name, as browsers do, and programs don't.
fn reads_pages(request: &HttpRequest) -> bool {
    let said = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    said.flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "text/html"))
}

/// The page, told of these places.
fn told(index: &str, places: &Places) -> String {
    let meta = |name: &str, url: &Option<String>| {
        url.as_deref().map(|url| format!("<meta name=\"{name}\" content=\"{}\">", escaped(url))).unwrap_or_default()
    };
    let told = [("inbox", &places.inbox), ("mails", &places.mails), ("health", &places.health)];
    index.replacen(MARK, &told.map(|(name, url)| meta(name, url)).concat(), 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_developers_street_tells_where_its_inbox_is() {
        let index = "<head><!--places--></head>";
        assert_eq!(told(index, &Places::default()), "<head></head>");
        let places = Places { inbox: Some("http://127.0.0.1:8025/?a=\"b\"".to_owned()), ..Places::default() };
        let told = told(index, &places);
        assert_eq!(told, "<head><meta name=\"inbox\" content=\"http://127.0.0.1:8025/?a=&quot;b&quot;\"></head>");
    }

    #[test]
    fn an_address_that_is_escaped_or_climbs_is_no_page() {
        assert!(is_page("/admin/orders/ord_0190d3a1") && is_page("/shop/products/prod_kinoko"));
        for path in ["/admin/..%2forders", "/admin/../orders", "/shop/%00", "/shop/a b"] {
            assert!(!is_page(path), "{path}");
        }
    }

    #[test]
    fn no_page_lies_where_the_api_answers() {
        for spec in api::PUBLIC.iter().map(|route| route.spec()).filter(|spec| spec.path != "/") {
            assert!(!is_page(spec.path), "{}", spec.path);
        }
    }
}
