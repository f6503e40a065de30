//! The rivals' page.

/// One self-contained HTML page: two sweets, two buttons, live bars, and the order that a mail's link leads to. It orders
/// as a guest and watches `/tally/live`.
const PAGE: &str = include_str!("../page/index.html");
/// Where the page is told of [`Places`].
const MARK: &str = "<!--places-->";

/// What the page may do (Content-Security-Policy): its own script and style, and connections to where it came from.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
     connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Addresses of a developer's street that the page links to.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Where mails can be read.
    pub inbox: Option<String>,
    /// Where health is told.
    pub health: Option<String>,
}

/// The page of a street with these places.
#[must_use]
pub fn page(places: &Places) -> String {
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
    }
}
