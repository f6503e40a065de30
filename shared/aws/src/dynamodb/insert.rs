//! Appending commits that stand alone, many in one request: PartiQL `INSERT`s in a `BatchExecuteStatement`.
//!
//! An `INSERT` refuses a key that is taken, as a conditional put does. Statements of a batch are no transaction: each is done
//! or refused by itself, at a single write's price, and the request is answered with success whatever became of them.
//!
//! The answer does not say by whom a slot was taken. So the slots of refused statements are read, consistently: a commit that
//! stands there is our own, from a request whose answer was lost.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse};
use shotengai_kernel::{AggregateId, CommitId, Ports, Version};
use shotengai_messaging::{AppendError, Commit, Fault, FaultKind};

use tokio::time::timeout;

use super::append::check;
use super::attributes::Item;
use super::commit_item::{read_commit_id, slot};
use super::marked::read_marks;
use crate::fault::{entry_fault, fault, invalid, unanswered};

pub(super) const INSERT: &str = "dynamodb.BatchExecuteStatement";

/// How long a look at taken slots may last: many times what a read takes.
const LOOK: Duration = Duration::from_millis(500);

/// Outcome of one statement.
enum Inserted {
    Done,
    /// Something stands in its slot.
    Taken,
    Failed(AppendError),
}

/// Writes each of these commits into its slot or not, whatever becomes of the others. One answer a commit, in order.
pub(super) async fn insert(
    client: &Client,
    table: &str,
    marked: bool,
    ports: &Ports,
    commits: &[Commit],
) -> Result<Vec<Result<(), AppendError>>, Fault> {
    let checked: Vec<Result<Item, AppendError>> = commits.iter().map(|commit| check(commit, marked)).collect();
    let statements = checked.iter().flatten().map(|item| statement(table, item)).collect::<Result<Vec<_>, _>>()?;
    let responses = if statements.is_empty() {
        Vec::new()
    } else {
        let call = client.batch_execute_statement().set_statements(Some(statements)).send().await;
        let answer = call.map_err(|error| {
            let denied = error.code() == Some("AccessDeniedException");
            named(table, fault(INSERT, &error), denied)
        })?;
        answer.responses.unwrap_or_default()
    };
    let mut responses = responses.iter();
    let mut inserted = Vec::with_capacity(commits.len());
    for checked in checked {
        inserted.push(match checked {
            Ok(_) => responses.next().map_or_else(|| Inserted::Failed(unanswered(INSERT).into()), |it| read(table, it)),
            Err(error) => Inserted::Failed(error),
        });
    }
    let taken: Vec<Commit> = commits
        .iter()
        .zip(&inserted)
        .filter(|(_, it)| matches!(it, Inserted::Taken))
        .map(|(commit, _)| commit.clone())
        .collect();
    let standing = if taken.is_empty() { Ok(Standing::new()) } else { look(client, table, ports, &taken).await };
    Ok(commits.iter().zip(inserted).map(|(commit, it)| judge(commit, it, &standing)).collect())
}

/// The statement that puts an item where none stands.
///
/// Values are parameters: no text of an event becomes part of a statement, which may have 8192 characters.
pub(super) fn statement(table: &str, item: &Item) -> Result<BatchStatementRequest, Fault> {
    let (names, values): (Vec<_>, Vec<_>) =
        item.iter().map(|(name, value)| (format!("'{name}': ?"), value.clone())).unzip();
    BatchStatementRequest::builder()
        .statement(format!("INSERT INTO \"{table}\" VALUE {{{}}}", names.join(", ")))
        .set_parameters(Some(values))
        .build()
        .map_err(|error| invalid(INSERT, error))
}

fn read(table: &str, response: &BatchStatementResponse) -> Inserted {
    let Some(error) = response.error() else { return Inserted::Done };
    match error.code() {
        Some(BatchStatementErrorCodeEnum::DuplicateItem | BatchStatementErrorCodeEnum::ConditionalCheckFailed) => {
            Inserted::Taken
        }
        code => {
            let name = code.map_or("unknown error", BatchStatementErrorCodeEnum::as_str);
            let fault = entry_fault(INSERT, name, error.message(), code.is_some());
            Inserted::Failed(named(table, fault, code == Some(&BatchStatementErrorCodeEnum::AccessDenied)).into())
        }
    }
}

/// With the permission that is missing. A lone commit needs none but `PutItem`'s, so it shows only where commits meet.
fn named(table: &str, fault: Fault, is_denied: bool) -> Fault {
    if !is_denied {
        return fault;
    }
    let why = format!("{fault}; commits that meet need dynamodb:PartiQLInsert on {table}, or GROUP_COMMIT=off");
    Fault::new(FaultKind::Denied, INSERT, why)
}

/// Which commit stands in a slot; none where its id can't be read.
type Standing = BTreeMap<(AggregateId, Version), Option<CommitId>>;

/// The others' answers wait for it, so it has [`LOOK`]; whose slot was not seen goes by itself, which tells.
async fn look(client: &Client, table: &str, ports: &Ports, commits: &[Commit]) -> Result<Standing, Fault> {
    let items = timeout(LOOK, read_marks(client, table, ports, commits)).await;
    let items = items.map_err(|_| Fault::new(FaultKind::Transient, INSERT, "taken slots were not read in time"))??;
    Ok(items.iter().filter_map(|item| Some((slot(item).ok()?, read_commit_id(item).ok()))).collect())
}

fn judge(commit: &Commit, inserted: Inserted, standing: &Result<Standing, Fault>) -> Result<(), AppendError> {
    match (inserted, standing) {
        (Inserted::Done, _) => Ok(()),
        (Inserted::Failed(error), _) => Err(error),
        (Inserted::Taken, Err(fault)) => Err(fault.clone().into()),
        (Inserted::Taken, Ok(standing)) => {
            match standing.get(&(commit.aggregate_id.clone(), commit.first_version)) {
                Some(Some(id)) if *id == commit.commit_id => Ok(()),
                Some(_) => Err(AppendError::Conflict { indexes: vec![0] }),
                // The store became another one in between.
                None => Err(Fault::new(FaultKind::Transient, INSERT, "a slot was taken, and is empty").into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_sdk_dynamodb::types::BatchStatementError;
    use shotengai_contracts::{EventType, Metadata, samples};
    use shotengai_kernel::ManualClock;
    use shotengai_messaging::CommitFactory;

    use super::*;
    use crate::dynamodb::commit_item::encode;

    fn commit(current: u64) -> Commit {
        let ports = Ports::seeded(current, Arc::new(ManualClock::default()));
        let meta = Metadata::request(ports.ids.uuid_v7(), None);
        let event = samples::event(EventType::ProductCreated).unwrap();
        let id = AggregateId::parse("prod_1").unwrap();
        CommitFactory::new(ports).commit(id, Version::new(current), &[event], &meta).unwrap()
    }

    fn refused(code: BatchStatementErrorCodeEnum) -> Inserted {
        let error = BatchStatementError::builder().code(code).message("words").build();
        read("catalog-events", &BatchStatementResponse::builder().error(error).build())
    }

    #[test]
    fn values_are_parameters_in_the_order_of_their_names() {
        let item = encode(&commit(0), true);
        let statement = statement("blue-catalog-events", &item).unwrap();
        let text = statement.statement();
        assert!(text.starts_with("INSERT INTO \"blue-catalog-events\" VALUE {'") && text.len() < 300, "{text}");
        let (_, names) = text.split_once('{').unwrap();
        let names: Vec<_> = names.split('\'').skip(1).step_by(2).collect();
        assert_eq!(names.len(), item.len());
        for (name, value) in names.iter().zip(statement.parameters()) {
            assert_eq!(item.get(*name), Some(value), "{name}");
        }
    }

    #[test]
    fn each_code_says_what_can_be_done_about_its_statement() {
        use BatchStatementErrorCodeEnum as Code;
        let kinds = [
            (Code::ProvisionedThroughputExceeded, FaultKind::Throttled),
            (Code::RequestLimitExceeded, FaultKind::Throttled),
            (Code::ThrottlingError, FaultKind::Throttled),
            (Code::TransactionConflict, FaultKind::Throttled),
            (Code::InternalServerError, FaultKind::Transient),
            (Code::AccessDenied, FaultKind::Denied),
            (Code::ResourceNotFound, FaultKind::Denied),
            (Code::ValidationError, FaultKind::Permanent),
            (Code::ItemCollectionSizeLimitExceeded, FaultKind::Permanent),
        ];
        for (code, kind) in kinds {
            let Inserted::Failed(AppendError::Fault(fault)) = refused(code.clone()) else { panic!("{code:?}") };
            assert_eq!(fault.kind(), kind, "{code:?}");
        }
        for code in [Code::DuplicateItem, Code::ConditionalCheckFailed] {
            assert!(matches!(refused(code), Inserted::Taken));
        }
        assert!(matches!(read("catalog-events", &BatchStatementResponse::builder().build()), Inserted::Done));
    }

    #[test]
    fn a_missing_permission_is_named_with_its_table_and_the_way_around() {
        let Inserted::Failed(AppendError::Fault(fault)) = refused(BatchStatementErrorCodeEnum::AccessDenied) else {
            panic!("denied");
        };
        let text = fault.to_string();
        for word in ["dynamodb:PartiQLInsert", "catalog-events", "GROUP_COMMIT=off"] {
            assert!(text.contains(word), "{text}");
        }
    }

    #[test]
    fn a_taken_slot_is_ours_or_another_s_or_not_known() {
        let (ours, slot) = (commit(0), |commit: &Commit| (commit.aggregate_id.clone(), commit.first_version));
        let with = |standing: Option<CommitId>| Ok(Standing::from([(slot(&ours), standing)]));
        assert!(judge(&ours, Inserted::Taken, &with(Some(ours.commit_id))).is_ok());
        for other in [Some(commit(1).commit_id), None] {
            let lost = judge(&ours, Inserted::Taken, &with(other));
            assert!(matches!(lost, Err(AppendError::Conflict { indexes }) if indexes == [0]));
        }
        let gone = judge(&ours, Inserted::Taken, &Ok(Standing::new()));
        assert!(matches!(gone, Err(AppendError::Fault(fault)) if fault.is_retryable()));
        let throttled = Fault::new(FaultKind::Throttled, "dynamodb.BatchGetItem", "later");
        assert!(matches!(judge(&ours, Inserted::Taken, &Err(throttled)), Err(AppendError::Fault(_))));
    }
}
