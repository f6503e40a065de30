//! From entries of an index to the commits' items that they stand for.
//!
//! The indexes hold keys alone: an entry is one write unit then, whatever the commit's size. Those of a table that was made before hold
//! everything, and an entry is the item.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::Fault;

use super::attributes::Item;
use super::batch_get::{Attributes, read_slots};
use super::commit_item::slot;
use super::schema::EVENTS;
/// The items of these entries of an index, in their order. An item that was deleted since is left out. An entry whose key can't be read stays
/// as it is, for whoever decodes it to name.
pub(super) async fn items_of(
    client: &Client,
    table: &str,
    ports: &Ports,
    entries: Vec<Item>,
) -> Result<Vec<Item>, Fault> {
    let is_key = |entry: &Item| !entry.contains_key(EVENTS);
    let keys: Vec<_> = entries.iter().filter(|entry| is_key(entry)).filter_map(|entry| slot(entry).ok()).collect();
    if keys.is_empty() {
        return Ok(entries);
    }
    let read = read_slots(client, table, ports, &keys, Attributes::All).await?;
    let mut standing: HashMap<(AggregateId, Version), Item> =
        read.into_iter().filter_map(|item| Some((slot(&item).ok()?, item))).collect();
    let of_entry = |entry: Item| match slot(&entry) {
        Ok(slot) if is_key(&entry) => standing.remove(&slot),
        _ => Some(entry),
    };
    Ok(entries.into_iter().filter_map(of_entry).collect())
}
