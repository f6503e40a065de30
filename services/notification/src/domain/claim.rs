//! The life of one mail's claim: who is sending it, until when, and how it ended.
//!
//! sending → sent | skipped. A mail that no server will take is not settled: it is a dead letter, and sending its message
//! again tries again. A claim whose time is up is taken over, whoever held it. `until` is written by one
//! clock and judged by another: clocks that differ by more than the lease can only cause a second copy, never a lost mail.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A claim's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ClaimState {
    /// Somebody is at it.
    Sending {
        /// From when on others may take over.
        until: Timestamp,
        /// The attempt that holds it, so that a repeated write recognises its own success.
        by: Uuid,
    },
    /// The server took it.
    Sent {
        /// When. Releases before this field recorded none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        /// When the event that asked for it was received.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        received_at: Option<Timestamp>,
        /// How often it had been received by then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receives: Option<u32>,
    },
    /// Nobody can be written to.
    Skipped {
        /// Why.
        why: SkipReason,
    },
    /// The server refused the address, as earlier releases recorded it; never written any more.
    Refused {},
}

/// Why a mail is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The person gave no address, or was erased.
    NoAddress,
    /// The address had as many mails as it gets a day.
    TooManyMails,
}

/// What an attempt may do about a claim that stands there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This attempt's own.
    Mine,
    /// Another's; worth a look after this long.
    Busy(SignedDuration),
    /// Nobody's any more.
    Expired,
    /// Nothing is left to do.
    Settled,
}

impl ClaimState {
    /// Whether the mail has left, and must not again.
    #[must_use]
    pub const fn has_left(&self) -> bool {
        matches!(self, Self::Sent { .. })
    }

    /// Whether somebody may still send it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Sending { .. } | Self::Refused {})
    }

    /// How this claim looks to the attempt `by`, `now`.
    #[must_use]
    pub fn standing(&self, by: Uuid, now: Timestamp) -> Standing {
        match self {
            Self::Sending { by: holder, .. } if *holder == by => Standing::Mine,
            Self::Sending { until, .. } if *until > now => Standing::Busy(until.duration_since(now)),
            Self::Sending { .. } | Self::Refused {} => Standing::Expired,
            Self::Sent { .. } | Self::Skipped { .. } => Standing::Settled,
        }
    }
}

#[cfg(test)]
mod tests {
    use shotengai_contracts::mails::MailRecord;

    use super::*;

    const SENT: ClaimState = ClaimState::Sent { at: None, received_at: None, receives: None };

    /// Query reads claims as these records.
    #[test]
    fn every_claim_is_a_record_of_a_mail() {
        let then = Some(Timestamp::UNIX_EPOCH);
        let sent = ClaimState::Sent { at: then, received_at: then, receives: Some(2) };
        let sending = ClaimState::Sending { until: Timestamp::UNIX_EPOCH, by: Uuid::nil() };
        let skipped = ClaimState::Skipped { why: SkipReason::TooManyMails };
        let record = |state: &str, why: Option<&str>| MailRecord {
            state: state.to_owned(),
            why: why.map(str::to_owned),
            at: None,
            received_at: None,
            receives: None,
        };
        let taken = MailRecord { at: then, received_at: then, receives: Some(2), ..record("sent", None) };
        for (claim, wanted) in [
            (sent, taken),
            (SENT, record("sent", None)),
            (sending, record("sending", None)),
            (skipped, record("skipped", Some("too_many_mails"))),
            (ClaimState::Refused {}, record("refused", None)),
        ] {
            let doc = serde_json::to_value(&claim).unwrap();
            assert_eq!(serde_json::from_value::<MailRecord>(doc).unwrap(), wanted, "{claim:?}");
        }
    }

    #[test]
    fn a_claim_is_busy_until_its_time_is_up() {
        let (holder, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let now = Timestamp::from_second(1_000).unwrap();
        let later = Timestamp::from_second(1_060).unwrap();
        let claim = ClaimState::Sending { until: later, by: holder };
        assert_eq!(claim.standing(holder, now), Standing::Mine);
        assert_eq!(claim.standing(other, now), Standing::Busy(SignedDuration::from_secs(60)));
        assert_eq!(claim.standing(other, later), Standing::Expired);
        assert_eq!(SENT.standing(holder, now), Standing::Settled);
    }

    #[test]
    fn a_claim_is_written_by_its_state() {
        let skipped = ClaimState::Skipped { why: SkipReason::NoAddress };
        assert_eq!(
            serde_json::to_value(skipped).unwrap(),
            serde_json::json!({"state": "skipped", "why": "no_address"})
        );
        // As earlier releases recorded it.
        assert_eq!(serde_json::to_value(&SENT).unwrap(), serde_json::json!({"state": "sent"}));
        assert_eq!(serde_json::from_value::<ClaimState>(serde_json::json!({"state": "sent"})).unwrap(), SENT);
        let refused: ClaimState = serde_json::from_value(serde_json::json!({"state": "refused", "code": 550})).unwrap();
        assert_eq!(refused.standing(Uuid::nil(), Timestamp::UNIX_EPOCH), Standing::Expired, "an earlier release's");
    }
}
