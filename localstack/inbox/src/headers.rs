//! The headers of a message as written, grouped under their canonical names.

use std::collections::BTreeMap;

use mail_parser::MessageParser;

/// Every header value as written but unfolded and not decoded, under names in the letters of Go's `net/mail`
/// (`Message-Id`), which is what Mailpit's `/headers` answers.
pub(crate) fn grouped(source: &[u8]) -> BTreeMap<String, Vec<String>> {
    let mut grouped: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if let Some(message) = MessageParser::default().parse_headers(source) {
        for (name, value) in message.headers_raw() {
            grouped.entry(canonical(name)).or_default().push(unfold(value));
        }
    }
    grouped
}

pub(crate) fn unfold(value: &str) -> String {
    value.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn canonical(name: &str) -> String {
    let mut upper = true;
    name.chars()
        .map(|letter| {
            let cased = if upper { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
            upper = letter == '-';
            cased
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn headers_are_grouped_unfolded_and_named_canonically() {
        let source = b"MESSAGE-ID: <1@x>\r\nReceived: a\r\n\tb\r\nReceived: c\r\nx-orderId: 7\r\n\r\nbody";
        let headers = grouped(source);
        assert_eq!(headers["Message-Id"], ["<1@x>"]);
        assert_eq!(headers["Received"], ["a b", "c"]);
        assert_eq!(headers["X-Orderid"], ["7"]);
    }
}
