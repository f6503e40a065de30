//! Putting rows that stand alone, many in one request: PartiQL statements in a `BatchExecuteStatement`.
//!
//! A row where none stands is an `INSERT`; one in the place of a version an `UPDATE` that sets all of it. Statements of a batch
//! are no transaction: each is done or refused by itself, at a single write's price.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse};
use shotengai_messaging::{Condition, Fault, FaultKind, Put, Row, WriteError};

use super::attributes::{number, text};
use super::insert;
use super::row_item::encode;
use super::schema::{DOC, EXPIRES_AT, PK, SK, VERSION};
use crate::fault::{entry_fault, fault, invalid, unanswered};

const PUT: &str = "dynamodb.BatchExecuteStatement";

/// Writes each of these rows or not. One answer a put, in order.
pub(super) async fn put_each(client: &Client, table: &str, puts: &[Put]) -> Result<Vec<Result<(), WriteError>>, Fault> {
    let statements = puts.iter().map(|put| statement(table, put)).collect::<Result<Vec<_>, _>>()?;
    let call = client.batch_execute_statement().set_statements(Some(statements)).send().await;
    let answer = call.map_err(|error| {
        let denied = error.code() == Some("AccessDeniedException");
        named(table, fault(PUT, &error), denied)
    })?;
    let mut responses = answer.responses().iter();
    Ok(puts
        .iter()
        .map(|_| responses.next().map_or_else(|| Err(unanswered(PUT).into()), |it| read(table, it)))
        .collect())
}

fn statement(table: &str, put: &Put) -> Result<BatchStatementRequest, Fault> {
    match put.condition {
        Condition::Absent => insert::statement(table, &encode(&put.row)),
        Condition::VersionIs(version) => update(table, &put.row, version),
        Condition::Any | Condition::VersionBelow(_) => Err(invalid(PUT, "a row on such a condition goes by itself")),
    }
}

fn update(table: &str, row: &Row, version: u64) -> Result<BatchStatementRequest, Fault> {
    let mut request =
        BatchStatementRequest::builder().parameters(number(row.version)).parameters(text(row.doc.to_string()));
    let expiry = match row.expires_at {
        Some(at) => {
            request = request.parameters(number(at.as_second()));
            format!("SET \"{EXPIRES_AT}\" = ?")
        }
        None => format!("REMOVE \"{EXPIRES_AT}\""),
    };
    request
        .statement(format!(
            "UPDATE \"{table}\" SET \"{VERSION}\" = ? SET \"{DOC}\" = ? {expiry} WHERE \"{PK}\" = ? AND \"{SK}\" = ? AND \"{VERSION}\" = ?"
        ))
        .parameters(text(row.key.pk.as_str()))
        .parameters(text(row.key.sk.as_str()))
        .parameters(number(version))
        .build()
        .map_err(|error| invalid(PUT, error))
}

fn read(table: &str, response: &BatchStatementResponse) -> Result<(), WriteError> {
    use BatchStatementErrorCodeEnum as Code;
    let Some(error) = response.error() else { return Ok(()) };
    match error.code() {
        Some(Code::DuplicateItem | Code::ConditionalCheckFailed) => Err(WriteError::Condition(None)),
        code => {
            let name = code.map_or("unknown error", Code::as_str);
            let fault = entry_fault(PUT, name, error.message(), code.is_some());
            Err(named(table, fault, code == Some(&Code::AccessDenied)).into())
        }
    }
}

/// With the permissions that are missing. A lone put needs none but `PutItem`'s, so it shows only where rows meet.
fn named(table: &str, fault: Fault, is_denied: bool) -> Fault {
    if !is_denied {
        return fault;
    }
    let why = format!(
        "{fault}; rows that meet need dynamodb:PartiQLInsert and dynamodb:PartiQLUpdate on {table}, or GROUP_COMMIT=off"
    );
    Fault::new(FaultKind::Denied, PUT, why)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::BatchStatementError;
    use shotengai_kernel::Timestamp;
    use shotengai_messaging::Key;

    use super::*;

    fn row() -> Row {
        Row::new(Key::new("ord_1", "received"), 2, serde_json::json!({"state": "sent"}))
    }

    #[test]
    fn a_row_in_a_versions_place_sets_all_of_it_and_names_no_value() {
        let put = |row: Row| statement("claims", &Put { row, condition: Condition::VersionIs(1) }).unwrap();
        let stays = put(row());
        assert_eq!(
            stays.statement(),
            "UPDATE \"claims\" SET \"version\" = ? SET \"doc\" = ? REMOVE \"expires_at\" WHERE \"pk\" = ? AND \"sk\" = ? AND \"version\" = ?"
        );
        assert_eq!(stays.parameters().len(), 5);
        let goes = put(Row { expires_at: Some(Timestamp::UNIX_EPOCH), ..row() });
        assert!(goes.statement().contains("SET \"expires_at\" = ? WHERE"), "{}", goes.statement());
        assert_eq!(goes.parameters().len(), 6);
        let absent = statement("claims", &Put { row: row(), condition: Condition::Absent }).unwrap();
        assert!(absent.statement().starts_with("INSERT INTO \"claims\" VALUE {"), "{}", absent.statement());
    }

    #[test]
    fn a_refused_condition_is_told_from_a_fault() {
        let refused = |code| {
            let error = BatchStatementError::builder().code(code).message("words").build();
            read("claims", &BatchStatementResponse::builder().error(error).build())
        };
        use BatchStatementErrorCodeEnum as Code;
        for code in [Code::DuplicateItem, Code::ConditionalCheckFailed] {
            assert!(matches!(refused(code), Err(WriteError::Condition(None))));
        }
        let Err(WriteError::Fault(fault)) = refused(Code::ThrottlingError) else { panic!("a fault") };
        assert_eq!(fault.kind(), FaultKind::Throttled);
        let Err(WriteError::Fault(fault)) = refused(Code::AccessDenied) else { panic!("a fault") };
        for word in ["PartiQLInsert", "PartiQLUpdate", "claims", "GROUP_COMMIT=off"] {
            assert!(fault.to_string().contains(word), "{fault}");
        }
    }
}
