//! What an installation costs and which quotas it needs at rates that nobody measures on a laptop: the tables of
//! `docs/costs.md`, which a test holds against what this prints.
//!
//! - [`counts`]: what was counted, kept in `counts.json`. [`assumed`]: what was not. [`quotas`]: what AWS allows.
//! - [`scale`]: shards, pods and dollars at a rate; pure. [`tables`]: Markdown.

mod assumed;
mod counts;
mod quotas;
mod scale;
mod tables;

use shotengai_query::prices::Prices;

pub(crate) use counts::Counts;
use quotas::Quotas;

/// The tables, at these prices, which are from there.
pub(crate) fn told(prices: &Prices, from: &str) -> String {
    let (counts, quotas) = (Counts::kept(), Quotas::known());
    let parts = [
        tables::counted(&counts, from),
        tables::million(&counts, prices),
        tables::sizes(&counts),
        tables::months(&counts, prices),
        tables::quotas(&counts, &quotas),
        tables::assumed(),
    ];
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const BEGIN: &str = "<!-- Begin of what `make costs` prints. -->\n\n";
    const END: &str = "\n<!-- End of what `make costs` prints. -->\n";

    /// `UPDATE_GOLDEN=1` writes it into the page.
    #[test]
    fn the_page_shows_what_is_printed() {
        let (prices, from) = crate::price::of_region("us-east-1").unwrap();
        let printed = told(&prices, &from);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/costs.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(BEGIN).expect("the page has a begin");
        let (shown, after) = rest.split_once(END).expect("and an end");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, format!("{before}{BEGIN}{printed}{END}{after}")).unwrap();
            return;
        }
        assert!(
            shown == printed,
            "docs/costs.md is not what `make costs` prints: UPDATE_GOLDEN=1 writes it anew\n{printed}"
        );
    }
}
