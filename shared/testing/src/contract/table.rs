//! The table: rows, conditions, lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::ports::table::{Condition, Key, Put, Row, Table, WriteError};

use super::{fresh, table_transact};

/// Checks a table. Others may use it.
///
/// # Panics
/// When the table breaks a promise.
pub async fn table_contract(table: Arc<dyn Table>, ports: &Ports) {
    let case = Case { table, ports: ports.clone() };
    case.table.ping().await.expect("the table answers");
    case.a_row_is_read_as_it_was_written().await;
    case.a_put_replaces_the_whole_row().await;
    case.absent_holds_once().await;
    case.version_below_lets_versions_rise_only().await;
    case.version_is_lets_one_writer_pass().await;
    case.rows_that_go_together_stand_alone().await;
    case.a_delete_keeps_its_condition().await;
    case.many_rows_are_read_at_once().await;
    case.a_list_has_prefix_start_and_limit().await;
    case.many_writers_lose_no_update().await;
    Box::pin(table_transact::check(&case)).await;
}

pub(super) struct Case {
    pub(super) table: Arc<dyn Table>,
    pub(super) ports: Ports,
}

/// Row that a refused write shows.
fn refused(outcome: Result<(), WriteError>) -> Option<Row> {
    match outcome {
        Err(WriteError::Condition(row)) => row.map(|row| *row),
        other => panic!("a condition that does not hold must refuse the write, not {other:?}"),
    }
}

impl Case {
    pub(super) fn key(&self) -> Key {
        Key::new(fresh(&self.ports, "contract#"), "row")
    }

    pub(super) async fn get(&self, key: &Key) -> Option<Row> {
        self.table.get(key).await.expect("a get succeeds")
    }

    pub(super) async fn put(&self, row: &Row) {
        self.table.put(row, Condition::Any).await.expect("a put without condition succeeds");
    }

    async fn a_row_is_read_as_it_was_written(&self) {
        let key = self.key();
        assert_eq!(self.get(&key).await, None, "there is no row at first");
        let row = Row {
            key: key.clone(),
            version: 12,
            doc: json!({
                "name": "きのこの山 \"<&>\"", "empty": "", "none": null, "yes": true, "list": [1, "2", [], {}],
                "deep": {"price": 29.5, "negative": -7, "large": 999_999_999_999_999_u64},
            }),
            counters: BTreeMap::from([("sold".to_owned(), 5), ("returned".to_owned(), -3)]),
            expires_at: Some(Timestamp::from_second(4_102_444_800).expect("a time")),
        };
        self.put(&row).await;
        assert_eq!(self.get(&key).await, Some(row), "a row comes as it was written");
        for doc in [json!(null), json!("text"), json!([]), json!({})] {
            let plain = Row::new(self.key(), 0, doc);
            self.put(&plain).await;
            assert_eq!(self.get(&plain.key).await, Some(plain), "any document will do");
        }
    }

    async fn a_put_replaces_the_whole_row(&self) {
        let mut row = Row::new(self.key(), 2, json!({"a": 1}));
        row.counters.insert("count".to_owned(), 1);
        row.expires_at = Some(Timestamp::from_second(4_102_444_800).expect("a time"));
        self.put(&row).await;
        let other = Row::new(row.key.clone(), 1, json!({"b": 2}));
        self.put(&other).await;
        assert_eq!(self.get(&row.key).await, Some(other), "nothing of the old row stays");
    }

    async fn absent_holds_once(&self) {
        let first = Row::new(self.key(), 1, json!("first"));
        self.table.put(&first, Condition::Absent).await.expect("nothing stands there");
        let second = Row::new(first.key.clone(), 2, json!("second"));
        let standing = refused(self.table.put(&second, Condition::Absent).await);
        assert_eq!(standing.as_ref(), Some(&first), "a refused put shows what stands there");
        assert_eq!(self.get(&first.key).await, Some(first), "a refused put changes nothing");
    }

    async fn version_below_lets_versions_rise_only(&self) {
        let row = |key: &Key, version| Row::new(key.clone(), version, json!(version));
        let key = self.key();
        // 9 and 10: a comparison as text would go wrong.
        for version in [9, 10] {
            let outcome = self.table.put(&row(&key, version), Condition::VersionBelow(version)).await;
            outcome.unwrap_or_else(|error| panic!("version {version} is above what stands there: {error}"));
        }
        for version in [10, 9] {
            let standing = refused(self.table.put(&row(&key, version), Condition::VersionBelow(version)).await);
            assert_eq!(standing, Some(row(&key, 10)), "a refused put shows what stands there");
        }
    }

    async fn version_is_lets_one_writer_pass(&self) {
        let key = self.key();
        let next = Row::new(key.clone(), 2, json!("next"));
        let nothing = refused(self.table.put(&next, Condition::VersionIs(1)).await);
        assert_eq!(nothing, None, "where no row stands, none is shown");
        self.put(&Row::new(key.clone(), 1, json!("now"))).await;
        self.table.put(&next, Condition::VersionIs(1)).await.expect("the version is as expected");
        let late = Row::new(key, 2, json!("late"));
        assert_eq!(
            refused(self.table.put(&late, Condition::VersionIs(1)).await),
            Some(next),
            "the late one is refused"
        );
    }

    async fn rows_that_go_together_stand_alone(&self) {
        let keys: Vec<Key> = (0..6).map(|_| self.key()).collect();
        let later = Timestamp::from_second(4_102_444_800).expect("a time");
        let row =
            |index: usize, version| Row::new(keys[index].clone(), version, json!({"name": "きのこ", "of": index}));
        let passes = |row, condition| Put { row, condition };
        self.put(&row(1, 7)).await;
        self.put(&Row { expires_at: Some(later), ..row(2, 3) }).await;
        self.put(&row(3, 3)).await;
        let puts = [
            passes(Row { expires_at: Some(later), ..row(0, 1) }, Condition::Absent),
            passes(row(1, 1), Condition::Absent),
            passes(row(2, 4), Condition::VersionIs(3)),
            passes(Row { expires_at: Some(later), ..row(3, 9) }, Condition::VersionIs(3)),
            passes(row(4, 2), Condition::VersionIs(1)),
            passes(row(5, 1), Condition::Absent),
        ];
        let answers = self.table.put_each(&puts).await.expect("a request is answered");
        let refused: Vec<bool> = answers.iter().map(|answer| matches!(answer, Err(WriteError::Condition(_)))).collect();
        assert_eq!(refused, [false, true, false, false, true, false], "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4, "{answers:?}");
        for (index, key) in keys.iter().enumerate() {
            let stands = match index {
                1 => Some(row(1, 7)),
                4 => None,
                _ => Some(puts[index].row.clone()),
            };
            assert_eq!(self.get(key).await, stands, "row {index}");
        }
        // Repeated unchanged they meet themselves.
        let again = self.table.put_each(&puts).await.expect("a request is answered");
        assert!(again.iter().all(|answer| matches!(answer, Err(WriteError::Condition(_)))), "{again:?}");
    }

    async fn a_delete_keeps_its_condition(&self) {
        let row = Row::new(self.key(), 3, json!("here"));
        self.table.delete(&row.key, Condition::Any).await.expect("no row is fine");
        let nothing = refused(self.table.delete(&row.key, Condition::VersionIs(3)).await);
        assert_eq!(nothing, None, "where no row stands, none is shown");
        self.put(&row).await;
        let standing = refused(self.table.delete(&row.key, Condition::VersionIs(2)).await);
        assert_eq!(standing.as_ref(), Some(&row), "a refused delete shows what stands there");
        self.table.delete(&row.key, Condition::VersionIs(3)).await.expect("the version is as expected");
        assert_eq!(self.get(&row.key).await, None, "a deleted row is gone");
    }

    async fn many_rows_are_read_at_once(&self) {
        assert_eq!(self.table.get_many(&[]).await.expect("nothing is fine"), [], "no keys, no rows");
        let pk = fresh(&self.ports, "many#");
        let rows: Vec<_> = (0..150_u64).map(|n| Row::new(Key::new(&pk, format!("{n:03}")), n, json!(n))).collect();
        futures::future::join_all(rows.iter().map(|row| self.put(row))).await;
        let mut keys: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
        let mut read = self.table.get_many(&keys).await.expect("150 keys are cut by the adapter");
        read.sort_by(|a, b| a.key.cmp(&b.key));
        assert_eq!(read, rows, "every row is read");
        // Some that are not there, and one twice.
        keys.truncate(3);
        keys.extend([Key::new(&pk, "none"), keys[0].clone(), self.key()]);
        let read = self.table.get_many(&keys).await.expect("missing and repeated keys are fine");
        let found: BTreeSet<_> = read.into_iter().map(|row| row.key.sk).collect();
        assert_eq!(found, ["000", "001", "002"].map(str::to_owned).into(), "the rows that there are");
    }

    async fn listed(&self, pk: &str, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let rows = self.table.list(pk, prefix, after, limit).await.expect("a list succeeds");
        rows.into_iter().map(|row| row.key.sk).collect()
    }

    async fn a_list_has_prefix_start_and_limit(&self) {
        let pk = fresh(&self.ports, "list#");
        for sk in ["a/1", "b/3", "b/1", "b/2", "b", "b0", "c/1"] {
            self.put(&Row::new(Key::new(&pk, sk), 1, json!(sk))).await;
        }
        self.put(&Row::new(Key::new(format!("{pk}-other"), "b/9"), 1, json!(null))).await;
        let all = ["a/1", "b", "b/1", "b/2", "b/3", "b0", "c/1"];
        assert_eq!(self.listed(&pk, "", None, 100).await, all, "a partition in order of place");
        assert_eq!(self.listed(&pk, "b/", None, 100).await, ["b/1", "b/2", "b/3"], "only what has the prefix");
        assert_eq!(self.listed(&pk, "b/", None, 2).await, ["b/1", "b/2"], "at most the limit");
        assert_eq!(self.listed(&pk, "b/", Some("b/2"), 100).await, ["b/3"], "only what comes after");
        assert_eq!(self.listed(&pk, "b/", Some("b/1x"), 1).await, ["b/2"], "after a place that no row has");
        assert_eq!(self.listed(&pk, "", Some("b/3"), 100).await, ["b0", "c/1"], "after, without prefix");
        assert_eq!(self.listed(&pk, "b/", Some("b/3"), 100).await, [""; 0], "nothing comes after the last");
        assert_eq!(self.listed(&pk, "b/", Some("a"), 100).await, ["b/1", "b/2", "b/3"], "after a place before it all");
        assert_eq!(self.listed(&pk, "x", None, 100).await, [""; 0], "nothing has that prefix");
    }

    async fn many_writers_lose_no_update(&self) {
        let key = self.key();
        self.put(&Row::new(key.clone(), 0, json!(0))).await;
        let writer = || async {
            loop {
                let now = self.get(&key).await.expect("the row stands there").version;
                let next = Row::new(key.clone(), now + 1, json!(now + 1));
                match self.table.put(&next, Condition::VersionIs(now)).await {
                    Ok(()) => return,
                    Err(WriteError::Condition(_)) => {}
                    Err(WriteError::Fault(fault)) => panic!("{fault}"),
                }
            }
        };
        futures::future::join_all((0..8).map(|_| writer())).await;
        assert_eq!(self.get(&key).await, Some(Row::new(key, 8, json!(8))), "each of eight writers counted once");
    }
}
