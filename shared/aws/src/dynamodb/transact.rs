//! Many rows at once, all or none.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, Delete, Put, TransactWriteItem, Update};
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Fault, FaultKind, Key, TransactError, WriteOp};

use super::attributes::{number, text};
use super::expression::Expression;
use super::limits::TRANSACT_MAX_ITEMS;
use super::row_item::{encode, key as key_item};
use super::schema::{COUNTER_PREFIX, DOC, EXPIRES_AT, VERSION};
use crate::fault::{fault, invalid, kind_of};

const TRANSACT: &str = "dynamodb.TransactWriteItems";

/// Does all of `ops` or none. The SDK gives each call a token, so that its own repetitions happen once.
pub(super) async fn transact(client: &Client, table: &str, ops: &[WriteOp]) -> Result<(), TransactError> {
    if ops.is_empty() {
        return Ok(());
    }
    if ops.len() > TRANSACT_MAX_ITEMS {
        return Err(invalid(TRANSACT, format!("{} operations, {TRANSACT_MAX_ITEMS} are allowed", ops.len())).into());
    }
    let items = ops.iter().map(|op| item(table, op)).collect::<Result<Vec<_>, Fault>>()?;
    let answer = client.transact_write_items().set_transact_items(Some(items)).send().await;
    let Err(error) = answer else { return Ok(()) };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(refusal)) => {
            Err(judge(refusal.cancellation_reasons()).unwrap_or_else(|| fault(TRANSACT, &error).into()))
        }
        _ => Err(fault(TRANSACT, &error).into()),
    }
}

fn item(table: &str, op: &WriteOp) -> Result<TransactWriteItem, Fault> {
    let builder = TransactWriteItem::builder();
    let broken = |error| invalid(TRANSACT, error);
    Ok(match op {
        WriteOp::Put(row, condition) => {
            let condition = Expression::of(*condition);
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(encode(row)))
                .set_expression_attribute_names(condition.names())
                .set_expression_attribute_values(condition.values())
                .set_condition_expression(condition.text);
            builder.put(put.build().map_err(broken)?).build()
        }
        WriteOp::Delete(key, condition) => {
            let condition = Expression::of(*condition);
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(key_item(key)))
                .set_expression_attribute_names(condition.names())
                .set_expression_attribute_values(condition.values())
                .set_condition_expression(condition.text);
            builder.delete(delete.build().map_err(broken)?).build()
        }
        WriteOp::Add { key, counters, expires_at } => builder.update(add(table, key, counters, *expires_at)?).build(),
    })
}

fn add(
    table: &str,
    key: &Key,
    counters: &BTreeMap<String, i64>,
    expires_at: Option<Timestamp>,
) -> Result<Update, Fault> {
    let mut expression = "SET #version = if_not_exists(#version, :zero), #doc = if_not_exists(#doc, :null)".to_owned();
    let mut update = Update::builder()
        .table_name(table)
        .set_key(Some(key_item(key)))
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_names("#doc", DOC)
        .expression_attribute_values(":zero", number(0))
        .expression_attribute_values(":null", text("null"));
    if let Some(expires_at) = expires_at {
        expression.push_str(", #expires = :expires");
        update = update
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":expires", number(expires_at.as_second()));
    }
    for (index, (name, by)) in counters.iter().enumerate() {
        expression.push_str(if index == 0 { " ADD " } else { ", " });
        expression.push_str(&format!("#c{index} :c{index}"));
        update = update
            .expression_attribute_names(format!("#c{index}"), format!("{COUNTER_PREFIX}{name}"))
            .expression_attribute_values(format!(":c{index}"), number(by));
    }
    update.update_expression(expression).build().map_err(|error| invalid(TRANSACT, error))
}

/// What a cancelled transaction means; none for reasons that trying again won't change.
fn judge(reasons: &[CancellationReason]) -> Option<TransactError> {
    let with = |code: &str| -> Vec<usize> {
        let indexed = reasons.iter().enumerate();
        indexed.filter(|(_, reason)| reason.code() == Some(code)).map(|(index, _)| index).collect()
    };
    let unmet = with("ConditionalCheckFailed");
    if !unmet.is_empty() {
        return Some(TransactError::Conditions(unmet));
    }
    if !with("TransactionConflict").is_empty() {
        return Some(TransactError::Contended);
    }
    let code = reasons.iter().filter_map(CancellationReason::code).find(|code| *code != "None")?;
    (kind_of(code, None) == FaultKind::Throttled)
        .then(|| Fault::new(FaultKind::Throttled, TRANSACT, code.to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
    }

    #[test]
    fn unmet_conditions_are_named_and_another_transaction_is_told_apart() {
        let unmet = judge(&reasons(&["ConditionalCheckFailed", "TransactionConflict", "ConditionalCheckFailed"]));
        assert!(matches!(unmet, Some(TransactError::Conditions(indexes)) if indexes == [0, 2]));
        assert!(matches!(judge(&reasons(&["None", "TransactionConflict"])), Some(TransactError::Contended)));
        let throttled = judge(&reasons(&["None", "ThrottlingError"]));
        assert!(matches!(throttled, Some(TransactError::Fault(fault)) if fault.kind() == FaultKind::Throttled));
        assert!(judge(&reasons(&["None", "ValidationError"])).is_none());
    }
}
