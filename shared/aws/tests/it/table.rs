//! Rows.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shotengai_aws::admin::TableSpec;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Condition, Infrastructure, Key, Row, TransactError, WriteError, WriteOp};

use crate::local::account;

#[tokio::test]
async fn rows_are_listed_by_place_within_a_prefix_and_fetched_in_any_number() {
    let aws = account().await;
    aws.admin().ensure_table(&TableSpec::rows("rows", true)).await.unwrap();
    let table = aws.table("rows");
    for index in 0..130_u64 {
        let row = Row::new(Key::new("a", format!("n{index:03}")), index, json!({ "index": index }));
        table.put(&row, Condition::Absent).await.unwrap();
    }
    table.put(&Row::new(Key::new("a", "other"), 0, Value::Null), Condition::Any).await.unwrap();

    let places = |rows: Vec<Row>| rows.into_iter().map(|row| row.key.sk).collect::<Vec<_>>();
    assert_eq!(places(table.list("a", "n", None, 3).await.unwrap()), ["n000", "n001", "n002"]);
    assert_eq!(places(table.list("a", "n", Some("n127"), 10).await.unwrap()), ["n128", "n129"]);
    // A place where no row stands is a place all the same.
    assert_eq!(places(table.list("a", "n", Some("n1285"), 10).await.unwrap()), ["n129"]);
    assert_eq!(places(table.list("a", "", Some("n129"), 10).await.unwrap()), ["other"]);
    assert!(table.list("a", "n", Some("z"), 10).await.unwrap().is_empty());
    assert_eq!(table.list("a", "n", Some("a"), 500).await.unwrap().len(), 130);
    assert!(table.list("b", "", None, 10).await.unwrap().is_empty());

    let mut keys: Vec<Key> = (0..130).map(|index| Key::new("a", format!("n{index:03}"))).collect();
    keys.extend([Key::new("a", "n000"), Key::new("a", "missing")]);
    assert_eq!(table.get_many(&keys).await.unwrap().len(), 130);
}

#[tokio::test]
async fn a_refused_write_shows_what_stands_there() {
    let aws = account().await;
    aws.admin().ensure_table(&TableSpec::rows("rows", true)).await.unwrap();
    let table = aws.table("rows");
    let key = Key::new("a", "b");
    let row = |version| Row {
        expires_at: Some(Timestamp::from_second(4_000_000_000).unwrap()),
        ..Row::new(key.clone(), version, json!({ "v": version }))
    };
    table.put(&row(5), Condition::VersionBelow(5)).await.unwrap();
    let standing = |refused: Result<(), WriteError>| match refused {
        Err(WriteError::Condition(row)) => row.map(|row| *row),
        other => panic!("{other:?}"),
    };
    assert_eq!(standing(table.put(&row(6), Condition::Absent).await), Some(row(5)));
    assert_eq!(standing(table.put(&row(6), Condition::VersionBelow(5)).await), Some(row(5)));
    assert_eq!(standing(table.delete(&key, Condition::VersionIs(4)).await), Some(row(5)));
    table.put(&row(6), Condition::VersionIs(5)).await.unwrap();
    table.delete(&key, Condition::VersionIs(6)).await.unwrap();
    assert_eq!(standing(table.put(&row(7), Condition::VersionIs(6)).await), None);
    table.delete(&key, Condition::Any).await.unwrap();
    assert_eq!(table.get(&key).await.unwrap(), None);
}

#[tokio::test]
async fn a_transaction_counts_once_or_not_at_all() {
    let aws = account().await;
    aws.admin().ensure_table(&TableSpec::rows("rows", true)).await.unwrap();
    let table = aws.table("rows");
    let total = Key::new("total", "0");
    let count = |order: &str, by: i64| {
        [
            WriteOp::Put(Row::new(Key::new("seen", order), 1, Value::Null), Condition::Absent),
            WriteOp::Add {
                key: total.clone(),
                counters: [("sold".to_owned(), by), ("orders".to_owned(), 1)].into(),
                expires_at: Some(Timestamp::from_second(4_000_000_000).unwrap()),
            },
        ]
    };
    table.transact(&count("ord_1", 3)).await.unwrap();
    table.transact(&count("ord_2", -1)).await.unwrap();
    let again = table.transact(&count("ord_1", 3)).await;
    assert!(matches!(again, Err(TransactError::Conditions(indexes)) if indexes == [0]));
    let row = table.get(&total).await.unwrap().unwrap();
    assert_eq!(row.counters, BTreeMap::from([("orders".to_owned(), 2), ("sold".to_owned(), 2)]));
    assert_eq!((row.version, row.doc), (0, Value::Null));
    assert_eq!(row.expires_at, Some(Timestamp::from_second(4_000_000_000).unwrap()));
}
