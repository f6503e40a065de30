//! What the developer sees.

use comfy_table::{Table, presets};
use shotengai_storefront::web::has_pages;
use tokio::time::Instant;

use crate::cli::DevArgs;
use crate::dev::infra::Infra;

/// Prints steps as they end, then the addresses.
pub(crate) struct Screen {
    started: Instant,
}

/// A step under way.
pub(crate) struct Step {
    what: String,
    started: Instant,
}

impl Screen {
    pub(crate) fn new() -> Self {
        say!("Opening the street. Ctrl-C closes it.");
        Self { started: Instant::now() }
    }

    /// What starting changes on this machine outside the street's folder, said before it happens.
    pub(crate) fn before(&self, changes: Option<&str>) {
        if let Some(changes) = changes {
            say!("  note           {changes}");
        }
    }

    pub(crate) fn step(&self, what: &str) -> Step {
        Step { what: what.to_owned(), started: Instant::now() }
    }

    pub(crate) fn infra_table(&self, args: &DevArgs, infra: &Infra) {
        let mut table = addresses();
        table.add_row(["local AWS", &infra.aws_url()]);
        table.add_row(["PostgreSQL", &infra.database_url()]);
        table.add_row(["SMTP", &format!("smtp://127.0.0.1:{}", args.smtp_port)]);
        table.add_row(["inbox", &format!("http://127.0.0.1:{}", args.inbox_port)]);
        say!("The street is open, without roles, after {:.1} s.\n{table}", self.started.elapsed().as_secs_f32());
    }

    /// The addresses; ends with the page's, and answers it.
    pub(crate) fn street_table(&self, args: &DevArgs) -> String {
        let http = format!("http://127.0.0.1:{}", args.http_port);
        let mut table = addresses();
        let has_pages = has_pages();
        table.add_row([if has_pages { "shop, live page" } else { "API, docs" }, &http]);
        table.add_row(["inbox", &format!("http://127.0.0.1:{}", args.inbox_port)]);
        table.add_row(["health, metrics", &format!("http://127.0.0.1:{}/readyz, /metrics", args.health_port)]);
        table.add_row(["local AWS", &format!("http://127.0.0.1:{}", args.aws_port)]);
        table.add_row(["administrator", &format!("{}, password {}", args.admin_email, args.admin_password)]);
        table.add_row(["publishing", &format!("by {}", args.publish.as_str())]);
        say!("The street is open, after {:.1} s.\n{table}", self.started.elapsed().as_secs_f32());
        say!("{}", try_it(&http, args, has_pages));
        say!("\n{}", last_line(&http, has_pages));
        http
    }

    pub(crate) fn closed(&self) {
        say!("The street is closed.");
    }
}

impl Step {
    pub(crate) fn done(self, result: &str) {
        say!("  {:<14} {result} ({} ms)", self.what, self.started.elapsed().as_millis());
    }
}

fn addresses() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// The line that everything ends with: where to look.
fn last_line(http: &str, has_pages: bool) -> String {
    if has_pages {
        format!("The shop: {http}/   the live page: {http}/live")
    } else {
        format!(
            "The API: {http}/docs   (built without pages: WEB=off, or no Node.js; `make build` with Node.js makes them)"
        )
    }
}

/// What a newcomer can paste, a line at a time or all at once.
fn try_it(http: &str, args: &DevArgs, has_pages: bool) -> String {
    let page = if has_pages { "open the live page and press a button, or " } else { "" };
    let json = "-H 'content-type: application/json'";
    let field = |name: &str| format!("python3 -c 'import json,sys; print(json.load(sys.stdin)[\"{name}\"])'");
    let (token, order) = (field("access_token"), field("order_id"));
    let (email, password) = (&args.admin_email, &args.admin_password);
    format!(
        "Try it: {page}paste this into another terminal (README goes on from there):
  TOKEN=$(curl -s {http}/auth/guest {json} -d '{{\"email\":\"me@example.com\",\"language\":\"en\"}}' | {token})
  ORDER=$(curl -s {http}/orders {json} -H \"authorization: Bearer $TOKEN\" -d '{{\"items\":[{{\"product_id\":\"prod_kinoko\",\"quantity\":2}}]}}' | {order})
  curl -s \"{http}/orders/$ORDER?min_version=$ORDER:1\" -H \"authorization: Bearer $TOKEN\"
  curl -s {http}/auth/register {json} -H \"authorization: Bearer $TOKEN\" -d '{{\"email\":\"me@example.com\",\"password\":\"kinoko and takenoko\"}}'
  ADMIN=$(curl -s {http}/auth/login {json} -d '{{\"email\":\"{email}\",\"password\":\"{password}\"}}' | {token})
  sleep 2; curl -s -X POST {http}/orders/$ORDER/ship -H \"authorization: Bearer $ADMIN\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_ends_with_its_pages_address_or_says_why_it_has_none() {
        let http = "http://127.0.0.1:8080";
        assert!(last_line(http, true).ends_with("http://127.0.0.1:8080/live"));
        let without = last_line(http, false);
        assert!(without.starts_with("The API: http://127.0.0.1:8080/docs") && without.contains("WEB=off"), "{without}");
        assert!(!without.contains("/live"));
    }
}
