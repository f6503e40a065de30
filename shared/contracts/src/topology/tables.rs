//! Tables of rows.

use super::Service;

/// A table of rows, keyed by partition and sort key. Event and snapshot tables are not listed: every
/// [`Owner`](crate::Owner) has `<service>-events` and `<service>-snapshots`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name.
    pub name: &'static str,
    /// The only service that writes it, and but for [`PAYMENT_INTENTS`] the only one that reads it.
    pub service: Service,
    /// Whether rows may expire (a time to live on `expires_at`).
    pub expires: bool,
}

/// Products' prices, kept by order.
pub const ORDER_PRICES: TableSpec = TableSpec { name: "order-prices", service: Service::ORDER, expires: false };
/// Customers' orders that may be pending.
pub const ORDER_PENDING: TableSpec = TableSpec { name: "order-pending", service: Service::ORDER, expires: true };
/// Payment intents: tokens of means of payment, which order writes and billing alone reads. Beside them, under keys of
/// their own, order notes which reminder of an order is the last.
pub const PAYMENT_INTENTS: TableSpec = TableSpec { name: "payment-intents", service: Service::ORDER, expires: true };
/// The built-in payment provider's ledger.
pub const BILLING_LEDGER: TableSpec = TableSpec { name: "billing-ledger", service: Service::BILLING, expires: false };
/// Which mails were sent, or are being sent.
pub const NOTIFICATION_CLAIMS: TableSpec =
    TableSpec { name: "notification-claims", service: Service::NOTIFICATION, expires: true };
/// Counters, and which orders they count already.
pub const TALLY_COUNTERS: TableSpec = TableSpec { name: "tally-counters", service: Service::TALLY, expires: true };
/// Accounts.
pub const USERS: TableSpec = TableSpec { name: "users", service: Service::STOREFRONT, expires: true };
/// Checkpoints of the stream's shards; and their leases, where no cluster keeps those.
pub const CHECKPOINTS: TableSpec = TableSpec { name: "checkpoints", service: Service::BRIDGE, expires: false };
