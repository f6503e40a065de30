//! Messages as Mailpit's API shows them: the same field names in the same letters.

use serde::{Deserialize, Serialize};

/// A person or list in a header.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Address {
    /// The display name, decoded; empty if there is none.
    pub name: String,
    /// The address itself, such as `hanako@example.jp`; empty if the header has none.
    pub address: String,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageSummary {
    /// The inbox's own id, for `/api/v1/message/{ID}`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The `Message-ID` header without its brackets.
    #[serde(rename = "MessageID")]
    pub message_id: String,
    /// Whether it was opened.
    pub read: bool,
    /// The sender.
    pub from: Address,
    /// The recipients in the header.
    pub to: Vec<Address>,
    /// The copied recipients.
    pub cc: Vec<Address>,
    /// Recipients of the envelope whom no header names.
    pub bcc: Vec<Address>,
    /// Where answers go.
    pub reply_to: Vec<Address>,
    /// The subject, decoded.
    pub subject: String,
    /// When it arrived, RFC 3339.
    pub created: String,
    /// Always empty: nobody logs in.
    pub username: String,
    /// Always empty: tags are not offered.
    pub tags: Vec<String>,
    /// Bytes of the stored source.
    pub size: usize,
    /// How many files are attached, without inline ones.
    pub attachments: usize,
    /// The beginning of the text, up to 200 characters.
    pub snippet: String,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesSummary {
    /// Messages in the inbox.
    pub total: usize,
    /// Unread messages in the inbox.
    pub unread: usize,
    /// Messages on this page.
    pub count: usize,
    /// Messages that match the query, on every page.
    pub messages_count: usize,
    /// Unread ones among those that match.
    pub messages_unread: usize,
    /// How many were skipped before this page.
    pub start: usize,
    /// Always empty: tags are not offered.
    pub tags: Vec<String>,
    /// The page, newest first.
    pub messages: Vec<MessageSummary>,
}

/// A whole message, without the bytes of its attachments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// The inbox's own id.
    #[serde(rename = "ID")]
    pub id: String,
    /// The `Message-ID` header without its brackets.
    #[serde(rename = "MessageID")]
    pub message_id: String,
    /// The sender.
    pub from: Address,
    /// The recipients in the header.
    pub to: Vec<Address>,
    /// The copied recipients.
    pub cc: Vec<Address>,
    /// Recipients of the envelope whom no header names.
    pub bcc: Vec<Address>,
    /// Where answers go.
    pub reply_to: Vec<Address>,
    /// The envelope's sender, or else the header's.
    pub return_path: String,
    /// The subject, decoded.
    pub subject: String,
    /// What `List-Unsubscribe` says.
    pub list_unsubscribe: ListUnsubscribe,
    /// The `Date` header, or else when it arrived; RFC 3339.
    pub date: String,
    /// Always empty: tags are not offered.
    pub tags: Vec<String>,
    /// Always empty: nobody logs in.
    pub username: String,
    /// The text body, decoded; made from the HTML when the message has only that.
    pub text: String,
    /// The HTML body, decoded; empty if there is none.
    #[serde(rename = "HTML")]
    pub html: String,
    /// Bytes of the stored source.
    pub size: usize,
    /// Files shown within the body.
    pub inline: Vec<Attachment>,
    /// Files attached.
    pub attachments: Vec<Attachment>,
}

/// A file within a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attachment {
    /// Where it is in the message, for `/api/v1/message/{ID}/part/{PartID}`.
    #[serde(rename = "PartID")]
    pub part_id: String,
    /// Its file name, or else its content id.
    pub file_name: String,
    /// Its media type.
    pub content_type: String,
    /// Its `Content-ID` without brackets; empty if there is none.
    #[serde(rename = "ContentID")]
    pub content_id: String,
    /// Bytes, decoded.
    pub size: usize,
}

/// The offer to leave a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListUnsubscribe {
    /// The header as written.
    pub header: String,
    /// The links within it.
    pub links: Vec<String>,
    /// Always empty: links are not checked.
    pub errors: String,
    /// The `List-Unsubscribe-Post` header.
    pub header_post: String,
}
