//! The figures of mails, counted when a claim has recorded how it ended. [`DEFINITIONS`] lists them.

use shotengai_metrics::{Counter, Definition, Label};

use crate::domain::claim::{ClaimState, SkipReason};
use crate::domain::mail::MailKind;

const OUTCOMES: [&str; 3] = ["sent", "skipped", "over_budget"];

/// Mails, by kind and by what became of them.
static MAILS: Counter<2> = Counter::new(
    "shop.mails",
    "{mail}",
    "Mails that were sent, skipped since there is no address, or not sent since the address had its mails of the day",
    &[
        Label::of(
            "kind",
            &[
                MailKind::Received.as_str(),
                MailKind::Receipt.as_str(),
                MailKind::Shipped.as_str(),
                MailKind::Cancelled.as_str(),
                MailKind::Refunded.as_str(),
            ],
        ),
        Label::of("outcome", &OUTCOMES),
    ],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 1] = [MAILS.definition()];

/// Shows all series before there is anything to count.
pub(crate) fn show() {
    for kind in MailKind::ALL {
        for outcome in OUTCOMES {
            MAILS.add(0, [kind.as_str().into(), outcome.into()]);
        }
    }
}

/// Counts a mail whose claim has ended like this.
pub(crate) fn count(kind: MailKind, ended: &ClaimState) {
    let outcome = match ended {
        ClaimState::Sending { .. } | ClaimState::Refused {} => return,
        ClaimState::Sent { .. } => "sent",
        ClaimState::Skipped { why: SkipReason::NoAddress } => "skipped",
        ClaimState::Skipped { why: SkipReason::TooManyMails } => "over_budget",
    };
    MAILS.add(1, [kind.as_str().into(), outcome.into()]);
}
