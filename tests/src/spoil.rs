//! What no client of ours writes.

use serde_json::json;
use shotengai_messaging::Key;

use crate::street::Street;

/// Puts a row whose document is this text, whatever it is.
pub async fn put_doc_as_it_is(street: &Street, table: &str, key: &Key, version: u64, doc: &str) {
    let body = json!({
        "TableName": format!("{}{table}", street.prefix()),
        "Item": {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "version": {"N": version.to_string()}, "doc": {"S": doc}},
    });
    let credential = format!("{}/20260101/ap-northeast-1/dynamodb/aws4_request", street.account());
    let answer = reqwest::Client::new()
        .post(street.endpoint_url())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00"))
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    let (code, said) = (answer.status(), answer.text().await.unwrap());
    assert!(code.is_success(), "{code}: {said}");
}
