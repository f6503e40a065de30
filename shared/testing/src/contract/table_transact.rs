//! The table: transactions and counters.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shotengai_kernel::Timestamp;
use shotengai_messaging::ports::table::{Condition, Key, Row, TransactError, WriteOp};

use super::table::Case;
use super::{LOOK_EVERY, fresh};

pub(super) async fn check(case: &Case) {
    a_transaction_does_all(case).await;
    a_transaction_that_fails_does_nothing(case).await;
    counters_start_at_nothing(case).await;
    counters_leave_the_rest_of_a_row_alone(case).await;
    a_hundred_operations_go_together(case).await;
    concurrent_additions_all_count(case).await;
}

fn add(key: &Key, name: &str, by: i64) -> WriteOp {
    WriteOp::add(key.clone(), name, by)
}

async fn transact(case: &Case, ops: &[WriteOp]) {
    case.table.transact(ops).await.expect("the transaction succeeds");
}

async fn a_transaction_does_all(case: &Case) {
    let (made, moved, gone) = (case.key(), case.key(), case.key());
    case.put(&Row::new(moved.clone(), 1, json!("old"))).await;
    case.put(&Row::new(gone.clone(), 1, json!("old"))).await;
    let (new, next) = (Row::new(made.clone(), 1, json!("new")), Row::new(moved.clone(), 2, json!("next")));
    let counter = case.key();
    transact(
        case,
        &[
            WriteOp::Put(new.clone(), Condition::Absent),
            WriteOp::Put(next.clone(), Condition::VersionIs(1)),
            WriteOp::Delete(gone.clone(), Condition::VersionIs(1)),
            add(&counter, "n", 1),
        ],
    )
    .await;
    assert_eq!(case.get(&made).await, Some(new), "the new row stands there");
    assert_eq!(case.get(&moved).await, Some(next), "the other is replaced");
    assert_eq!(case.get(&gone).await, None, "the third is deleted");
    assert!(case.get(&counter).await.is_some(), "the counter counts");
}

async fn a_transaction_that_fails_does_nothing(case: &Case) {
    let standing = Row::new(case.key(), 5, json!("standing"));
    case.put(&standing).await;
    let (free, counter) = (case.key(), case.key());
    let put = |key: &Key, condition| WriteOp::Put(Row::new(key.clone(), 6, json!("late")), condition);
    let outcome = case
        .table
        .transact(&[
            put(&free, Condition::Absent),
            put(&standing.key, Condition::VersionBelow(5)),
            add(&counter, "n", 1),
            WriteOp::Delete(case.key(), Condition::VersionIs(1)),
        ])
        .await;
    match outcome {
        Err(TransactError::Conditions(indexes)) => assert_eq!(indexes, [1, 3], "the failing operations are named"),
        other => panic!("conditions that do not hold must refuse the transaction, not {other:?}"),
    }
    assert_eq!(case.get(&free).await, None, "nothing of a refused transaction happens");
    assert_eq!(case.get(&counter).await, None, "nothing of a refused transaction happens");
    assert_eq!(case.get(&standing.key).await, Some(standing), "what stood there still does");
}

async fn counters_start_at_nothing(case: &Case) {
    let key = case.key();
    transact(case, &[add(&key, "sold", 3)]).await;
    transact(case, &[add(&key, "sold", -5)]).await;
    let counters = BTreeMap::from([("returned".to_owned(), 2), ("sold".to_owned(), 4)]);
    let expires_at = Some(Timestamp::from_second(4_102_444_800).expect("a time"));
    transact(case, &[WriteOp::Add { key: key.clone(), counters: counters.clone(), expires_at }]).await;
    let counters = BTreeMap::from([("returned".to_owned(), 2), ("sold".to_owned(), 2)]);
    let expected = Row { key: key.clone(), version: 0, doc: Value::Null, counters, expires_at };
    assert_eq!(case.get(&key).await, Some(expected), "a missing row counts from nothing");
}

async fn counters_leave_the_rest_of_a_row_alone(case: &Case) {
    let mut row = Row::new(case.key(), 7, json!({"name": "kept"}));
    row.counters.insert("sold".to_owned(), 10);
    row.expires_at = Some(Timestamp::from_second(4_102_444_800).expect("a time"));
    case.put(&row).await;
    transact(case, &[add(&row.key, "sold", 1)]).await;
    transact(case, &[add(&row.key, "returned", 1)]).await;
    row.counters = BTreeMap::from([("returned".to_owned(), 1), ("sold".to_owned(), 11)]);
    assert_eq!(case.get(&row.key).await, Some(row), "version, document and expiry stay");
}

async fn a_hundred_operations_go_together(case: &Case) {
    let pk = fresh(&case.ports, "hundred#");
    let ops: Vec<_> = (0..100)
        .map(|n| WriteOp::Put(Row::new(Key::new(&pk, format!("{n:03}")), 1, json!(n)), Condition::Absent))
        .collect();
    transact(case, &ops).await;
    assert_eq!(case.table.list(&pk, "", None, 200).await.expect("a list").len(), 100, "all of a hundred happen");
}

async fn concurrent_additions_all_count(case: &Case) {
    let key = case.key();
    let ops = [add(&key, "n", 1)];
    let addition = || async {
        loop {
            match case.table.transact(&ops).await {
                Ok(()) => return,
                Err(TransactError::Contended) => tokio::time::sleep(LOOK_EVERY).await,
                Err(error) => panic!("{error}"),
            }
        }
    };
    // Those that met would meet again, all at the same moment: a few at a time come through.
    let additions: Vec<_> = (0..4).map(|_| addition()).collect();
    futures::future::join_all(additions).await;
    let row = case.get(&key).await.expect("the counter stands there");
    assert_eq!(row.counters.get("n"), Some(&4), "every addition counts once");
}
