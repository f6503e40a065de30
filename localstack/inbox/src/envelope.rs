//! What delivery adds to a message: the envelope, written into the headers, as Mailpit does.

use std::collections::BTreeSet;

use mail_parser::MessageParser;

/// Who sent a message to whom according to SMTP, whatever its headers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// Empty for the null sender `<>`.
    pub(crate) sender: String,
    pub(crate) recipients: Vec<String>,
}

/// The source to keep: `data` unchanged, below a `Return-Path`, a `Message-ID` if it has none, and a `Bcc` of the
/// recipients that no header names.
pub(crate) fn stamp(envelope: &Envelope, data: &[u8], id: &str) -> Vec<u8> {
    let parsed = MessageParser::default().parse_headers(data);
    let mut head = format!("Return-Path: <{}>\r\n", envelope.sender);

    let named: BTreeSet<String> = parsed
        .iter()
        .flat_map(|message| message.all_to().chain(message.all_cc()).chain(message.all_bcc()))
        .flat_map(mail_parser::Address::iter)
        .filter_map(|address| address.address().map(str::to_lowercase))
        .collect();
    let unnamed: Vec<&str> =
        envelope.recipients.iter().map(String::as_str).filter(|to| !named.contains(&to.to_lowercase())).collect();
    if !unnamed.is_empty() {
        head.push_str("Bcc: ");
        head.push_str(&unnamed.join(",\r\n "));
        head.push_str("\r\n");
    }
    if parsed.as_ref().and_then(mail_parser::Message::message_id).is_none() {
        head.push_str(&format!("Message-ID: <{id}@inbox.invalid>\r\n"));
    }

    let mut source = head.into_bytes();
    source.extend_from_slice(data);
    source
}

#[cfg(test)]
mod tests {
    use super::{Envelope, stamp};

    fn envelope(recipients: &[&str]) -> Envelope {
        Envelope { sender: "shop@example.jp".into(), recipients: recipients.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn the_message_follows_its_envelope_unchanged() {
        let data = b"To: A <a@example.jp>\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n";
        let source = stamp(&envelope(&["A@example.jp"]), data, "id");
        assert_eq!(source, [b"Return-Path: <shop@example.jp>\r\n".as_slice(), data].concat());
    }

    #[test]
    fn a_recipient_no_header_names_becomes_a_blind_copy() {
        let source = stamp(&envelope(&["a@example.jp", "b@example.jp"]), b"To: a@example.jp\r\n\r\n", "id");
        let source = String::from_utf8(source).unwrap();
        assert!(source.contains("Bcc: b@example.jp\r\n"), "{source}");
        assert!(source.contains("Message-ID: <id@inbox.invalid>\r\n"), "{source}");
    }

    #[test]
    fn a_message_without_headers_still_gets_its_envelope() {
        let source = String::from_utf8(stamp(&envelope(&["a@example.jp"]), b"\r\nonly a body\r\n", "id")).unwrap();
        assert!(source.ends_with("\r\n\r\nonly a body\r\n"));
        assert!(source.starts_with("Return-Path: <shop@example.jp>\r\n"));
    }
}
