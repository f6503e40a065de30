//! Addresses as MAIL and RCPT carry them.

/// A path in angle brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// `<>`: the sender of bounces.
    Null,
    /// A mailbox without its brackets and without a source route.
    Mailbox(String),
}

/// Reads `<...>` at the start of `text`, and what follows it. `None` if it is no path.
pub(crate) fn parse(text: &str) -> Option<(Path, &str)> {
    let inner = text.strip_prefix('<')?;
    let end = closing_bracket(inner)?;
    let (address, rest) = (inner.get(..end)?, inner.get(end + 1..)?);
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    if address.is_empty() {
        return Some((Path::Null, rest));
    }
    // A source route (`@relay1,@relay2:user@host`) must be accepted and ignored: RFC 5321, 4.1.1.3.
    let mailbox = if address.starts_with('@') { address.split_once(':')?.1 } else { address };
    is_mailbox(mailbox).then(|| (Path::Mailbox(mailbox.to_owned()), rest))
}

fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some(place),
            _ => {}
        }
    }
    None
}

fn is_mailbox(text: &str) -> bool {
    // The one address without a domain: RFC 5321, 4.1.1.3.
    if text.eq_ignore_ascii_case("postmaster") {
        return true;
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let plain = |part: &str| !part.contains([' ', '"', '<', '>', ',', ';', '@']);
    !local.is_empty()
        && !domain.is_empty()
        && !text.contains(char::is_control)
        && (quoted || plain(local))
        && plain(domain)
}

#[cfg(test)]
mod tests {
    use super::{Path, parse};

    #[test]
    fn mailboxes_are_read_with_what_follows() {
        let mailbox = |text: &str| Some(Path::Mailbox(text.to_owned()));
        assert_eq!(
            parse("<a@b.jp> SIZE=1").map(|(path, rest)| (Some(path), rest)),
            Some((mailbox("a@b.jp"), " SIZE=1"))
        );
        for (text, expected) in [
            ("<花子@例え.jp>", "花子@例え.jp"),
            ("<\"a> b\"@c>", "\"a> b\"@c"),
            ("<@r1,@r2:a@b>", "a@b"),
            ("<Postmaster>", "Postmaster"),
            ("<a@[127.0.0.1]>", "a@[127.0.0.1]"),
        ] {
            assert_eq!(parse(text).map(|(path, _)| path), mailbox(expected), "{text}");
        }
        assert_eq!(parse("<>"), Some((Path::Null, "")));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            "a@b",
            "<a@b",
            "<a@b>x",
            "<a>",
            "<@b>",
            "<a@>",
            "<a b@c>",
            "<a@b\u{7}>",
            "<a@b@c>",
            "<a@b,c@d>",
            "<a@\r>",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
