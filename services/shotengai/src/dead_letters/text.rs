//! Letters as text. What they hold was written by whoever broke something: nothing of it may steer a terminal.

use comfy_table::{Table, presets};
use shotengai_dead_letters::Group;
use shotengai_kernel::Timestamp;

/// Errors are cut here in tables; `show` has them whole.
const ERROR_CHARS: usize = 100;

/// One line on standard error.
pub(crate) fn complain(line: &str) {
    say_error!("shotengai: {}", plain(line));
}

/// The text with its control characters, line ends and what turns the direction of writing made visible.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            plain.extend(c.escape_default());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// The moment to the second.
pub(super) fn time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Causes, one a row.
pub(super) fn groups(groups: &[Group]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let head = ["queue", "letters", "reason", "consumer", "event type", "first seen", "last seen", "example", "error"];
    table.set_header(head.to_vec());
    for group in groups {
        let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { plain(text) };
        let moment = |moment: Option<Timestamp>| moment.map_or_else(|| "-".to_owned(), time);
        let cause = &group.cause;
        table.add_row([
            cause.queue.clone(),
            group.count.to_string(),
            or_dash(&cause.reason),
            or_dash(&cause.consumer),
            or_dash(cause.event_type.as_deref().unwrap_or_default()),
            moment(group.first_seen),
            moment(group.last_seen),
            group.example.clone(),
            or_dash(&cause.error).chars().take(ERROR_CHARS).collect(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_letter_holds_can_not_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[2J\nb\u{9b}c\u{202e}d"), "a\\u{1b}[2J\\nb\\u{9b}c\\u{202e}d");
        assert_eq!(plain("きのこの山 \"quoted\""), "きのこの山 \"quoted\"");
    }
}
