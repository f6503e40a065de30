//! A table of rows.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use shotengai_kernel::Ports;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Put, Row, Table, TransactError, WriteError, WriteOp};

use super::attributes::text;
use super::event_store::page_size;
use super::expression::{CONFLICT_BACKOFF, Expression};
use super::limits::BATCH_GET_MAX;
use super::put_each::put_each;
use super::row_item::{decode, encode, key as key_item};
use super::transact::transact;
use crate::fault::{fault, invalid};

const GET: &str = "dynamodb.GetItem";
const BATCH_GET: &str = "dynamodb.BatchGetItem";
const QUERY: &str = "dynamodb.Query";
const PUT: &str = "dynamodb.PutItem";
const DELETE: &str = "dynamodb.DeleteItem";
/// A batch that leaves keys unprocessed this often is being throttled for good.
const BATCH_ATTEMPTS: u32 = 6;

/// Rows in a table of key (`pk`, `sk`).
///
/// A conditional write whose answer was lost is repeated by the SDK and may then meet itself: the condition fails and the
/// row that stands there is the caller's own. Only the caller can tell, since two writers may write equal rows.
pub(crate) struct DynamoTable {
    client: Client,
    name: String,
    ports: Ports,
}

impl DynamoTable {
    pub(crate) const fn new(client: Client, name: String, ports: Ports) -> Self {
        Self { client, name, ports }
    }

    /// One call's keys, until none is left unprocessed.
    async fn get_chunk(&self, keys: &[&Key], rows: &mut Vec<Row>) -> Result<(), Fault> {
        let mut wanted: Vec<_> = keys.iter().map(|key| key_item(key)).collect();
        let mut failures = 0;
        loop {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .build()
                .map_err(|error| invalid(BATCH_GET, error))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.name, request)
                .send()
                .await
                .map_err(|error| fault(BATCH_GET, &error))?;
            for item in answer.responses().into_iter().flat_map(|tables| tables.values().flatten()) {
                rows.push(decode(item).map_err(|error| invalid(BATCH_GET, error))?);
            }
            wanted =
                answer.unprocessed_keys.into_iter().flat_map(HashMap::into_values).flat_map(|keys| keys.keys).collect();
            if wanted.is_empty() {
                return Ok(());
            }
            failures += 1;
            if failures >= BATCH_ATTEMPTS {
                return Err(Fault::new(FaultKind::Throttled, BATCH_GET, "keys were left unprocessed"));
            }
            tokio::time::sleep(CONFLICT_BACKOFF.delay(failures, self.ports.random.as_ref())).await;
        }
    }
}

#[async_trait]
impl Table for DynamoTable {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Fault> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault(GET, &error))?;
        answer.item().map(decode).transpose().map_err(|error| invalid(GET, error))
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Row>, Fault> {
        // One call may name a key once.
        let keys: Vec<&Key> = keys.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let mut rows = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH_GET_MAX) {
            self.get_chunk(chunk, &mut rows).await?;
        }
        Ok(rows)
    }

    async fn list(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<Row>, Fault> {
        // The service refuses to start outside of what the condition allows.
        let after = match after {
            Some(after) if after.starts_with(prefix) => Some(after),
            Some(after) if after > prefix => return Ok(Vec::new()),
            _ => None,
        };
        let mut start = after.map(|after| key_item(&Key::new(pk, after)));
        let mut rows = Vec::new();
        while rows.len() < limit {
            // An empty text is no value of a key.
            let prefix = (!prefix.is_empty()).then_some(prefix);
            let condition = if prefix.is_some() { "pk = :pk AND begins_with(sk, :prefix)" } else { "pk = :pk" };
            let mut values = HashMap::from([(":pk".to_owned(), text(pk))]);
            values.extend(prefix.map(|prefix| (":prefix".to_owned(), text(prefix))));
            let page = self
                .client
                .query()
                .table_name(&self.name)
                .consistent_read(true)
                .key_condition_expression(condition)
                .set_expression_attribute_values(Some(values))
                .limit(page_size(limit - rows.len()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| fault(QUERY, &error))?;
            for item in page.items() {
                rows.push(decode(item).map_err(|error| invalid(QUERY, error))?);
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(rows)
    }

    async fn put(&self, row: &Row, condition: Condition) -> Result<(), WriteError> {
        let condition = Expression::of(condition);
        let answer = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(encode(row)))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_condition_expression(condition.text)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(()) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refusal)) => Err(refused(PUT, refusal.item())),
            _ => Err(fault(PUT, &error).into()),
        }
    }

    async fn put_each(&self, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
        put_each(&self.client, &self.name, puts).await
    }

    async fn delete(&self, key: &Key, condition: Condition) -> Result<(), WriteError> {
        let condition = Expression::of(condition);
        let answer = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .set_condition_expression(condition.text)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(()) };
        match error.as_service_error() {
            Some(DeleteItemError::ConditionalCheckFailedException(refusal)) => Err(refused(DELETE, refusal.item())),
            _ => Err(fault(DELETE, &error).into()),
        }
    }

    async fn transact(&self, ops: &[WriteOp]) -> Result<(), TransactError> {
        transact(&self.client, &self.name, ops).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.get(&Key::new("ping", "ping")).await.map(drop)
    }
}

fn refused(operation: &'static str, standing: Option<&HashMap<String, AttributeValue>>) -> WriteError {
    match standing.filter(|item| !item.is_empty()).map(decode).transpose() {
        Ok(row) => WriteError::Condition(row.map(Box::new)),
        Err(error) => invalid(operation, error).into(),
    }
}
