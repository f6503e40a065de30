//! Texts that people write for people: bounded, and free of what can't be read.

/// Rule for a text: its length and characters. White space around it never counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextRule {
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// Whether it may have line breaks and tabs.
    pub lines: bool,
}

/// Why a text is refused. Doesn't quote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too few or too many characters.
    #[error("must have {}", bounds(.0))]
    Length(TextRule),
    /// A character that is not for reading.
    #[error("has a character that can't be printed (U+{:04X})", u32::from(*.0))]
    Character(char),
}

fn bounds(rule: &TextRule) -> String {
    match rule.min {
        0 => format!("at most {} characters", rule.max),
        min => format!("{min} to {} characters", rule.max),
    }
}

impl TextRule {
    /// A name or title: one line.
    #[must_use]
    pub const fn line(min: usize, max: usize) -> Self {
        Self { min, max, lines: false }
    }

    /// A few sentences, on several lines if need be.
    #[must_use]
    pub const fn prose(max: usize) -> Self {
        Self { min: 0, max, lines: true }
    }

    /// The text without white space around it.
    ///
    /// # Errors
    /// [`TextError`].
    pub fn check(self, text: &str) -> Result<&str, TextError> {
        let text = text.trim();
        // Counts no further than it has to.
        let length = text.chars().take(self.max.saturating_add(1)).count();
        if length < self.min || length > self.max {
            return Err(TextError::Length(self));
        }
        match text.chars().find(|c| !(is_readable(*c) || self.lines && is_break(*c))) {
            None => Ok(text),
            Some(unreadable) => Err(TextError::Character(unreadable)),
        }
    }
}

const fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t')
}

/// Whether a character may stand in a line: no control character, no line or paragraph separator, none that turns the
/// direction of what follows (a name could pass for another), no noncharacter (U+FFFE and its like, which Unicode never
/// assigns).
#[must_use]
pub fn is_readable(c: char) -> bool {
    let noncharacter = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !(c.is_control() || noncharacter || turns || matches!(c, '\u{2028}' | '\u{2029}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: TextRule = TextRule::line(1, 5);

    #[test]
    fn a_line_is_bounded_and_readable() {
        assert_eq!(NAME.check(" きのこの山 "), Ok("きのこの山"));
        for text in ["", " \u{3000} ", "きのこの山!", &"x".repeat(10_000)] {
            assert_eq!(NAME.check(text), Err(TextError::Length(NAME)), "{text:?}");
        }
        for c in ['\0', '\n', '\u{7f}', '\u{85}', '\u{2028}', '\u{202e}', '\u{fdd0}', '\u{fffe}', '\u{10ffff}'] {
            assert_eq!(NAME.check(&format!("a{c}b")), Err(TextError::Character(c)));
        }
        assert!(NAME.check("👩‍🍳").is_ok(), "joiners make one picture of two");
    }

    #[test]
    fn prose_may_have_lines_and_may_be_nothing() {
        let rule = TextRule::prose(10);
        assert_eq!(rule.check(" one\r\n\ttwo"), Ok("one\r\n\ttwo"));
        assert_eq!(rule.check(" "), Ok(""));
        assert_eq!(rule.check("a\u{7}"), Err(TextError::Character('\u{7}')));
    }

    #[test]
    fn an_error_says_what_is_wanted() {
        assert_eq!(NAME.check("").unwrap_err().to_string(), "must have 1 to 5 characters");
        assert_eq!(TextRule::prose(2).check("abc").unwrap_err().to_string(), "must have at most 2 characters");
        let unreadable = NAME.check("a\u{fffe}").unwrap_err();
        assert_eq!(unreadable.to_string(), "has a character that can't be printed (U+FFFE)");
    }
}
