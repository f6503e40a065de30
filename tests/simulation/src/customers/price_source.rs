//! Whoever sets prices from outside: puts them into the price stream, one after the other, at the end of a line of its own.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shotengai_contracts::topology::queues;
use shotengai_messaging::{Infrastructure, StreamRecord};

use crate::mishap::Mishap;
use crate::network::Network;
use crate::operator::NOBODY;
use crate::plan::Priced;
use crate::ports::NetworkedInfrastructure;
use crate::world::World;

/// Puts all prices of the plan; what got no answer it puts again before the next one, so that it may come twice.
pub(super) async fn put_prices(world: Arc<World>) {
    let mut network = Network::new(Arc::clone(&world), "price-source", NOBODY);
    for priced in world.plan.prices.clone() {
        tokio::time::sleep_until(world.moment(priced.at)).await;
        let Some(record) = record(&world, &priced) else { continue };
        loop {
            if network.is_dead() {
                network = Network::new(Arc::clone(&world), "price-source", NOBODY);
            }
            let writer = NetworkedInfrastructure(network.clone()).price_writer();
            let records = [record.clone()];
            let answer = tokio::select! {
                biased;
                () = network.died() => None,
                answer = writer.put(&records) => answer.ok(),
            };
            if answer.is_some_and(|answers| answers.iter().all(Result::is_ok)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200 + world.below(1000))).await;
        }
        world.note("price-source", || format!("{priced:?} is in"));
    }
}

fn record(world: &World, priced: &Priced) -> Option<StreamRecord> {
    let Some(index) = priced.product else {
        world.count(Mishap::PoisonedPrices);
        let body = json!({ "product_id": "prod_of_nobody", "price": priced.price }).to_string();
        world.poison_as(queues::PRICE_DEAD_LETTERS.name.to_owned(), body.clone(), "unknown_product");
        return Some(StreamRecord { key: "prod_of_nobody".to_owned(), data: body.into_bytes() });
    };
    let product = world.product(index)?;
    let data = json!({ "product_id": product, "price": priced.price }).to_string().into_bytes();
    Some(StreamRecord { key: product.to_string(), data })
}
