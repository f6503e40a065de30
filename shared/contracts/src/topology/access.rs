//! Who does what with resources, beyond what follows from who owns them. Rights are derived from it: what is not here, and
//! doesn't follow, no role may do.
//!
//! What follows: who owns events has its event store and writes the stream; who consumes a queue empties it, and sets aside
//! into its dead letters; who has a bucket reads and writes it; [`Need::Stream`](super::Need) reads the stream and publishes
//! to the topic; and every consumer reads [`PAUSED_CONSUMERS`](tables::PAUSED_CONSUMERS) and puts rows, one a letter that was redriven,
//! into [`LETTER_OUTCOMES`](tables::LETTER_OUTCOMES).

use super::{Service, TableSpec, tables};
use crate::events::Owner;

/// What a service does with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The service.
    pub service: Service,
    /// With what, and what.
    pub to: To,
}

/// What is accessed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// A table of rows. A table of which its own service says nothing here, it may use in every way.
    Rows(&'static TableSpec, &'static [RowUse]),
    /// Another service's events.
    History(Owner, HistoryUse),
    /// The stream.
    Stream(StreamUse),
    /// The price stream.
    PriceStream(StreamUse),
    /// Every queue and dead-letter queue: looks how full they are, takes dead letters out, sends them to the queues.
    Letters,
}

/// A way to use a table of rows, as the port has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowUse {
    /// Reads a row; what finds out whether the table is there does, too.
    Get,
    /// Reads many at once.
    GetMany,
    /// Lists a partition.
    List,
    /// Writes a row, by itself or in a transaction.
    Put,
    /// Writes rows together that meet.
    PutEach,
    /// Deletes a row, by itself or in a transaction.
    Delete,
    /// Adds to counters.
    Add,
}

impl RowUse {
    /// Every way.
    pub const ALL: [Self; 7] =
        [Self::Get, Self::GetMany, Self::List, Self::Put, Self::PutEach, Self::Delete, Self::Add];
}

/// A way to use another service's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryUse {
    /// Reads aggregates, and all there are in order of time.
    Read,
    /// Looks for commits that are not yet in the stream.
    Unpublished,
    /// Reads all there are in order of time, and writes what is missing into the stream: where change capture feeds it.
    Reconcile,
    /// Reads what a handler of that service would, snapshots included.
    Rehearse,
}

/// A way to use a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamUse {
    /// Reads its records.
    Read,
    /// Puts records into it.
    Write,
}

use RowUse::{Add, Delete, Get, GetMany, List, Put, PutEach};

const fn rows(service: Service, table: &'static TableSpec, uses: &'static [RowUse]) -> Access {
    Access { service, to: To::Rows(table, uses) }
}

const fn history(service: Service, owner: Owner, how: HistoryUse) -> Access {
    Access { service, to: To::History(owner, how) }
}

/// What a rehearsal reads of a service's tables: what a handler does, which lists nothing.
const REHEARSED: &[RowUse] = &[Get, GetMany];

/// This platform's.
pub const ACCESSES: &[Access] = &[
    rows(Service::ORDER, &tables::ORDER_PRICES, &[Get, GetMany, Put]),
    rows(Service::ORDER, &tables::ORDER_PENDING, &[Get, GetMany, Put, PutEach]),
    rows(Service::ORDER, &tables::PAYMENT_INTENTS, &[Get, GetMany, Put, PutEach]),
    rows(Service::BILLING, &tables::PAYMENT_INTENTS, &[Get, GetMany]),
    rows(Service::BILLING, &tables::BILLING_LEDGER, &[Get, GetMany, Put, PutEach]),
    rows(Service::NOTIFICATION, &tables::NOTIFICATION_CLAIMS, &[Get, GetMany, Put, PutEach]),
    rows(Service::TALLY, &tables::TALLY_COUNTERS, &[Get, GetMany, List, Put, Add]),
    rows(Service::STOREFRONT, &tables::USERS, &[Get, GetMany, List, Put, PutEach, Delete]),
    rows(Service::BRIDGE, &tables::CHECKPOINTS, &[Get, List, Put, Delete]),
    rows(Service::CATALOG, &tables::PRICE_CHECKPOINTS, &[Get, List, Put, Delete]),
    rows(Service::ARCHIVER, &tables::ARCHIVE_CHECKPOINTS, &[Get, List, Put, Delete]),
    Access { service: Service::ARCHIVER, to: To::Stream(StreamUse::Read) },
    rows(Service::OPS, &tables::OPS_RECORDS, &[Get, List, Put]),
    rows(Service::OPS, &tables::PAUSED_CONSUMERS, &[Get, Put]),
    rows(Service::OPS, &tables::LETTER_OUTCOMES, &[Get, GetMany]),
    // Read models are brought back from the stores; journeys tell of mails, too.
    history(Service::QUERY, Owner::Order, HistoryUse::Read),
    history(Service::QUERY, Owner::Catalog, HistoryUse::Read),
    history(Service::QUERY, Owner::Inventory, HistoryUse::Read),
    history(Service::QUERY, Owner::Billing, HistoryUse::Read),
    rows(Service::QUERY, &tables::NOTIFICATION_CLAIMS, &[List]),
    // What change capture has lost is compared, and brought.
    history(Service::BRIDGE, Owner::Order, HistoryUse::Reconcile),
    history(Service::BRIDGE, Owner::Catalog, HistoryUse::Reconcile),
    history(Service::BRIDGE, Owner::Inventory, HistoryUse::Reconcile),
    history(Service::BRIDGE, Owner::Billing, HistoryUse::Reconcile),
    // Operators look at what waits, where the shards are and what was set aside, and send that on to where it came from.
    history(Service::OPS, Owner::Order, HistoryUse::Unpublished),
    history(Service::OPS, Owner::Catalog, HistoryUse::Unpublished),
    history(Service::OPS, Owner::Inventory, HistoryUse::Unpublished),
    history(Service::OPS, Owner::Billing, HistoryUse::Unpublished),
    rows(Service::OPS, &tables::CHECKPOINTS, &[Get, List]),
    Access { service: Service::OPS, to: To::Stream(StreamUse::Read) },
    Access { service: Service::OPS, to: To::Stream(StreamUse::Write) },
    Access { service: Service::OPS, to: To::PriceStream(StreamUse::Write) },
    Access { service: Service::OPS, to: To::Letters },
    // Rehearsals: they read what the handlers of these services would, and write nothing.
    history(Service::OPS, Owner::Order, HistoryUse::Rehearse),
    history(Service::OPS, Owner::Inventory, HistoryUse::Rehearse),
    history(Service::OPS, Owner::Billing, HistoryUse::Rehearse),
    rows(Service::OPS, &tables::ORDER_PRICES, REHEARSED),
    rows(Service::OPS, &tables::ORDER_PENDING, REHEARSED),
    rows(Service::OPS, &tables::PAYMENT_INTENTS, REHEARSED),
    rows(Service::OPS, &tables::BILLING_LEDGER, REHEARSED),
    rows(Service::OPS, &tables::TALLY_COUNTERS, REHEARSED),
    rows(Service::OPS, &tables::NOTIFICATION_CLAIMS, REHEARSED),
];

#[cfg(test)]
mod tests {
    use super::super::SHOTENGAI;
    use super::*;

    #[test]
    fn every_table_of_this_platform_says_how_its_own_service_uses_it() {
        for table in SHOTENGAI.tables {
            let own = |access: &&Access| {
                access.service == table.service && matches!(access.to, To::Rows(of, _) if of == *table)
            };
            assert_eq!(ACCESSES.iter().filter(own).count(), 1, "{}", table.name);
        }
    }

    #[test]
    fn nobody_writes_rows_or_events_of_another() {
        for access in ACCESSES {
            let To::Rows(table, uses) = access.to else { continue };
            let reads = uses.iter().all(|how| matches!(how, Get | GetMany | List));
            assert!(reads || table.service == access.service, "{access:?}");
        }
    }
}
