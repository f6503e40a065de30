//! The AWS adapters keep what the ports promise: the suites that the in-memory adapters pass, on provisioned resources.

use std::sync::Arc;

use shotengai_aws::admin::Outcome;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{SHOTENGAI, STREAM, STREAM_CONSUMER, queues, tables};
use shotengai_kernel::Ports;
use shotengai_messaging::Infrastructure;
use shotengai_streaming::TableLeases;
use shotengai_testing::contract;
use shotengai_tests::test_cluster::TestCluster;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_store_keeps_its_contract() {
    let cluster = TestCluster::provisioned().await;
    for owner in Owner::ALL {
        contract::event_store_contract(cluster.aws.event_store(owner), &Ports::system()).await;
    }
}

/// Two tables of one installation: one and the same, before and after the server came back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_comes_back_with_other_commits_is_not_written_from_memory() {
    let cluster = TestCluster::provisioned().await;
    for (commits_before, commits_after) in [(1, 0), (6, 0), (6, 1), (6, 6), (6, 9)] {
        for snapshots in [contract::Snapshots::Own, contract::Snapshots::OfBefore] {
            let [before, after] = [Owner::Catalog, Owner::Billing].map(|owner| cluster.aws.event_store(owner));
            let (before, after) = ((before, commits_before), (after, commits_after));
            contract::exchange_contract(before, after, snapshots, &Ports::system()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stream_keeps_its_contract() {
    let cluster = TestCluster::provisioned().await;
    let aws = Arc::clone(&cluster.aws);
    contract::stream_contract(aws.stream_writer(), aws.stream_reader(), &Ports::system()).await;
    for found in [Outcome::Created, Outcome::Found] {
        assert_eq!(aws.admin().ensure_stream_consumer(STREAM, STREAM_CONSUMER).await.unwrap(), found);
    }
    contract::subscription_contract(aws.stream_writer(), aws.stream_reader(), &Ports::system()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_keeps_its_contract() {
    let cluster = TestCluster::provisioned().await;
    contract::queue_contract(cluster.aws.queue(queues::ORDER_DEADLINE.name), &Ports::system()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_topic_keeps_its_contract_with_every_queue() {
    let cluster = TestCluster::provisioned().await;
    for spec in SHOTENGAI.subscribed_queues() {
        // What one suite publishes reaches other queues too. A suite knows its own messages, and takes no account of those.
        contract::topic_contract(cluster.aws.topic(), cluster.aws.queue(spec.name), spec, &Ports::system()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_keeps_its_contract() {
    let cluster = TestCluster::provisioned().await;
    contract::table_contract(cluster.aws.table(tables::ORDER_PRICES.name), &Ports::system()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leases_and_checkpoints_in_a_table_keep_their_contracts() {
    let cluster = TestCluster::provisioned().await;
    let table = || cluster.aws.table(tables::CHECKPOINTS.name);
    contract::lease_contract(Arc::new(TableLeases::new(table(), "bridge/contract")), &Ports::system()).await;
    contract::checkpoint_contract(table(), &Ports::system()).await;
}
