//! The indexes of an event table: thin where they are made today, whole where they were made before; read in the same way.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ReturnConsumedCapacity, ScalarAttributeType,
};
use shotengai_aws::Aws;
use shotengai_aws::admin::{Outcome, TableSpec};
use shotengai_contracts::Owner;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Commit, Infrastructure};

use crate::event_store::raw;
use crate::local::{account, account_with_store, commit, make_store};

const TABLE: &str = "catalog-events";

/// The table as releases made it whose indexes held everything.
async fn make_whole_indexes(client: &Client) {
    let attribute = |name: &str, kind: ScalarAttributeType| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let key =
        |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let index = |name: &str, partition: &str| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(partition, KeyType::Hash))
            .key_schema(key("created_at", KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .unwrap()
    };
    let texts = ["aggregate_id", "created_at", "gsi1pk", "outbox"].map(|name| attribute(name, ScalarAttributeType::S));
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(texts.to_vec()))
        .attribute_definitions(attribute("version", ScalarAttributeType::N))
        .key_schema(key("aggregate_id", KeyType::Hash))
        .key_schema(key("version", KeyType::Range))
        .global_secondary_indexes(index("GSI1", "gsi1pk"))
        .global_secondary_indexes(index("GSI2", "outbox"))
        .send()
        .await
        .unwrap();
}

fn padded(id: &str, bytes: usize) -> Commit {
    let mut commit = commit(id, 0);
    commit.events.iter_mut().for_each(|event| event.data["padding"] = "x".repeat(bytes).into());
    commit
}

/// Answers of every way through an index about one commit that is marked, and about one that is not.
async fn holds_the_contract(aws: &Aws) {
    let store = aws.event_store(Owner::Catalog);
    let commits = [padded("prod_1", 3000), padded("prod_2", 10)];
    store.append(&commits).await.unwrap();
    assert!(store.clear_pending(&commits[1..]).await.unwrap().iter().all(Result::is_ok));
    for (commit, is_marked) in [(&commits[0], true), (&commits[1], false)] {
        let shard = commit.index_shard();
        let here =
            |found: Vec<Commit>| found.into_iter().filter(|it| it.commit_id == commit.commit_id).collect::<Vec<_>>();
        let (pending, _) = store.pending(shard, None, 10).await.unwrap();
        assert_eq!(here(pending).len(), usize::from(is_marked), "{}", commit.aggregate_id);
        let (scanned, _) = store.scan(shard, None, 10).await.unwrap();
        let [scanned] = here(scanned).try_into().unwrap();
        assert_eq!(scanned.events.to_json(), commit.events.to_json());
        let (between, _) = store.scan_between(shard, Timestamp::UNIX_EPOCH..Timestamp::MAX, None, 10).await.unwrap();
        assert_eq!(here(between).len(), 1);
        let (aggregates, _) = store.aggregates(shard, None, 10).await.unwrap();
        assert!(aggregates.contains(&commit.aggregate_id));
    }
}

#[tokio::test]
async fn what_stands_in_an_index_is_found_through_it() {
    holds_the_contract(&account_with_store().await).await;
}

#[tokio::test]
async fn a_table_with_whole_indexes_is_left_as_it_is_and_read_as_well() {
    let aws = account().await;
    make_whole_indexes(&raw(&aws)).await;
    let outcome = aws.admin().ensure_table(&TableSpec::events(Owner::Catalog)).await.unwrap();
    assert_eq!(outcome, Outcome::Found);
    make_store(&aws).await;
    holds_the_contract(&aws).await;
}

#[tokio::test]
async fn pages_of_an_index_are_whole_and_in_order_of_time() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let shard = commit("prod_0", 0).index_shard();
    let mut commits = Vec::new();
    for n in 0..2000 {
        let next = padded(&format!("prod_{n}"), 0);
        if next.index_shard() == shard {
            commits.push(next);
        }
    }
    assert!(commits.len() > 100, "more than one request for keys");
    for commit in &commits {
        store.append(std::slice::from_ref(commit)).await.unwrap();
    }
    let (found, next) = store.pending(shard, None, 500).await.unwrap();
    assert!(next.is_none());
    let ids = |commits: &[Commit]| commits.iter().map(|commit| commit.commit_id).collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&commits));
}

#[tokio::test]
async fn a_large_commit_is_paid_for_once_and_its_marker_and_place_in_time_are_a_unit_each() {
    let aws = account_with_store().await;
    let commit = padded("prod_1", 7000);
    aws.event_store(Owner::Catalog).append(std::slice::from_ref(&commit)).await.unwrap();
    let items = raw(&aws).scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let put = raw(&aws)
        .put_item()
        .table_name(TABLE)
        .set_item(items.into_iter().next().map(|mut item| {
            item.insert("aggregate_id".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("prod_2".to_owned()));
            item
        }))
        .return_consumed_capacity(ReturnConsumedCapacity::Indexes)
        .send()
        .await
        .unwrap();
    let consumed = put.consumed_capacity.unwrap();
    assert_eq!(consumed.table().unwrap().capacity_units(), Some(8.0), "{consumed:?}");
    let indexes = consumed.global_secondary_indexes().unwrap();
    assert_eq!(indexes.len(), 2);
    assert!(indexes.values().all(|index| index.capacity_units() == Some(1.0)), "{indexes:?}");
}
