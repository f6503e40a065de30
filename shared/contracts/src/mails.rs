//! Records of mails about orders: what whoever reads notification's claims relies on.
//!
//! Notification alone writes them, under the order's id and the kind of mail; query reads them for an order's journey. No
//! record has an address.

use serde::{Deserialize, Serialize};
use shotengai_kernel::Timestamp;

/// What became of one mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRecord {
    /// How far it has come: `sending`, `sent`, `skipped`; `refused` in records of earlier releases.
    pub state: String,
    /// Why it is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When the mail server took it. Releases before this field recorded none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// When the event that asked for it was received, by the same clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// How often it had been received by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receives: Option<u32>,
}
