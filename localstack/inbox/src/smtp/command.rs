//! One command line, parsed.

use super::{
    path::{self, Path},
    reply::Reply,
};

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Helo,
    Ehlo,
    Mail { sender: Path, size: Option<usize>, utf8: bool },
    Rcpt(String),
    Data,
    Rset,
    Noop,
    Verify,
    Help,
    Quit,
}

impl Command {
    /// Parses a line without its end; the error is the answer.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Reply> {
        let line = std::str::from_utf8(line).map_err(|_| Reply::new(500, "Commands are UTF-8"))?.trim_end();
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let bare = |command| match argument.trim() {
            "" => Ok(command),
            _ => Err(Reply::syntax("This command takes no argument")),
        };
        let named = |command| match argument.trim() {
            "" => Err(Reply::syntax("This command needs an argument")),
            _ => Ok(command),
        };
        match verb.to_ascii_uppercase().as_str() {
            "HELO" => named(Self::Helo),
            "EHLO" => named(Self::Ehlo),
            "MAIL" => mail(argument),
            "RCPT" => rcpt(argument),
            "DATA" => bare(Self::Data),
            "RSET" => bare(Self::Rset),
            "QUIT" => bare(Self::Quit),
            "NOOP" => Ok(Self::Noop),
            "HELP" => Ok(Self::Help),
            "VRFY" => named(Self::Verify),
            "EXPN" | "AUTH" | "STARTTLS" | "TURN" | "BDAT" | "ETRN" => {
                Err(Reply::new(502, "Not offered by this inbox"))
            }
            _ => Err(Reply::new(500, "Unknown command")),
        }
    }
}

fn mail(argument: &str) -> Result<Command, Reply> {
    let (sender, parameters) = address(argument, "FROM:", "Expected MAIL FROM:<address>")?;
    let (mut size, mut utf8) = (None, false);
    for parameter in parameters.split_whitespace() {
        let (name, value) = parameter.split_once('=').map_or((parameter, None), |(name, value)| (name, Some(value)));
        match (name.to_ascii_uppercase().as_str(), value) {
            ("SIZE", Some(value)) => {
                if value.is_empty() || !value.bytes().all(|digit| digit.is_ascii_digit()) {
                    return Err(Reply::syntax("SIZE is a number of bytes"));
                }
                // Digits that overflow name a size beyond every limit.
                size = Some(value.parse().unwrap_or(usize::MAX));
            }
            ("BODY", Some(value)) if ["7BIT", "8BITMIME"].iter().any(|known| value.eq_ignore_ascii_case(known)) => {}
            ("BODY" | "SIZE", _) => return Err(Reply::syntax("Bad parameter value")),
            ("SMTPUTF8", None) => utf8 = true,
            ("SMTPUTF8", Some(_)) => return Err(Reply::syntax("SMTPUTF8 takes no value")),
            _ => return Err(Reply::new(555, "Unknown MAIL parameter")),
        }
    }
    Ok(Command::Mail { sender, size, utf8 })
}

fn rcpt(argument: &str) -> Result<Command, Reply> {
    let expected = "Expected RCPT TO:<address>";
    match address(argument, "TO:", expected)? {
        (Path::Null, _) => Err(Reply::syntax(expected)),
        (Path::Mailbox(_), parameters) if !parameters.trim().is_empty() => {
            Err(Reply::new(555, "Unknown RCPT parameter"))
        }
        (Path::Mailbox(mailbox), _) => Ok(Command::Rcpt(mailbox)),
    }
}

fn address<'a>(argument: &'a str, keyword: &str, expected: &'static str) -> Result<(Path, &'a str), Reply> {
    let argument = argument.trim_start();
    let refused = || Reply::syntax(expected);
    let (given, rest) = argument.split_at_checked(keyword.len()).ok_or_else(refused)?;
    if !given.eq_ignore_ascii_case(keyword) {
        return Err(refused());
    }
    // A space after the colon is an error by the letter, and common in hand-typed sessions.
    path::parse(rest.trim_start()).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::{Command, Path};

    fn code(line: &str) -> u16 {
        Command::parse(line.as_bytes()).map_or_else(|reply| reply.code, |_| 0)
    }

    #[test]
    fn commands_are_read_whatever_their_case() {
        assert_eq!(Command::parse(b"qUiT"), Ok(Command::Quit));
        assert_eq!(Command::parse(b"rcpt to:<a@b>"), Ok(Command::Rcpt("a@b".into())));
        assert_eq!(Command::parse(b"NOOP whatever"), Ok(Command::Noop));
        assert_eq!(
            Command::parse(b"MAIL FROM:<> size=12 BODY=8bitmime SMTPUTF8"),
            Ok(Command::Mail { sender: Path::Null, size: Some(12), utf8: true })
        );
    }

    #[test]
    fn faults_have_the_codes_of_the_standard() {
        for (line, expected) in [
            ("", 500),
            ("GET / HTTP/1.1", 500),
            ("EHLO", 501),
            ("VRFY", 501),
            ("DATA now", 501),
            ("QUIT now", 501),
            ("MAIL", 501),
            ("MAIL FROM:a@b", 501),
            ("MAIL FROM:<a@b> SIZE=big", 501),
            ("MAIL FROM:<a@b> SIZE=-1", 501),
            ("MAIL FROM:<a@b> BODY=BINARYMIME", 501),
            ("MAIL FROM:<a@b> SMTPUTF8=yes", 501),
            ("MAIL FROM:<a@b> RET=FULL", 555),
            ("RCPT TO:<>", 501),
            ("RCPT TO:<a@b> NOTIFY=NEVER", 555),
            ("RCPT 花", 501),
            ("AUTH PLAIN", 502),
            ("STARTTLS", 502),
        ] {
            assert_eq!(code(line), expected, "{line}");
        }
        assert_eq!(Command::parse(b"\xff\xfe").unwrap_err().code, 500);
    }

    #[test]
    fn a_size_beyond_counting_is_the_largest() {
        let command = Command::parse(b"MAIL FROM:<a@b> SIZE=99999999999999999999999").unwrap();
        assert_eq!(command, Command::Mail { sender: Path::Mailbox("a@b".into()), size: Some(usize::MAX), utf8: false });
    }
}
