//! The memory adapters keep what the ports promise.

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::{SHOTENGAI, STREAM, queues, tables};
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::{Infrastructure, Queue};
use shotengai_streaming::TableLeases;
use shotengai_testing::contract;
use shotengai_testing::memory::{MemoryConfig, MemoryInfrastructure, MemoryQueue, NoFaults, QueueConfig};

fn ports() -> Ports {
    Ports::seeded(11, Arc::new(ManualClock::default()))
}

fn street(queues: QueueConfig) -> MemoryInfrastructure {
    MemoryInfrastructure::with(ports(), MemoryConfig { queues, ..MemoryConfig::default() })
}

#[tokio::test(start_paused = true)]
async fn the_event_store_keeps_its_contract() {
    let street = street(QueueConfig::default());
    contract::event_store_contract(street.event_store(Owner::Order), &ports()).await;
    assert_eq!(street.memory_event_store(Owner::Order).inconsistencies(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_stream_keeps_its_contract() {
    let street = street(QueueConfig::default());
    contract::stream_contract(street.stream_writer(), street.stream_reader(), &ports()).await;
    contract::subscription_contract(street.stream_writer(), street.stream_reader(), &ports()).await;
}

#[tokio::test(start_paused = true)]
async fn the_queue_keeps_its_contract() {
    let street = street(QueueConfig::default());
    contract::queue_contract(street.queue(queues::ORDER.name), &ports()).await;
}

#[tokio::test(start_paused = true)]
async fn a_shuffling_queue_keeps_its_contract() {
    let street = street(QueueConfig { shuffle: true, ..QueueConfig::default() });
    contract::queue_contract(street.queue(queues::ORDER.name), &ports()).await;
}

#[tokio::test(start_paused = true)]
async fn the_queue_redrives() {
    let config = QueueConfig { max_receive_count: 3, ..QueueConfig::default() };
    let dead_letters = Arc::new(MemoryQueue::new("dlq", ports()));
    let dead = Arc::clone(&dead_letters);
    let queue = MemoryQueue::with("queue", ports(), config, Some(dead), Arc::new(NoFaults));
    contract::redrive_contract(Arc::new(queue), dead_letters as Arc<dyn Queue>, 3, &ports()).await;
}

#[tokio::test(start_paused = true)]
async fn the_topic_keeps_its_contract_with_every_queue() {
    let street = street(QueueConfig::default());
    for spec in SHOTENGAI.subscribed_queues() {
        street.memory_queue(spec.name).purge();
        contract::topic_contract(street.topic(), street.queue(spec.name), spec, &ports()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_table_keeps_its_contract() {
    let street = street(QueueConfig::default());
    // One that no topology lists: in it any row may expire.
    contract::table_contract(street.table("contract"), &ports()).await;
}

#[tokio::test(start_paused = true)]
async fn the_bucket_keeps_its_contract() {
    let street = street(QueueConfig::default());
    contract::bucket_contract(street.bucket("contract"), &ports()).await;
    assert!(street.memory_bucket("contract").keys().is_empty());
}

#[tokio::test(start_paused = true)]
async fn leases_in_a_table_keep_their_contract() {
    let leases =
        TableLeases::new(street(QueueConfig::default()).table(tables::CHECKPOINTS.name), &format!("bridge/{STREAM}"));
    contract::lease_contract(Arc::new(leases), &ports()).await;
}

#[tokio::test(start_paused = true)]
async fn checkpoints_keep_their_contract() {
    contract::checkpoint_contract(street(QueueConfig::default()).table(tables::CHECKPOINTS.name), &ports()).await;
}
