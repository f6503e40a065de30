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
    Sent,
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
    /// How this claim looks to the attempt `by`, `now`.
    #[must_use]
    pub fn standing(&self, by: Uuid, now: Timestamp) -> Standing {
        match self {
            Self::Sending { by: holder, .. } if *holder == by => Standing::Mine,
            Self::Sending { until, .. } if *until > now => Standing::Busy(until.duration_since(now)),
            Self::Sending { .. } | Self::Refused {} => Standing::Expired,
            Self::Sent | Self::Skipped { .. } => Standing::Settled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_busy_until_its_time_is_up() {
        let (holder, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let now = Timestamp::from_second(1_000).unwrap();
        let later = Timestamp::from_second(1_060).unwrap();
        let claim = ClaimState::Sending { until: later, by: holder };
        assert_eq!(claim.standing(holder, now), Standing::Mine);
        assert_eq!(claim.standing(other, now), Standing::Busy(SignedDuration::from_secs(60)));
        assert_eq!(claim.standing(other, later), Standing::Expired);
        assert_eq!(ClaimState::Sent.standing(holder, now), Standing::Settled);
    }

    #[test]
    fn a_claim_is_written_by_its_state() {
        let skipped = ClaimState::Skipped { why: SkipReason::NoAddress };
        assert_eq!(
            serde_json::to_value(skipped).unwrap(),
            serde_json::json!({"state": "skipped", "why": "no_address"})
        );
        assert_eq!(serde_json::to_value(ClaimState::Sent).unwrap(), serde_json::json!({"state": "sent"}));
        let refused: ClaimState = serde_json::from_value(serde_json::json!({"state": "refused", "code": 550})).unwrap();
        assert_eq!(refused.standing(Uuid::nil(), Timestamp::UNIX_EPOCH), Standing::Expired, "an earlier release's");
    }
}
