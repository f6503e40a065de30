//! A hot product's history is long; reading it is not.

use std::sync::Arc;

use shotengai_contracts::aggregates;
use shotengai_inventory::domain::Stock;
use shotengai_messaging::aggregate::CommitWriter;
use shotengai_messaging::{Aggregates, EventStore, Outbox};
use shotengai_testing::contract::CountingStore;

use crate::support::{Shop, order, product};

const BATCHES: usize = 1050;

#[tokio::test(start_paused = true)]
async fn a_process_that_starts_reads_only_what_came_after_the_snapshot_of_a_product() {
    let shop = Shop::new(11);
    let handler = shop.handler();
    handler.handle(&[shop.created(10_000)]).await;
    // Each batch is one event of the product; the process that sells remembers it all the while.
    for n in 0..BATCHES {
        handler.handle(&[shop.placed(&order(n), 1)]).await;
    }
    let id = aggregates::stock(&product());
    assert_eq!(shop.envelopes(&id).await.len(), 1 + BATCHES);

    let store = Arc::new(CountingStore::new(shop.store()));
    let writer = CommitWriter::new(Arc::clone(&store) as Arc<dyn EventStore>, Outbox::disabled(), shop.ports.clone());
    let stock = Aggregates::<Stock>::new(writer).load(&id).await.unwrap();
    assert_eq!(stock.state, Stock { available: 10_000 - 1050, reserved: 1050, deducted: 0 });
    let read = store.take_read();
    assert!(read <= 100, "{read} commits were read");
}
