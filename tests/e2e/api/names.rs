//! Names for what differs from run to run.

/// Texts seen, each with the number that stands for it.
#[derive(Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    fn number(&mut self, text: &str) -> usize {
        let known = self.0.iter().position(|known| known == text);
        known.unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        }) + 1
    }

    /// The text with ids, times, tokens and keys replaced.
    pub(super) fn replace(&mut self, text: &str) -> String {
        let (mut out, mut rest, mut before) = (String::with_capacity(text.len()), text, '\0');
        while let Some(next) = rest.chars().next() {
            let found = if before.is_ascii_alphanumeric() { None } else { self.begins(rest) };
            let (length, name) = found.unwrap_or_else(|| (next.len_utf8(), next.to_string()));
            before = rest[..length].chars().next_back().unwrap_or('\0');
            rest = &rest[length..];
            out += &name;
        }
        out
    }

    /// The length of what begins here and is to be replaced, and by what.
    fn begins(&mut self, text: &str) -> Option<(usize, String)> {
        if let Some(rest) = text.strip_prefix("urn:uuid:").filter(|rest| uuid(rest)) {
            return Some((text.len() - rest.len() + 36, "urn:uuid:<request>".to_owned()));
        }
        // How long a step of a journey took.
        for part in ["\"waiting\":", "\"working\":", "\"took\":"] {
            if let Some(rest) = text.strip_prefix(part) {
                let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                return Some((part.len() + digits, format!("{part}<span>")));
            }
        }
        // What an order cost: by how much came together, by how many were asked.
        for part in ["\"nanodollars\":", "\"commits\":", "\"messages\":", "\"requests\":", "\"working_micros\":"] {
            if let Some(rest) = text.strip_prefix(part) {
                let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                return Some((part.len() + digits, format!("{part}<span>")));
            }
        }
        if let Some(rest) = text.strip_prefix("\"cost\":\"$") {
            let digits = rest.find('"').unwrap_or(rest.len());
            return Some((text.len() - rest.len() + digits, "\"cost\":\"$0.00".to_owned()));
        }
        // And what a street is at the moment.
        let lists = ["\"lines\":[{\"service\"", "\"processes\":[", "\"missing\":["];
        let street =
            ["\"stores\":[", "\"shards\":[", "\"queues\":[", "\"set_aside\":[", "\"consumers\":[", "\"unknown\":["];
        for part in lists.into_iter().chain(street) {
            if text.starts_with(part) {
                let name = part.split_once('[').map_or(part, |(name, _)| name);
                return Some((name.len() + list(&text[name.len()..]), format!("{name}[]")));
            }
        }
        for part in ["\"complete\":true", "\"complete\":false"] {
            if text.starts_with(part) {
                return Some((part.len(), "\"complete\":true".to_owned()));
            }
        }
        // How often a message came before its effect stood: once where nothing is slow, and then it isn't said.
        if let Some(rest) = text.strip_prefix("\"receives\":") {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let comma = usize::from(rest[digits..].starts_with(','));
            return Some((text.len() - rest.len() + digits + comma, String::new()));
        }
        // An address that is signed, from its scheme to the end of its string.
        let address = text.find('"').unwrap_or(text.len());
        if text.starts_with("http://") && text[..address].contains("X-Amz-Signature=") {
            return Some((address, "<signed address>".to_owned()));
        }
        let word = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        let wide = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
        let time = text.find(|c: char| !(c.is_ascii_digit() || "-:.TZ".contains(c))).unwrap_or(text.len());
        let head = &text.as_bytes()[..word];
        if uuid(text) {
            return Some((36, format!("<uuid {}>", self.number(&text[..36]))));
        }
        if word == 32 && head.iter().all(u8::is_ascii_hexdigit) {
            return Some((32, format!("<id {}>", self.number(&text[..32]))));
        }
        if text.starts_with("eyJ") && text[..wide].matches('.').count() == 2 {
            return Some((wide, "<token>".to_owned()));
        }
        // A point in a list: microseconds and an id.
        if word == 16 && head.iter().all(u8::is_ascii_digit) && text[16..].starts_with('.') {
            return Some((16, "<micros>".to_owned()));
        }
        if text.get(4..5) == Some("-") && text.get(10..11) == Some("T") && time >= 16 {
            return Some((time, if text[..time].ends_with('Z') { "<time>" } else { "<minute>" }.to_owned()));
        }
        // Thumbprints and coordinates: 256 bits in base64url.
        if text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).unwrap_or(text.len()) == 43 {
            return Some((43, "<key>".to_owned()));
        }
        None
    }
}

/// The length of a list that begins here, lists within it included. Its texts have no brackets.
fn list(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return at + 1,
            ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn uuid(text: &str) -> bool {
    let Some(text) = text.as_bytes().get(..36) else { return false };
    text.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[test]
fn what_differs_from_run_to_run_has_a_name_and_nothing_else_has() {
    let id = "0190d3a17a4c7c3e9b1a0123456789ab";
    let uuid = "0190d3a1-7a4c-7c3e-9b1a-0123456789ab";
    let mut names = Names::default();
    for (text, wanted) in [
        (format!("/orders/ord_{id}?min_version=ord_{id}:1"), "/orders/ord_<id 1>?min_version=ord_<id 1>:1"),
        (format!("\"addition_id\":\"{uuid}\""), "\"addition_id\":\"<uuid 2>\""),
        (format!("urn:uuid:{uuid}"), "urn:uuid:<request>"),
        (format!("ledger-{id}-capture"), "ledger-<id 1>-capture"),
        ("\"2026-11-28T21:54:03.1234Z\"".to_owned(), "\"<time>\""),
        ("{\"waiting\":1203,\"took\":0}".to_owned(), "{\"waiting\":<span>,\"took\":<span>}"),
        ("\"2026-11-28T21:54\"".to_owned(), "\"<minute>\""),
        ("{\"receives\":12,\"data\":{}}".to_owned(), "{\"data\":{}}"),
        ("cursor=1767225600000001.prod_kinoko".to_owned(), "cursor=<micros>.prod_kinoko"),
        (format!("\"{}\"", "aB-_".repeat(10) + "xyz"), "\"<key>\""),
        ("\"http://127.0.0.1:1/b/k?X-Amz-Signature=0f\",".to_owned(), "\"<signed address>\","),
        ("eyJhbGciOi.eyJpc3Mi.c2ln-_".to_owned(), "<token>"),
        (
            r#"{"complete":false,"processes":[{"roles":["a"]},{}],"cost":"$0.000019250","requests":1.333333}"#
                .to_owned(),
            r#"{"complete":true,"processes":[],"cost":"$0.00","requests":<span>}"#,
        ),
        ("きのこの山, prod_kinoko, 1000000, 12:30".to_owned(), "きのこの山, prod_kinoko, 1000000, 12:30"),
    ] {
        assert_eq!(names.replace(&text), wanted);
    }
}
