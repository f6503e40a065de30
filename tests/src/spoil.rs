//! What no client of ours writes.

use serde_json::{Value, json};
use shotengai_contracts::Owner;
use shotengai_messaging::{Commit, Key};
use shotengai_runtime::direct_http;

use crate::test_cluster::TestCluster;

/// Puts a row whose document is this text, whatever it is.
pub async fn put_doc_as_it_is(cluster: &TestCluster, table: &str, key: &Key, version: u64, doc: &str) {
    let body = json!({
        "TableName": format!("{}{table}", cluster.prefix()),
        "Item": {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "version": {"N": version.to_string()}, "doc": {"S": doc}},
    });
    dynamodb(cluster, "PutItem", &body).await;
}

/// Sets an attribute of a commit to this text, as an operator does by hand.
pub async fn set_on_commit(cluster: &TestCluster, owner: Owner, commit: &Commit, attribute: &str, value: &str) {
    let body = json!({
        "TableName": format!("{}{}", cluster.prefix(), owner.events_table()),
        "Key": {
            "aggregate_id": {"S": commit.aggregate_id.as_str()},
            "version": {"N": commit.first_version.to_string()},
        },
        "UpdateExpression": "SET #attribute = :value",
        "ConditionExpression": "attribute_exists(commit_id)",
        "ExpressionAttributeNames": {"#attribute": attribute},
        "ExpressionAttributeValues": {":value": {"S": value}},
    });
    dynamodb(cluster, "UpdateItem", &body).await;
}

/// An operation of DynamoDB, as it is.
pub async fn dynamodb(cluster: &TestCluster, operation: &str, body: &Value) -> Value {
    let credential = format!("{}/20260101/ap-northeast-1/dynamodb/aws4_request", cluster.account());
    let answer = direct_http()
        .build()
        .unwrap()
        .post(cluster.endpoint_url())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00"))
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let (code, said) = (answer.status(), answer.text().await.unwrap());
    assert!(code.is_success(), "{code}: {said}");
    serde_json::from_str(&said).unwrap_or(Value::Null)
}
