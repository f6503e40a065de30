//! What a request to AWS is for.

use serde_json::Value;

use crate::proxy::Exchange;

/// Goes by the clock, not with orders.
const BY_CLOCK: [&str; 6] =
    ["GetRecords", "ListShards", "GetShardIterator", "DescribeStreamSummary", "GetQueueAttributes", "SubscribeToShard"];

/// Service and operation and, of DynamoDB's, what it is about; none for a request that goes by the clock.
pub(super) fn kind_of(exchange: &Exchange, prefix: &str) -> Option<String> {
    if exchange.service.is_empty() || BY_CLOCK.contains(&exchange.operation.as_str()) {
        return None;
    }
    let operation = format!("{}.{}", exchange.service, exchange.operation);
    if exchange.service != "dynamodb" {
        return Some(operation);
    }
    let body = exchange.json();
    let table = table_of(&body)?;
    let table = table.strip_prefix(prefix).unwrap_or(&table);
    let is_sweep = exchange.operation == "Query" && body.get("IndexName").is_some() || reads_whole_commits(&body);
    let is_lease = ["leases", "checkpoints", "paused-consumers"].iter().any(|name| table.ends_with(name));
    let text = body.to_string();
    let is_probe = exchange.operation.starts_with("Describe") || text.contains("\"ping\"");
    if is_sweep || is_lease || is_probe || text.contains("sweep") {
        return None;
    }
    let marker = if text.contains("REMOVE \\\"outbox") { ", markers" } else { "" };
    Some(format!("{operation} {table}{marker}"))
}

/// Whether it is a sweeper's look at the commits that an index has named. Whoever looks at taken slots asks for some attributes.
fn reads_whole_commits(body: &Value) -> bool {
    let tables = body["RequestItems"].as_object();
    tables.is_some_and(|tables| {
        tables.iter().any(|(table, keys)| table.ends_with("-events") && keys.get("ProjectionExpression").is_none())
    })
}

/// The table of a request, or of the first part of one that has several.
fn table_of(body: &Value) -> Option<String> {
    if let Some(name) = body["TableName"].as_str() {
        return Some(name.to_owned());
    }
    if let Some(tables) = body["RequestItems"].as_object() {
        return tables.keys().next().cloned();
    }
    if let Some(statement) = body["Statements"][0]["Statement"].as_str() {
        return statement.split('"').nth(1).map(str::to_owned);
    }
    let first = body["TransactItems"][0].as_object()?.values().next()?;
    first["TableName"].as_str().map(str::to_owned)
}
