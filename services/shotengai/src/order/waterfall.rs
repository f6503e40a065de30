//! An order's journey as text: a line a step, with a bar of how long it waited and worked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use shotengai_contracts::api::journey::{Hop, OrderJourney};
use shotengai_kernel::Timestamp;
use uuid::Uuid;

/// How wide the bars of the critical path are together.
const WIDTH: u64 = 40;
const WAITING: &str = "·";
const WORKING: &str = "█";

/// The whole of it: the sums, the steps, what the signs mean.
pub(super) fn draw(journey: &OrderJourney) -> String {
    let path = &journey.critical_path;
    let mut text = format!(
        "{}: {} after {} ms on the critical path, {} waiting and {} working",
        journey.order_id,
        path.ends_with,
        millis(path.took),
        millis(path.waiting),
        millis(path.working)
    );
    let unsplit = path.took.saturating_sub(path.waiting.saturating_add(path.working));
    if unsplit > 0 {
        let _infallible = write!(text, ", {} of which nothing says what they were", millis(unsplit));
    }
    let _infallible = write!(
        text,
        "\n\n{}\n\n* critical path, {WAITING} waiting, {WORKING} working; times are in ms, by the clocks of those who acted",
        table(journey)
    );
    text
}

fn table(journey: &OrderJourney) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "at", "waited", "worked", "receives", "service", "what", ""].to_vec());
    let begin = journey.hops.iter().filter_map(|hop| hop.time).min();
    let scale = Scale { begin, whole: journey.critical_path.took.max(1) };
    let mut depths: BTreeMap<Uuid, usize> = BTreeMap::new();
    for hop in &journey.hops {
        let depth = hop.caused_by.and_then(|cause| depths.get(&cause)).map_or(0, |depth| depth + 1);
        depths.insert(hop.id, depth);
        let is_critical = journey.critical_path.ids.contains(&hop.id);
        let part = |part: Option<u64>| part.map(millis).unwrap_or_default();
        table.add_row([
            if is_critical { "*" } else { "" }.to_owned(),
            hop.time.map(|time| millis(scale.since_begin(time))).unwrap_or_default(),
            part(hop.waiting),
            part(hop.working),
            hop.receives.map(|receives| receives.to_string()).unwrap_or_default(),
            hop.source.clone(),
            format!("{}{}", "  ".repeat(depth), what(hop)),
            scale.bar(hop),
        ]);
    }
    for column in 1..=4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn what(hop: &Hop) -> String {
    match &hop.mail {
        Some(kind) => format!("mail \"{kind}\""),
        None => hop.event_type.clone(),
    }
}

/// Microseconds as milliseconds with one decimal.
fn millis(micros: u64) -> String {
    let tenths = micros.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Where a moment stands in a bar, of which the whole is the critical path's length.
struct Scale {
    begin: Option<Timestamp>,
    whole: u64,
}

impl Scale {
    fn since_begin(&self, time: Timestamp) -> u64 {
        let since = self.begin.map_or(0, |begin| time.duration_since(begin).as_micros());
        u64::try_from(since).unwrap_or(0)
    }

    /// Columns that so many microseconds are, rounded; what lies behind the critical path's end has no bar.
    fn columns(&self, micros: u64) -> u64 {
        micros.min(self.whole).saturating_mul(WIDTH).saturating_add(self.whole / 2) / self.whole
    }

    fn bar(&self, hop: &Hop) -> String {
        let (Some(time), Some(took)) = (hop.time, hop.took) else { return String::new() };
        let end = self.since_begin(time);
        let start = end.saturating_sub(took);
        let middle = end.saturating_sub(hop.working.unwrap_or(0));
        let [start, middle, end] = [start, middle, end].map(|at| usize::try_from(self.columns(at)).unwrap_or(0));
        let (waited, worked) = (middle.saturating_sub(start), end.saturating_sub(middle));
        format!("{}{}{}", " ".repeat(start), WAITING.repeat(waited), WORKING.repeat(worked))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use shotengai_contracts::api::journey::CriticalPath;
    use shotengai_kernel::OrderId;

    use super::*;

    fn hop(id: u128, source: &str, what: &str, cause: Option<u128>, at: i64, parts: Option<(u64, u64)>) -> Hop {
        Hop {
            id: Uuid::from_u128(id),
            source: source.to_owned(),
            event_type: what.to_owned(),
            mail: None,
            caused_by: cause.map(Uuid::from_u128),
            time: Some(Timestamp::UNIX_EPOCH + SignedDuration::from_millis(at)),
            waiting: parts.map(|(waiting, _)| waiting * 1000),
            working: parts.map(|(_, working)| working * 1000),
            took: parts.map(|(waiting, working)| (waiting + working) * 1000),
            receives: None,
        }
    }

    #[test]
    fn a_step_is_a_line_under_its_cause_with_a_bar_of_its_length() {
        let mut mail = hop(4, "notification", "Mail", Some(1), 0, None);
        (mail.mail, mail.time, mail.receives) = (Some("received".to_owned()), None, Some(3));
        let critical_path = CriticalPath {
            ids: [1, 2, 3].map(Uuid::from_u128).to_vec(),
            ends_with: "OrderPaid".to_owned(),
            waiting: 60_000,
            working: 20_000,
            took: 80_000,
        };
        let hops = vec![
            hop(1, "order", "OrderPlaced", None, 0, None),
            hop(2, "billing", "PaymentCaptured", Some(1), 40, Some((20, 20))),
            hop(3, "order", "OrderPaid", Some(2), 80, Some((40, 0))),
            mail,
        ];
        let text = draw(&OrderJourney { order_id: OrderId::parse("ord_1").unwrap(), hops, critical_path });
        let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let wanted = [
            "ord_1: OrderPaid after 80.0 ms on the critical path, 60.0 waiting and 20.0 working",
            "",
            "at waited worked receives service what",
            "* 0.0 order OrderPlaced",
            "* 40.0 20.0 20.0 billing PaymentCaptured ··········██████████",
            "* 80.0 40.0 0.0 order OrderPaid ····················",
            "3 notification mail \"received\"",
            "",
            "* critical path, · waiting, █ working; times are in ms, by the clocks of those who acted",
        ];
        assert_eq!(lines, wanted, "{text}");
    }
}
