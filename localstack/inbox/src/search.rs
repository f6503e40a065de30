//! Finding messages: Mailpit's search language, as far as it is offered here.
//!
//! Terms are joined by "and"; a quoted phrase is one term; `-` or `!` before a term excludes what it matches. Case
//! never matters. A term without a filter looks in the addresses, the subject, the body and the names of attached files.

use crate::message::{Address, MessageSummary};

/// Text of a body that is searched, from its start; a longer body is found by its beginning only.
const INDEXED_CHARS: usize = 256 * 1024;

/// Why a search cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// There is nothing to look for.
    #[error("Error: no search query")]
    Empty,
    /// Mailpit knows this filter, this inbox does not: answering "nothing found" would be a lie.
    #[error("the search filter {0} is not offered by this inbox")]
    Unsupported(String),
}

/// What searches look through, cleaned once when a message arrives.
#[derive(Debug)]
pub(crate) struct SearchIndex {
    all: String,
    subject: String,
    from: String,
    to: String,
    cc: String,
    bcc: String,
    reply_to: String,
    message_id: String,
    attachments: usize,
    inline: usize,
}

impl SearchIndex {
    pub(crate) fn new<'a>(
        summary: &MessageSummary,
        return_path: &str,
        bodies: &[&str],
        file_names: impl Iterator<Item = &'a str>,
        inline: usize,
    ) -> Self {
        let (from, to) = (people(std::slice::from_ref(&summary.from)), people(&summary.to));
        let (cc, bcc, reply_to) = (people(&summary.cc), people(&summary.bcc), people(&summary.reply_to));
        let subject = clean(&summary.subject);
        let mut all = [&from, &subject, &to, &cc, &bcc, &reply_to, &clean(return_path)].map(String::as_str).join(" ");
        for body in bodies {
            let end = body.char_indices().nth(INDEXED_CHARS).map_or(body.len(), |(end, _)| end);
            all.push(' ');
            all.push_str(&clean(body.get(..end).unwrap_or_default()));
        }
        for name in file_names {
            all.push(' ');
            all.push_str(&clean(name));
        }
        let message_id = clean(&summary.message_id);
        let attachments = summary.attachments;
        Self { all, subject, from, to, cc, bcc, reply_to, message_id, attachments, inline }
    }
}

/// A parsed search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    exclude: bool,
    filter: Filter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    Anywhere(String),
    Subject(String),
    From(String),
    To(String),
    Cc(String),
    Bcc(String),
    ReplyTo(String),
    Addressed(String),
    MessageId(String),
    Read(bool),
    Attachment,
    Inline,
}

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, SearchError> {
        let words = words(text);
        let mut terms = Vec::with_capacity(words.len());
        for word in &words {
            if let Some(term) = Term::parse(word)? {
                terms.push(term);
            }
        }
        if words.is_empty() { Err(SearchError::Empty) } else { Ok(Self(terms)) }
    }

    pub(crate) fn matches(&self, index: &SearchIndex, read: bool) -> bool {
        self.0.iter().all(|term| term.filter.matches(index, read) != term.exclude)
    }
}

impl Term {
    fn parse(word: &str) -> Result<Option<Self>, SearchError> {
        let (exclude, word) = match word.strip_prefix(['-', '!']) {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, word),
        };
        let lower = word.to_lowercase();
        let filter = match lower.as_str() {
            "is:read" => Filter::Read(true),
            "is:unread" => Filter::Read(false),
            "has:attachment" | "has:attachments" => Filter::Attachment,
            "has:inline" | "has:inlines" => Filter::Inline,
            "is:tagged" => return Err(SearchError::Unsupported("is:tagged".to_owned())),
            _ => {
                let (name, value) = lower.split_once(':').unwrap_or(("", &lower));
                let value = clean(value);
                match name {
                    "subject" => Filter::Subject(value),
                    "from" => Filter::From(value),
                    "to" => Filter::To(value),
                    "cc" => Filter::Cc(value),
                    "bcc" => Filter::Bcc(value),
                    "reply-to" => Filter::ReplyTo(value),
                    "addressed" => Filter::Addressed(value),
                    "message-id" => Filter::MessageId(value),
                    "tag" | "before" | "after" | "larger" | "smaller" => {
                        return Err(SearchError::Unsupported(format!("{name}:")));
                    }
                    _ => Filter::Anywhere(clean(&lower)),
                }
            }
        };
        // A filter without a value, such as `to:` half typed, restricts nothing.
        Ok((!filter.is_blank()).then_some(Self { exclude, filter }))
    }
}

impl Filter {
    fn is_blank(&self) -> bool {
        match self {
            Self::Anywhere(value) | Self::Subject(value) | Self::From(value) | Self::To(value) | Self::Cc(value) => {
                value.is_empty()
            }
            Self::Bcc(value) | Self::ReplyTo(value) | Self::Addressed(value) | Self::MessageId(value) => {
                value.is_empty()
            }
            Self::Read(_) | Self::Attachment | Self::Inline => false,
        }
    }

    fn matches(&self, index: &SearchIndex, read: bool) -> bool {
        match self {
            Self::Anywhere(value) => index.all.contains(value),
            Self::Subject(value) => index.subject.contains(value),
            Self::From(value) => index.from.contains(value),
            Self::To(value) => index.to.contains(value),
            Self::Cc(value) => index.cc.contains(value),
            Self::Bcc(value) => index.bcc.contains(value),
            Self::ReplyTo(value) => index.reply_to.contains(value),
            Self::Addressed(value) => {
                [&index.from, &index.to, &index.cc, &index.bcc, &index.reply_to].iter().any(|list| list.contains(value))
            }
            Self::MessageId(value) => index.message_id.contains(value),
            Self::Read(wanted) => read == *wanted,
            Self::Attachment => index.attachments > 0,
            Self::Inline => index.inline > 0,
        }
    }
}

/// Splits at spaces outside double quotes; the quotes themselves go, so that `subject:"a b"` is one word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for letter in text.chars() {
        if letter == '"' {
            quoted = !quoted;
        } else if letter.is_whitespace() && !quoted {
            words.push(std::mem::take(&mut word));
        } else {
            word.push(letter);
        }
    }
    words.push(word);
    words.retain(|word| !word.trim().is_empty());
    words
}

fn people(addresses: &[Address]) -> String {
    addresses.iter().map(|who| clean(&format!("{} {}", who.name, who.address))).collect::<Vec<_>>().join(" ")
}

/// Lower case, punctuation that separates as space, single spaces: the same for what is stored and what is asked.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        let separates =
            letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | ',' | ';' | '(' | ')' | '\u{feff}');
        if !separates {
            cleaned.extend(letter.to_lowercase());
        } else if !cleaned.is_empty() && !cleaned.ends_with(' ') {
            cleaned.push(' ');
        }
    }
    if cleaned.ends_with(' ') {
        cleaned.pop();
    }
    cleaned
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
