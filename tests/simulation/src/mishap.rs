//! What can go wrong, each with a name, so that it can be counted how often it did.

use std::collections::BTreeMap;
use std::fmt;

/// Kinds of faults. Counted where they fall, not where they are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// A call was refused, without effect.
    Refused,
    /// A call was throttled, without effect.
    Throttled,
    /// More was asked of a resource than it takes a second.
    OverCapacity,
    /// A process began a life with the other feed: change capture for an outbox, or the other way about.
    FeedChanged,
    /// A newer release put an event into the stream, with an attribute that others don't know.
    NewerEnvelope,
    /// A call's effect fell, its answer was lost.
    AnswerLost,
    /// A customer never heard what was answered.
    CustomerUnanswered,
    /// Some entries of a batch were refused.
    EntriesRefused,
    /// A call took 2 to 40 seconds.
    Stalled,
    /// A process died before a call's effect.
    CrashBefore,
    /// A process died after a call's effect, without the answer.
    CrashAfter,
    /// A process died at a moment of its own, with calls under way.
    CrashBetween,
    /// A process was told to end, drained and came back.
    Restart,
    /// A call of a frozen process went on once it woke.
    WokeLate,
    /// A process whose clock is off began a life.
    SkewedClock,
    /// A process whose clock is off by an hour began a life.
    ClockHourOff,
    /// A process's clock was set forwards or backwards while it ran.
    ClockJumped,
    /// A call found its dependency away.
    Away,
    /// A dependency went away for an hour.
    HourAway,
    /// The installation denied a call.
    Denied,
    /// The installation denied something for half an hour.
    HalfHourDenied,
    /// The relay refused a recipient, and every other one.
    RelayRefused,
    /// The relay refused every recipient for an hour.
    HourRefused,
    /// The relay refused a recipient, rightly.
    RecipientRefused,
    /// The topic refused a call for one event in it.
    CallRefused,
    /// A message was delivered a second time though nobody failed at the first.
    Duplicate,
    /// A message was delivered after one that had been sent later.
    Disorder,
    /// An index showed what it had shown before.
    StaleIndex,
    /// A write met a transaction at the same item.
    TransactionConflict,
    /// More than fifty things were written together.
    LargeTransaction,
    /// A snapshot that was there could not be used.
    SnapshotUseless,
    /// A lease was taken away, or deleted, while a batch was applied.
    LeaseLost,
    /// A reader that was robbed in mid-batch stood still, and read on when another might.
    ReadOn,
    /// A bridge that shares no leases with the others read a shard.
    RivalRead,
    /// A member's row was deleted while its process read.
    MemberDeleted,
    /// A member's row was set back to an older state while its process read.
    MemberSetBack,
    /// A member's row could not be written, while everything else could.
    MemberSilent,
    /// A shard was split.
    Split,
    /// Two shards were merged.
    Merge,
    /// Cursors expired.
    CursorsExpired,
    /// Nonsense came into a queue.
    PoisonedQueue,
    /// Nonsense came into the stream.
    PoisonedStream,
    /// A change was captured twice.
    CapturedTwice,
    /// A change was captured after a later one.
    CapturedLate,
    /// The topic brought a message late to one of its queues.
    BroughtLate,
    /// The topic brought a message to some of its queues, and said that it had failed.
    BroughtInPart,
    /// The topic could not bring a message to a queue, and put it to the dead letters.
    Undelivered,
    /// Somebody sent a dead letter back to its queue.
    Redriven,
    /// A call took effect after its caller had given it up.
    LandedLate,
    /// Somebody discarded what tells billing to capture.
    ConfirmationDiscarded,
    /// Somebody was told of an order that was confirmed for too long.
    ToldOfOverdue,
    /// Everything stood still for days.
    DaysPassed,
    /// The stream dropped a record that no bridge had read.
    RecordDropped,
    /// A queue, or dead letters, dropped a message.
    MessageDropped,
    /// A row of a table went after its time.
    RowExpired,
    /// Change capture gave a change up.
    CaptureGaveUp,
    /// Somebody published everything again.
    PublishedAgain,
    /// A reconciler put an event into the stream.
    Reconciled,
    /// The topic brought a message to a queue and to its dead letters.
    DeliveredAndDead,
    /// An older release set aside what only a newer one knows.
    UnknownType,
    /// A cart had moved on when somebody came back to it from another device.
    CartMovedOn,
    /// Prices had changed when somebody ordered what was in a cart.
    CartPricesChanged,
    /// A record of the price stream set a price.
    PricedByStream,
    /// A record of the price stream set no price, since a later one had.
    PricePassedOver,
    /// Nonsense came into the price stream.
    PoisonedPrices,
    /// Commits that met went to their store in one request.
    CommitsTogether,
    /// Some of them were refused, and not all.
    CommitsParted,
    /// Rows that met went to their table in one request.
    RowsTogether,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Self; 68] = [
        Self::Refused,
        Self::Throttled,
        Self::OverCapacity,
        Self::FeedChanged,
        Self::NewerEnvelope,
        Self::AnswerLost,
        Self::CustomerUnanswered,
        Self::EntriesRefused,
        Self::Stalled,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::CrashBetween,
        Self::Restart,
        Self::WokeLate,
        Self::SkewedClock,
        Self::ClockHourOff,
        Self::ClockJumped,
        Self::Away,
        Self::HourAway,
        Self::Denied,
        Self::HalfHourDenied,
        Self::RelayRefused,
        Self::HourRefused,
        Self::RecipientRefused,
        Self::CallRefused,
        Self::Duplicate,
        Self::Disorder,
        Self::StaleIndex,
        Self::TransactionConflict,
        Self::LargeTransaction,
        Self::SnapshotUseless,
        Self::LeaseLost,
        Self::ReadOn,
        Self::RivalRead,
        Self::MemberDeleted,
        Self::MemberSetBack,
        Self::MemberSilent,
        Self::Split,
        Self::Merge,
        Self::CursorsExpired,
        Self::PoisonedQueue,
        Self::PoisonedStream,
        Self::CapturedTwice,
        Self::CapturedLate,
        Self::BroughtLate,
        Self::BroughtInPart,
        Self::Undelivered,
        Self::Redriven,
        Self::LandedLate,
        Self::ConfirmationDiscarded,
        Self::ToldOfOverdue,
        Self::DaysPassed,
        Self::RecordDropped,
        Self::MessageDropped,
        Self::RowExpired,
        Self::CaptureGaveUp,
        Self::PublishedAgain,
        Self::Reconciled,
        Self::DeliveredAndDead,
        Self::UnknownType,
        Self::CartMovedOn,
        Self::CartPricesChanged,
        Self::PricedByStream,
        Self::PricePassedOver,
        Self::PoisonedPrices,
        Self::CommitsTogether,
        Self::CommitsParted,
        Self::RowsTogether,
    ];

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "call refused",
            Self::Throttled => "call throttled",
            Self::OverCapacity => "throttled by load",
            Self::FeedChanged => "life with the other feed",
            Self::NewerEnvelope => "event of a newer release",
            Self::AnswerLost => "answer lost after success",
            Self::CustomerUnanswered => "customer not answered",
            Self::EntriesRefused => "batch answered in part",
            Self::Stalled => "call stalled 2 to 40 s",
            Self::CrashBefore => "crash before a call's effect",
            Self::CrashAfter => "crash after a call's effect",
            Self::CrashBetween => "crash at any moment",
            Self::Restart => "restart",
            Self::WokeLate => "frozen call that woke late",
            Self::SkewedClock => "life under a skewed clock",
            Self::ClockHourOff => "life under a clock an hour off",
            Self::ClockJumped => "clock set while running",
            Self::Away => "call while its dependency was away",
            Self::HourAway => "outage of an hour",
            Self::Denied => "call denied",
            Self::HalfHourDenied => "denial of half an hour",
            Self::RelayRefused => "mail refused as all are",
            Self::HourRefused => "relay refusing for an hour",
            Self::RecipientRefused => "mail refused alone",
            Self::CallRefused => "batch refused for one entry",
            Self::Duplicate => "message delivered twice",
            Self::Disorder => "message delivered out of order",
            Self::StaleIndex => "stale read of an index",
            Self::TransactionConflict => "TransactionConflict",
            Self::LargeTransaction => "transaction of more than fifty",
            Self::SnapshotUseless => "snapshot of no use",
            Self::LeaseLost => "lease lost in mid-batch",
            Self::ReadOn => "robbed reader that read on",
            Self::RivalRead => "read by a rival without leases",
            Self::MemberDeleted => "member's row deleted",
            Self::MemberSetBack => "member's row set back",
            Self::MemberSilent => "member's row not renewed",
            Self::Split => "shard split",
            Self::Merge => "shards merged",
            Self::CursorsExpired => "cursors expired",
            Self::PoisonedQueue => "poison in a queue",
            Self::PoisonedStream => "poison in the stream",
            Self::CapturedTwice => "change captured twice",
            Self::CapturedLate => "change captured out of order",
            Self::BroughtLate => "topic late to one queue",
            Self::BroughtInPart => "topic to some queues, then again",
            Self::Undelivered => "topic into dead letters",
            Self::Redriven => "dead letter redriven",
            Self::LandedLate => "effect after the caller gave up",
            Self::ConfirmationDiscarded => "confirmation discarded",
            Self::ToldOfOverdue => "told of an overdue order",
            Self::DaysPassed => "days without anybody",
            Self::RecordDropped => "record dropped unread",
            Self::MessageDropped => "message dropped unread",
            Self::RowExpired => "row expired",
            Self::CaptureGaveUp => "change given up",
            Self::PublishedAgain => "everything published again",
            Self::Reconciled => "event reconciled",
            Self::DeliveredAndDead => "topic to a queue and dead letters",
            Self::UnknownType => "unknown type set aside",
            Self::CartMovedOn => "cart moved on meanwhile",
            Self::CartPricesChanged => "cart's prices changed meanwhile",
            Self::PricedByStream => "price set by the stream",
            Self::PricePassedOver => "price passed over for a later one",
            Self::PoisonedPrices => "poison in the price stream",
            Self::CommitsTogether => "commits in one request",
            Self::CommitsParted => "commits in one request, some refused",
            Self::RowsTogether => "rows in one request",
        }
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How often each has happened.
pub type Mishaps = BTreeMap<Mishap, u64>;

/// Adds what one history counted to what others did.
pub fn add<K: Ord + Copy>(to: &mut BTreeMap<K, u64>, more: &BTreeMap<K, u64>) {
    for (kind, count) in more {
        *to.entry(*kind).or_default() += count;
    }
}
