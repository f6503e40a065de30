//! Dispatch of a batch: sorts out what nobody asked for, groups the rest, and puts the answers in order.

use std::collections::BTreeMap;
use std::future::Future;

use futures::future::join_all;
use shotengai_contracts::EventType;
use tracing::{Instrument, Span};

use super::group::{Entry, Group};
use crate::attempt;
use crate::delivery::Delivery;
use crate::disposition::Disposition;
use crate::receipts::{self, Causes, order_in};

/// One answer a delivery, in order.
pub(super) async fn dispatch<K, Key, React, Fut>(
    events: &[EventType],
    batch: &[Delivery],
    key: Key,
    react: React,
) -> Vec<Disposition>
where
    K: Ord,
    Key: Fn(usize, &Delivery) -> K,
    React: Fn(K, Group) -> Fut,
    Fut: Future<Output = Group>,
{
    let mut answers: Vec<Option<Disposition>> = vec![None; batch.len()];
    let mut groups: BTreeMap<K, Vec<Entry>> = BTreeMap::new();
    for ((place, delivery), answer) in batch.iter().enumerate().zip(&mut answers) {
        if events.contains(&delivery.event.event_type()) {
            groups.entry(key(place, delivery)).or_default().push(Entry::new(place, delivery.clone()));
        } else {
            *answer = Some(Disposition::unexpected(delivery));
        }
    }
    let groups = groups.into_iter().map(|(key, entries)| {
        let span = entries.first().map_or_else(Span::none, |entry| entry.delivery().span.clone());
        let causes = entries.iter().map(|entry| Causes::of(order_in(&entry.delivery().body)));
        receipts::scope(Causes::each(causes), react(key, Group::new(entries))).instrument(span)
    });
    for entry in join_all(groups).await.into_iter().flat_map(Group::into_entries) {
        let (place, answer) = entry.into_answer();
        answers[place] = answer;
    }
    answers.into_iter().map(|answer| answer.unwrap_or_else(attempt::no_answer)).collect()
}
