//! Whether each product costs what the last record of the price stream says, or what a person said after it; whether no older
//! record ever took a later one's place; and whether orders were made at prices that stood.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shotengai_catalog::price_stream::read;
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Envelope, Event, Owner};
use shotengai_kernel::{Currency, Money, ProductId};
use shotengai_messaging::{Commit, Key, Table};

use super::events;
use crate::mishap::Mishap;
use crate::world::World;

/// What has become of a product's price.
#[derive(Default)]
struct Story {
    /// Each price, and since when.
    prices: Vec<(Duration, Money)>,
    /// The records of the price stream that set one, in that order.
    places: Vec<u64>,
    is_deleted: bool,
}

/// All that must hold of prices.
pub(super) async fn are_the_last(world: &World, commits: &BTreeMap<Owner, Vec<Commit>>) {
    let records = records(world);
    let mut stories: BTreeMap<ProductId, Story> = BTreeMap::new();
    for (envelope, event) in events(&commits[&Owner::Catalog]) {
        take(world, &mut stories, &records, envelope, event);
    }
    let set: BTreeSet<u64> = stories.values().flat_map(|story| story.places.iter().copied()).collect();
    let passed_over = |place: &&u64| !set.contains(place);
    records.values().flat_map(BTreeMap::keys).filter(passed_over).for_each(|_| world.count(Mishap::PricePassedOver));
    for (product, story) in &stories {
        let last = records.get(product).and_then(|records| records.keys().next_back());
        if !story.is_deleted && last != story.places.iter().max() {
            world.violation(format!("{product} has the price of {:?}, and the last record is {last:?}", story.places));
        }
        knows(world, product, story).await;
    }
    for (envelope, event) in events(&commits[&Owner::Order]) {
        let Event::OrderPlaced(order) = event else { continue };
        let at = world.ways.of(envelope.id).committed.unwrap_or_default();
        for item in &order.items {
            let stood = |(since, price): &(Duration, Money)| *since <= at && *price == item.price;
            if !stories.get(&item.product_id).is_some_and(|story| story.prices.iter().any(stood)) {
                let (id, product) = (&order.order_id, &item.product_id);
                world.violation(format!("{id} has {product} at {:?}, which it never cost", item.price));
            }
        }
    }
}

/// The prices in the stream, by product and place.
fn records(world: &World) -> BTreeMap<ProductId, BTreeMap<u64, Money>> {
    let mut records: BTreeMap<ProductId, BTreeMap<u64, Money>> = BTreeMap::new();
    for record in world.infra.memory_prices().records() {
        let (Ok(priced), Ok(place)) = (read(&record.data, Currency::JPY), record.position.parse()) else {
            world.violation(format!("a record of the price stream is no price: {record:?}"));
            continue;
        };
        if (0..world.plan.goods.len()).any(|index| world.product(index).as_ref() == Some(&priced.product_id)) {
            records.entry(priced.product_id).or_default().insert(place, priced.price);
        }
    }
    records
}

fn take(
    world: &World,
    stories: &mut BTreeMap<ProductId, Story>,
    records: &BTreeMap<ProductId, BTreeMap<u64, Money>>,
    envelope: &Envelope,
    event: Event,
) {
    let (product, price) = match event {
        Event::ProductCreated(it) => (it.product_id, it.price),
        Event::ProductUpdated(it) => (it.product_id, it.price),
        Event::ProductRestored(it) => {
            stories.entry(it.product_id.clone()).or_default().is_deleted = false;
            (it.product_id, it.price)
        }
        Event::ProductDeleted(it) => {
            stories.entry(it.product_id).or_default().is_deleted = true;
            return;
        }
        Event::ProductPriceChanged(it) => {
            let story = stories.entry(it.product_id.clone()).or_default();
            if let Some(place) = it.source_sequence.as_deref().and_then(|place| place.parse::<u64>().ok()) {
                world.count(Mishap::PricedByStream);
                if story.places.iter().any(|before| *before >= place) {
                    world.violation(format!("{} has the price of {place} behind {:?}", it.product_id, story.places));
                }
                if records.get(&it.product_id).and_then(|records| records.get(&place)) != Some(&it.price) {
                    world.violation(format!("{} costs {:?}, and {place} says otherwise", it.product_id, it.price));
                }
                story.places.push(place);
            }
            (it.product_id, it.price)
        }
        _ => return,
    };
    // What was there before the first process has no time.
    let since = world.ways.of(envelope.id).committed.unwrap_or_default();
    stories.entry(product).or_default().prices.push((since, price));
}

/// Order knows what a product costs in the end.
async fn knows(world: &World, product: &ProductId, story: &Story) {
    let row = world.infra.memory_table(tables::ORDER_PRICES.name).get(&Key::new(product.as_str(), "price")).await;
    let Ok(Some(row)) = row else {
        return world.violation(format!("order knows no price of {product}"));
    };
    let price = serde_json::from_value::<Money>(row.doc["price"].clone()).ok();
    let (is_deleted, last) = (row.doc["deleted"] == true, story.prices.last().map(|(_, price)| *price));
    if is_deleted != story.is_deleted || (!is_deleted && price != last) {
        world.violation(format!("{product} costs {last:?}, and order knows {:?}", row.doc));
    }
}
