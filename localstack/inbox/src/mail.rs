//! From the source of a message to what people and tests read.

use std::borrow::Cow;

use mail_parser::{Message as Parsed, MessageParser, MimeHeaders, PartType, decoders::html::html_to_text};

use crate::{
    headers::unfold,
    message::{Address, Attachment, ListUnsubscribe, Message, MessageSummary},
    search::SearchIndex,
};

const SNIPPET_CHARS: usize = 200;

/// A file within a message, with its bytes.
pub(crate) struct File {
    pub(crate) summary: Attachment,
    pub(crate) content: Vec<u8>,
    inline: bool,
}

/// The line of the list and the text that searches look through. Never fails: what cannot be understood stays empty.
pub(crate) fn summarise(id: String, source: &[u8], created: String) -> (MessageSummary, SearchIndex) {
    let parsed = MessageParser::default().parse(source).unwrap_or_default();
    let (text, html) = (text_of(&parsed), html_of(&parsed));
    let shown = if html.is_empty() { Cow::Borrowed(text.as_str()) } else { Cow::Owned(html_to_text(&html)) };
    let (inline, attached): (Vec<File>, Vec<File>) = files(&parsed).into_iter().partition(|file| file.inline);
    let summary = MessageSummary {
        id,
        message_id: parsed.message_id().unwrap_or_default().to_owned(),
        read: false,
        from: sender(&parsed),
        to: addresses(parsed.all_to()),
        cc: addresses(parsed.all_cc()),
        bcc: addresses(parsed.all_bcc()),
        reply_to: addresses(parsed.reply_to().into_iter()),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        created,
        username: String::new(),
        tags: Vec::new(),
        size: source.len(),
        attachments: attached.len(),
        snippet: snippet(&shown),
    };
    let mut bodies = vec![shown.as_ref()];
    if !html.is_empty() {
        bodies.push(&text);
    }
    let index = SearchIndex::new(
        &summary,
        parsed.return_address().unwrap_or_default(),
        &bodies,
        attached.iter().map(|file| file.summary.file_name.as_str()),
        inline.len(),
    );
    (summary, index)
}

/// The whole message, read again from its source; `summary` gives what the source does not know.
pub(crate) fn expand(summary: &MessageSummary, source: &[u8]) -> Message {
    let parsed = MessageParser::default().parse(source).unwrap_or_default();
    let (inline, attached): (Vec<File>, Vec<File>) = files(&parsed).into_iter().partition(|file| file.inline);
    let return_path = parsed.return_address().filter(|path| !path.is_empty()).unwrap_or(&summary.from.address);
    Message {
        id: summary.id.clone(),
        message_id: summary.message_id.clone(),
        from: summary.from.clone(),
        to: summary.to.clone(),
        cc: summary.cc.clone(),
        bcc: summary.bcc.clone(),
        reply_to: summary.reply_to.clone(),
        return_path: return_path.to_owned(),
        subject: summary.subject.clone(),
        list_unsubscribe: list_unsubscribe(&parsed),
        date: parsed
            .date()
            .filter(|date| date.is_valid())
            .map_or_else(|| summary.created.clone(), mail_parser::DateTime::to_rfc3339),
        tags: Vec::new(),
        username: String::new(),
        text: text_of(&parsed),
        html: html_of(&parsed),
        size: source.len(),
        inline: inline.into_iter().map(|file| file.summary).collect(),
        attachments: attached.into_iter().map(|file| file.summary).collect(),
    }
}

/// The file at `part_id`, if the message has it.
pub(crate) fn file(source: &[u8], part_id: &str) -> Option<File> {
    let parsed = MessageParser::default().parse(source)?;
    files(&parsed).into_iter().find(|file| file.summary.part_id == part_id)
}

fn sender(parsed: &Parsed<'_>) -> Address {
    parsed.from().and_then(mail_parser::Address::first).map(address).unwrap_or_default()
}

fn addresses<'x: 'a, 'a>(lists: impl Iterator<Item = &'a mail_parser::Address<'x>>) -> Vec<Address> {
    lists.flat_map(mail_parser::Address::iter).map(address).collect()
}

fn address(address: &mail_parser::Addr<'_>) -> Address {
    Address {
        name: address.name().unwrap_or_default().to_owned(),
        address: address.address().unwrap_or_default().to_owned(),
    }
}

fn text_of(parsed: &Parsed<'_>) -> String {
    let bodies: Vec<Cow<'_, str>> = parsed
        .text_bodies()
        .filter_map(|part| match &part.body {
            PartType::Text(text) => Some(Cow::Borrowed(text.as_ref())),
            PartType::Html(html) => Some(Cow::Owned(html_to_text(html))),
            _ => None,
        })
        .collect();
    bodies.join("\n")
}

fn html_of(parsed: &Parsed<'_>) -> String {
    // A message without HTML lists its text here too, which is not what "has HTML" means to a test.
    let bodies: Vec<&str> = parsed
        .html_bodies()
        .filter_map(|part| if let PartType::Html(html) = &part.body { Some(html.as_ref()) } else { None })
        .collect();
    bodies.join("\n")
}

fn files(parsed: &Parsed<'_>) -> Vec<File> {
    parsed
        .attachments
        .iter()
        .filter_map(|&index| {
            let part = parsed.part(index)?;
            let content_id = part.content_id().unwrap_or_default().trim_matches(['<', '>']).to_owned();
            let file_name = part.attachment_name().unwrap_or(&content_id).to_owned();
            if file_name.is_empty() {
                return None;
            }
            let content_type = part.content_type().map_or_else(
                || "application/octet-stream".to_owned(),
                |kind| kind.subtype().map_or_else(|| kind.ctype().to_owned(), |sub| format!("{}/{sub}", kind.ctype())),
            );
            let disposition = part.content_disposition();
            let inline = disposition.map_or(!content_id.is_empty(), mail_parser::ContentType::is_inline);
            let content = part.contents().to_vec();
            Some(File {
                summary: Attachment {
                    part_id: part_id(parsed, index),
                    file_name,
                    content_type,
                    content_id,
                    size: content.len(),
                },
                content,
                inline,
            })
        })
        .collect()
}

/// The path from the root, such as `2.1`: the first file of the second part. `0` is the root itself.
fn part_id(parsed: &Parsed<'_>, wanted: u32) -> String {
    let mut path = Vec::new();
    let mut child = wanted;
    // A part is listed by one multipart at most, and that one comes before it: the walk ends at the root.
    while let Some((parent, place)) = parsed.parts.iter().enumerate().find_map(|(parent, part)| {
        let place = part.sub_parts()?.iter().position(|&sub| sub == child)?;
        Some((u32::try_from(parent).ok()?, place + 1))
    }) {
        path.push(place.to_string());
        if parent >= child {
            break;
        }
        child = parent;
    }
    if path.is_empty() {
        return "0".to_owned();
    }
    path.reverse();
    path.join(".")
}

fn list_unsubscribe(parsed: &Parsed<'_>) -> ListUnsubscribe {
    let header = parsed.header_raw("List-Unsubscribe").map(unfold).unwrap_or_default();
    let links = header
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(link, _)| link.trim().to_owned())
        .collect();
    let header_post = parsed.header_raw("List-Unsubscribe-Post").map(unfold).unwrap_or_default();
    ListUnsubscribe { header, links, errors: String::new(), header_post }
}

/// What fills a mail's hidden preview, so that nothing of its body is shown behind it: characters without a width.
const fn is_filler(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn snippet(text: &str) -> String {
    let words = text
        .split_whitespace()
        .map(|word| word.trim_matches(is_filler))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match words.char_indices().nth(SNIPPET_CHARS) {
        Some((end, _)) => format!("{}...", words.get(..end).unwrap_or_default()),
        None => words,
    }
}

#[cfg(test)]
#[path = "mail_tests.rs"]
mod tests;
