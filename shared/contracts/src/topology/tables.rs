//! Tables of rows, and which of their rows expire.
//!
//! **What makes an effect happen once never expires.** A message has no greatest age: a dead letter may be redriven as often
//! as somebody likes, each time for [`LONGEST_PASSAGE`](super::LONGEST_PASSAGE), and `shotengai republish` brings events of
//! any age. So a row that tells that an order was counted or a mail was sent stays, as the order's events do. Only rows
//! whose end is harmless to messages expire; they are listed here with the reason, and the tables in memory refuse a row
//! that expires and is not.

use jiff::SignedDuration;

use super::Service;

/// A table of rows, keyed by partition and sort key. Event and snapshot tables are not listed: every
/// [`Owner`](crate::Owner) has `<service>-events` and `<service>-snapshots`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name.
    pub name: &'static str,
    /// The only service that writes it (but [`LETTER_OUTCOMES`]), and but for [`PAYMENT_INTENTS`], [`NOTIFICATION_CLAIMS`] and [`PAUSED_CONSUMERS`] the only one that reads it.
    pub service: Service,
    /// Rows that expire (a time to live on `expires_at`); often none.
    pub expiring: &'static [Expiring],
}

impl TableSpec {
    /// Whether any of its rows expire.
    #[must_use]
    pub const fn expires(&self) -> bool {
        !self.expiring.is_empty()
    }
}

/// Rows of a table that expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiring {
    /// How their partition keys begin; empty: all of the table's.
    pub rows: &'static str,
    /// How long after its last write a row is kept, at least.
    pub kept: SignedDuration,
    /// Use of them to messages.
    pub wanted: Wanted,
}

/// Use to messages of rows that expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing. They show or bound what is going on now, and a message is handled alike without them.
    Nothing,
    /// Something that a message finds on its first passage, however slow: they are kept for longer than
    /// [`LONGEST_PASSAGE`](super::LONGEST_PASSAGE). One that is redriven later does without, by a rule that its handler has.
    OnePassage,
}

/// Mails of one address on one day.
pub const MAIL_BUDGETS: Expiring =
    Expiring { rows: "address/", kept: SignedDuration::from_hours(3 * 24), wanted: Wanted::Nothing };
/// Sales of one minute, for the chart. An event that comes later than this is in no minute.
pub const TALLY_MINUTES: Expiring =
    Expiring { rows: "minute/", kept: SignedDuration::from_hours(24), wanted: Wanted::Nothing };
/// A customer's orders that may be pending.
pub const PENDING_OF_CUSTOMERS: Expiring =
    Expiring { rows: "", kept: SignedDuration::from_hours(5 * 24), wanted: Wanted::Nothing };
/// Which reminder of an order is the last. Without it a chain begins anew, and ends at the deadline as another does.
pub const REMINDERS: Expiring =
    Expiring { rows: "reminders/", kept: SignedDuration::from_hours(24), wanted: Wanted::Nothing };
/// Tokens of means of payment. One that is gone is a decline.
pub const INTENTS: Expiring =
    Expiring { rows: "", kept: SignedDuration::from_hours(30 * 24), wanted: Wanted::OnePassage };
/// Accounts of guests. A mail to one that is gone is not sent.
pub const GUESTS: Expiring =
    Expiring { rows: "", kept: SignedDuration::from_hours(30 * 24), wanted: Wanted::OnePassage };

/// Sessions, by which access tokens are renewed. Who shows a token of one that is gone signs in again.
pub const SESSIONS: Expiring =
    Expiring { rows: "sessions/", kept: SignedDuration::from_hours(12), wanted: Wanted::Nothing };

/// What became of letters that were redriven, told by their consumers: for as long as anybody asks.
pub const OUTCOMES: Expiring =
    Expiring { rows: "", kept: SignedDuration::from_hours(30 * 24), wanted: Wanted::Nothing };

/// Products' prices, kept by order.
pub const ORDER_PRICES: TableSpec = TableSpec { name: "order-prices", service: Service::ORDER, expiring: &[] };
/// Customers' orders that may be pending; and, under keys of their own, which reminder of an order is the last.
pub const ORDER_PENDING: TableSpec =
    TableSpec { name: "order-pending", service: Service::ORDER, expiring: &[PENDING_OF_CUSTOMERS, REMINDERS] };
/// Payment intents: tokens of means of payment, which order writes and billing alone reads.
pub const PAYMENT_INTENTS: TableSpec =
    TableSpec { name: "payment-intents", service: Service::ORDER, expiring: &[INTENTS] };
/// The built-in payment provider's ledger.
pub const BILLING_LEDGER: TableSpec = TableSpec { name: "billing-ledger", service: Service::BILLING, expiring: &[] };
/// Which mails were sent, or are being sent; query reads them for journeys of orders.
pub const NOTIFICATION_CLAIMS: TableSpec =
    TableSpec { name: "notification-claims", service: Service::NOTIFICATION, expiring: &[MAIL_BUDGETS] };
/// Counters, and which orders they count already.
pub const TALLY_COUNTERS: TableSpec =
    TableSpec { name: "tally-counters", service: Service::TALLY, expiring: &[TALLY_MINUTES] };
/// Accounts, and the sessions of those who are signed in.
pub const USERS: TableSpec = TableSpec { name: "users", service: Service::STOREFRONT, expiring: &[GUESTS, SESSIONS] };
/// Checkpoints of the stream's shards; and their leases, where no cluster keeps those.
pub const CHECKPOINTS: TableSpec = TableSpec { name: "checkpoints", service: Service::BRIDGE, expiring: &[] };
/// Checkpoints and leases of the price stream's shards.
pub const PRICE_CHECKPOINTS: TableSpec =
    TableSpec { name: "price-checkpoints", service: Service::CATALOG, expiring: &[] };
/// What administrators did to dead letters and consumers, and why; and the runs that came of it.
pub const OPS_RECORDS: TableSpec = TableSpec { name: "ops-records", service: Service::OPS, expiring: &[] };
/// Which consumers are paused. Everybody who consumes reads it.
pub const PAUSED_CONSUMERS: TableSpec = TableSpec { name: "paused-consumers", service: Service::OPS, expiring: &[] };
/// Checkpoints and leases of the archiver's reading of the stream.
pub const ARCHIVE_CHECKPOINTS: TableSpec =
    TableSpec { name: "archive-checkpoints", service: Service::ARCHIVER, expiring: &[] };
/// What became of letters that were redriven. Everybody who consumes writes into it, and ops reads it.
pub const LETTER_OUTCOMES: TableSpec =
    TableSpec { name: "letter-outcomes", service: Service::OPS, expiring: &[OUTCOMES] };

#[cfg(test)]
mod tests {
    use super::super::{LONGEST_PASSAGE, SHOTENGAI};
    use super::*;

    #[test]
    fn what_a_message_looks_for_is_kept_for_longer_than_its_longest_passage() {
        let mut wanted = 0;
        for table in SHOTENGAI.tables {
            for rows in table.expiring {
                let at_least = match rows.wanted {
                    Wanted::Nothing => SignedDuration::ZERO,
                    Wanted::OnePassage => LONGEST_PASSAGE,
                };
                assert!(rows.kept > at_least, "{}: {rows:?}", table.name);
                wanted += usize::from(rows.wanted == Wanted::OnePassage);
            }
        }
        assert_eq!(wanted, 2, "payment intents and guests");
    }
}
