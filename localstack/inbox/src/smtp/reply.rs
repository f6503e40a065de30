//! Answers of the server.

use std::borrow::Cow;

/// A status code and its lines; the lines carry nothing a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    lines: Vec<Cow<'static, str>>,
}

impl Reply {
    pub(crate) fn new(code: u16, text: &'static str) -> Self {
        Self { code, lines: vec![Cow::Borrowed(text)] }
    }

    pub(crate) fn with_lines(code: u16, lines: Vec<Cow<'static, str>>) -> Self {
        Self { code, lines }
    }

    pub(crate) fn ok() -> Self {
        Self::new(250, "OK")
    }

    pub(crate) fn greeting() -> Self {
        Self::new(220, "localhost ESMTP Shotengai inbox")
    }

    pub(crate) fn accepted(id: &str) -> Self {
        Self { code: 250, lines: vec![Cow::Owned(format!("OK, kept as {id}"))] }
    }

    pub(crate) fn closing() -> Self {
        Self::new(421, "localhost closing, try again later")
    }

    pub(crate) fn too_slow() -> Self {
        Self::new(421, "localhost waited too long, closing")
    }

    pub(crate) fn failed() -> Self {
        Self::new(451, "The message could not be kept")
    }

    pub(crate) fn too_large() -> Self {
        Self::new(552, "The message exceeds the announced SIZE")
    }

    pub(crate) fn bad_sequence(text: &'static str) -> Self {
        Self::new(503, text)
    }

    pub(crate) fn syntax(text: &'static str) -> Self {
        Self::new(501, text)
    }

    pub(crate) fn is_error(&self) -> bool {
        self.code >= 500
    }

    /// Appends the reply as it travels: `250-` before every line but the last.
    pub(crate) fn write_to(&self, out: &mut Vec<u8>) {
        let last = self.lines.len().saturating_sub(1);
        for (place, line) in self.lines.iter().enumerate() {
            let separator = if place == last { ' ' } else { '-' };
            out.extend_from_slice(format!("{}{separator}{line}\r\n", self.code).as_bytes());
        }
    }
}
