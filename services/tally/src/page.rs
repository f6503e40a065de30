//! The rivals' page.

/// One self-contained HTML page: two sweets, two buttons, live bars. It orders as a guest and watches `/tally/live`.
pub const PAGE: &str = include_str!("../page/index.html");

/// What the page may do (Content-Security-Policy): its own script and style, and connections to where it came from.
pub const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
     connect-src 'self' ws: wss:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
