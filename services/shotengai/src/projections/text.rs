//! Answers about the sets, for people.

use std::time::Duration;

use comfy_table::{Table, presets};
use shotengai_query::rebuild::Kind;
use shotengai_query::sets::Phase;
use shotengai_query::sets::diff::{Diff, Example, TableDiff};
use shotengai_query::sets::status::{Status, TableStatus};

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(head.to_vec());
    table
}

/// How far a kind is, how fast, and for how long still.
pub(super) fn progress(kind: Kind, done: i64, about: Option<i64>, now: i64, took: Duration) -> String {
    let rate = now as f64 / took.as_secs_f64().max(0.001);
    let left = about.map(|about| (about - done).max(0) as f64 / rate.max(0.001));
    let of = about.map(|about| format!(" of about {}", about.max(done))).unwrap_or_default();
    let left = left.map(|left| format!(", about {left:.0} s left")).unwrap_or_default();
    format!("{}: {done}{of} aggregates, {rate:.0} a second{left}", kind.as_str())
}

/// Which set is live, and what is beside it.
pub(super) fn status(status: &Status) -> String {
    let since = status.live_since.map_or_else(
        || "live: the set that was there from the beginning".to_owned(),
        |since| format!("live since {since}"),
    );
    let at = |time: Option<shotengai_kernel::Timestamp>| time.map(|time| format!(" {time}")).unwrap_or_default();
    let beside = match status.phase {
        Phase::None => "beside: none".to_owned(),
        Phase::Building => format!("beside: being built, begun{}", at(status.began_at)),
        Phase::Built => format!("beside: built{}", at(status.built_at)),
        Phase::Kept => "beside: kept, the one that was live before".to_owned(),
    };
    let mut lines = vec![since, beside];
    if status.phase != Phase::None && !status.folds_are_ours {
        lines.push("built by the folds of another release than this program's".to_owned());
    }
    if let Some(holder) = &status.holder {
        lines.push(format!("at work: {holder}"));
    }
    let mut tables = table(&["table", "rows", "size", "beside: rows", "size", "behind"]);
    for live in &status.live {
        let other = status.beside.iter().find(|other| other.table == live.table);
        let of = |number: Option<i64>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        let size = |of: &TableStatus| format!("{} KiB", of.bytes / 1024);
        tables.add_row([
            live.table.to_owned(),
            of(live.rows),
            size(live),
            other.map_or_else(String::new, |other| of(other.rows)),
            other.map_or_else(String::new, size),
            other.map_or_else(String::new, |other| of(other.behind)),
        ]);
    }
    lines.push(tables.to_string());
    if status.phase == Phase::Building {
        for kind in &status.progress {
            let (name, done, failed) = (kind.kind, kind.aggregates, kind.failed);
            lines.push(format!(
                "{name}: {} of {} shards, {done} aggregates, {failed} failed",
                kind.shards_done, kind.shards
            ));
        }
    }
    lines.join("\n")
}

/// How many rows differ, and some of them.
pub(super) fn diff(diff: &Diff) -> String {
    let mut tables = table(&["table", "compared", "missing", "extra", "different", "newer", "in motion"]);
    for of in &diff.tables {
        let TableDiff { compared, missing, extra, different, newer, in_motion, .. } = of;
        let counts = [compared, missing, extra, different, newer, in_motion].map(ToString::to_string);
        tables.add_row(std::iter::once(of.table.to_owned()).chain(counts));
    }
    let mut lines = vec![tables.to_string()];
    for of in &diff.tables {
        for (column, rows) in &of.columns {
            lines.push(format!("{}: {column} differs in {rows} rows", of.table));
        }
        lines.extend(of.examples.iter().map(|example| format!("{}: {}", of.table, example_line(example))));
    }
    lines.push(format!("{} rows differ", diff.differences()));
    lines.join("\n")
}

fn example_line(example: &Example) -> String {
    let version = |of: Option<i64>| of.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let what = format!("{:?}", example.what).to_lowercase();
    let versions =
        format!("live version {}, the other's {}", version(example.live_version), version(example.other_version));
    let columns: Vec<_> = example
        .columns
        .iter()
        .map(|(column, values)| match values {
            Some([live, other]) => format!("{column} {live}, the other's {other}"),
            None => format!("{column} (not shown)"),
        })
        .collect();
    let columns = if columns.is_empty() { String::new() } else { format!("; {}", columns.join("; ")) };
    format!("{} {what}: {versions}{columns}", example.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shotengai_query::sets::diff::Difference;

    use super::*;

    #[test]
    fn progress_says_how_many_how_fast_and_how_long_still() {
        let of = |about| progress(Kind::Orders, 3000, about, 1000, Duration::from_secs(2));
        assert_eq!(of(Some(5000)), "orders: 3000 of about 5000 aggregates, 500 a second, about 4 s left");
        assert_eq!(of(None), "orders: 3000 aggregates, 500 a second");
        assert_eq!(of(Some(10)), "orders: 3000 of about 3000 aggregates, 500 a second, about 0 s left");
    }

    #[test]
    fn a_row_that_differs_is_shown_with_values_that_are_nobodys_and_names_of_the_others() {
        let columns = [("note".to_owned(), None), ("status".to_owned(), Some([json!("paid"), json!("shipped")]))];
        let example = Example {
            id: "ord_1".to_owned(),
            what: Difference::Different,
            live_version: Some(5),
            other_version: Some(5),
            columns: columns.into_iter().collect(),
        };
        let line = "ord_1 different: live version 5, the other's 5; note (not shown); status \"paid\", the other's \"shipped\"";
        assert_eq!(example_line(&example), line);
    }
}
