//! Whether the read models equal a fresh fold of all events, row for row.

use std::collections::BTreeMap;

use shotengai_contracts::{Envelope, Event, Owner};
use shotengai_kernel::AggregateId;
use shotengai_messaging::Commit;
use shotengai_query::domain::{CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow, refold};

use super::events;
use crate::world::World;

pub(super) fn equal_a_fresh_fold(world: &World, commits: &BTreeMap<Owner, Vec<Commit>>) {
    compare::<ProductRow>(world, commits, &world.rows.products());
    compare::<StockRow>(world, commits, &world.rows.stock());
    compare::<OrderRow>(world, commits, &world.rows.orders());
    compare::<PaymentRow>(world, commits, &world.rows.payments());
    compare::<CartRow>(world, commits, &world.rows.carts());
}

fn compare<R: Fold + PartialEq + std::fmt::Debug>(
    world: &World,
    commits: &BTreeMap<Owner, Vec<Commit>>,
    rows: &BTreeMap<AggregateId, R>,
) {
    let mut histories: BTreeMap<AggregateId, Vec<(Envelope, Event)>> = BTreeMap::new();
    for (envelope, event) in commits.get(&R::OWNER).into_iter().flat_map(|commits| events(commits)) {
        histories.entry(envelope.subject.clone()).or_default().push((envelope.clone(), event));
    }
    for id in rows.keys().filter(|id| !histories.contains_key(id)) {
        world.violation(format!("there is a row of {id}, and no such aggregate"));
    }
    for (id, mut history) in histories {
        history.sort_by_key(|(envelope, _)| envelope.aggregateversion);
        let fresh = refold::<R>(history.iter().map(|(envelope, event)| (envelope, event)));
        match (fresh, rows.get(&id)) {
            (Ok(Some(fresh)), Some(row)) if fresh == *row => {}
            // An aggregate of another kind, of the same owner.
            (Err(_) | Ok(None), None) => {}
            (fresh, row) => world.violation(format!("the row of {id} is {row:?}, a fresh fold {fresh:?}")),
        }
    }
}
