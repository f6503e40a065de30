//! Bugs to plant, so that the simulation shows it would find them. They live in the adapters and wrappers here; the code
//! under test stays as it is.
//!
//! `wrappers`: handlers with a bug in them.

mod wrappers;

use std::fmt;
use std::str::FromStr;

pub use wrappers::{Dawdling, Deaf, Dismissive, Gapless, Hasty, Impatient, Overreaching, Wholesale};

/// A bug that loses or doubles something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Messages are deleted before what they ask for is durable.
    AcknowledgeBeforeCommit,
    /// The answers to the entries of a `PutRecords` are not looked at.
    IgnorePartialPut,
    /// The checkpoint moves over what the topic has not acknowledged.
    CheckpointTooFar,
    /// Checkpoints are written by whoever thinks that the shard is theirs.
    LeaseWithoutEpoch,
    /// A claim on a mail is never taken over from one that died.
    EternalClaim,
    /// Events are applied to rows whatever version is missing before them.
    NoGapCheck,
    /// Order acknowledges that a payment is authorized, and takes no note of it.
    DeafToPayments,
    /// What the installation denies counts as a message's own failure.
    DeniedIsTheMessagesOwn,
    /// Whatever the relay refuses at RCPT is taken for the recipient's fault.
    EveryRefusalTheRecipients,
    /// A mail that is refused is acknowledged and leaves no dead letter.
    RefusedMailIsDone,
    /// A call that the topic refuses for one event in it is made again unchanged.
    NeverHalved,
    /// A sweeper publishes whatever the index shows, in every shard, whoever else is at it.
    SweeperNeverSkips,
    /// Every chain of reminders of an order goes on.
    ChainsNeverMerge,
    /// Orders are rejected by numbers that were read a moment ago, and nothing asks whether they still are so.
    RejectByCachedStock,
    /// Inventory takes its time with every other order, once anything has gone wrong anywhere.
    Dawdles,
    /// The topic loses some messages on their way to one of their queues.
    DropOneQueue,
    /// Nobody is told of orders that are confirmed for too long.
    NobodyTold,
    /// An append that lands late is written anew, though it stands there already.
    BlindLateAppend,
    /// Of a large transaction the last product's pieces are not written.
    LostAtTheCut,
    /// Whoever is throttled asks again at once.
    NeverBacksOff,
    /// Where change capture feeds the stream, nobody sweeps what the outbox left behind.
    LeavesMarkers,
    /// Events are written anew on their way, without what this release does not know.
    Rewrites,
    /// A claim holds for as long as its holder's clock says, however long it has stood.
    TrustsForeignClocks,
    /// Where one message of a batch has to come again, all of them do.
    FailsTogether,
    /// What makes effects happen once is remembered for a week.
    RemembersForAWeek,
    /// A reconciler begins at the present whenever it looks, and compares nothing that came before.
    ReconcilerStartsAnew,
    /// Whoever publishes everything again leaves out the newest commit of each page.
    PublishesInPart,
    /// A consumer acknowledges events of a type that it does not know.
    UnknownIsDone,
    /// A cart that became an order is not emptied.
    CartStaysFull,
    /// Products don't remember which record set their price.
    ForgetsPlaces,
    /// The provider knows a refund again by its payment alone, so a second one is answered as the first was.
    RefundsKnownByPayment,
    /// Inventory acknowledges refunds whose pieces are to be sold again, and takes none back.
    NothingRestocked,
    /// Mails about an order's refunds are claimed together.
    OneRefundMail,
    /// Of commits that went together, each is told what became of its neighbour.
    AnswersShift,
    /// What a process remembers of an order is taken for what stands in the store, also where a read was asked for.
    ReadsFromMemory,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 35] = [
        Self::AcknowledgeBeforeCommit,
        Self::IgnorePartialPut,
        Self::CheckpointTooFar,
        Self::LeaseWithoutEpoch,
        Self::EternalClaim,
        Self::NoGapCheck,
        Self::DeafToPayments,
        Self::DeniedIsTheMessagesOwn,
        Self::EveryRefusalTheRecipients,
        Self::RefusedMailIsDone,
        Self::NeverHalved,
        Self::SweeperNeverSkips,
        Self::ChainsNeverMerge,
        Self::RejectByCachedStock,
        Self::Dawdles,
        Self::DropOneQueue,
        Self::NobodyTold,
        Self::FailsTogether,
        Self::TrustsForeignClocks,
        Self::BlindLateAppend,
        Self::LostAtTheCut,
        Self::NeverBacksOff,
        Self::LeavesMarkers,
        Self::Rewrites,
        Self::RemembersForAWeek,
        Self::ReconcilerStartsAnew,
        Self::PublishesInPart,
        Self::UnknownIsDone,
        Self::CartStaysFull,
        Self::ForgetsPlaces,
        Self::RefundsKnownByPayment,
        Self::NothingRestocked,
        Self::OneRefundMail,
        Self::AnswersShift,
        Self::ReadsFromMemory,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcknowledgeBeforeCommit => "acknowledge-before-commit",
            Self::IgnorePartialPut => "ignore-partial-put",
            Self::CheckpointTooFar => "checkpoint-too-far",
            Self::LeaseWithoutEpoch => "lease-without-epoch",
            Self::EternalClaim => "eternal-claim",
            Self::NoGapCheck => "no-gap-check",
            Self::DeafToPayments => "deaf-to-payments",
            Self::DeniedIsTheMessagesOwn => "denied-is-the-messages-own",
            Self::EveryRefusalTheRecipients => "every-refusal-the-recipients",
            Self::RefusedMailIsDone => "refused-mail-is-done",
            Self::NeverHalved => "never-halved",
            Self::SweeperNeverSkips => "sweeper-never-skips",
            Self::ChainsNeverMerge => "chains-never-merge",
            Self::RejectByCachedStock => "reject-by-cached-stock",
            Self::Dawdles => "dawdles",
            Self::DropOneQueue => "drop-one-queue",
            Self::NobodyTold => "nobody-told",
            Self::FailsTogether => "fails-together",
            Self::TrustsForeignClocks => "trusts-foreign-clocks",
            Self::BlindLateAppend => "blind-late-append",
            Self::LostAtTheCut => "lost-at-the-cut",
            Self::NeverBacksOff => "never-backs-off",
            Self::LeavesMarkers => "leaves-markers",
            Self::Rewrites => "rewrites",
            Self::RemembersForAWeek => "remembers-for-a-week",
            Self::ReconcilerStartsAnew => "reconciler-starts-anew",
            Self::PublishesInPart => "publishes-in-part",
            Self::UnknownIsDone => "unknown-is-done",
            Self::CartStaysFull => "cart-stays-full",
            Self::ForgetsPlaces => "forgets-places",
            Self::RefundsKnownByPayment => "refunds-known-by-payment",
            Self::NothingRestocked => "nothing-restocked",
            Self::OneRefundMail => "one-refund-mail",
            Self::AnswersShift => "answers-shift",
            Self::ReadsFromMemory => "reads-from-memory",
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::as_str).join(", ");
        Self::ALL.into_iter().find(|bug| bug.as_str() == text).ok_or_else(|| format!("bugs are: {}", known()))
    }
}
