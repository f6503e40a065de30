//! The stream: order per key, positions, reading on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shotengai_kernel::Ports;
use shotengai_messaging::ports::fault::FaultKind;
use shotengai_messaging::ports::stream::{ReadRecord, ShardCursor, StartAt, StreamReader, StreamRecord, StreamWriter};

use super::{eventually, fresh};

/// Checks both ends of a stream. Its shards must not change meanwhile; others may write to it.
///
/// # Panics
/// When the stream breaks a promise.
pub async fn stream_contract(writer: Arc<dyn StreamWriter>, reader: Arc<dyn StreamReader>, ports: &Ports) {
    let case = Case { writer, reader, ports: ports.clone() };
    case.records_of_a_key_keep_their_order().await;
    case.reading_goes_on_behind_a_position().await;
    case.reading_from_now_on_passes_over_what_there_is().await;
    case.a_limit_is_kept_and_nothing_lost_by_it().await;
    case.a_shard_that_is_not_there_is_a_permanent_fault().await;
}

struct Case {
    writer: Arc<dyn StreamWriter>,
    reader: Arc<dyn StreamReader>,
    ports: Ports,
}

/// Positions are decimals of any length.
fn number(position: &str) -> (usize, &str) {
    assert!(!position.is_empty() && position.bytes().all(|b| b.is_ascii_digit()), "not a decimal: {position:?}");
    let digits = position.trim_start_matches('0');
    (digits.len(), digits)
}

impl Case {
    async fn put(&self, records: &[StreamRecord]) {
        let answers = self.writer.put(records).await.expect("a put is answered");
        assert_eq!(answers.len(), records.len(), "one answer a record");
        assert!(answers.iter().all(Result::is_ok), "every record is taken: {answers:?}");
    }

    /// Everything from a cursor to the tip of an open shard.
    async fn read_to_tip(&self, mut cursor: ShardCursor, limit: usize) -> Vec<ReadRecord> {
        let mut records: Vec<ReadRecord> = Vec::new();
        loop {
            let batch = self.reader.read(&cursor, limit).await.expect("a fresh cursor reads");
            assert!(batch.records.len() <= limit, "a read gives at most its limit");
            let at_tip = batch.records.is_empty() && batch.behind_ms == 0;
            for record in batch.records {
                let last = records.last().map(|last| number(&last.position));
                assert!(last < Some(number(&record.position)), "positions count up: {last:?}, {}", record.position);
                records.push(record);
            }
            match batch.next {
                Some(next) if !at_tip => cursor = next,
                _ => break,
            }
        }
        records
    }

    async fn read_all(&self, limit: usize) -> BTreeMap<String, Vec<ReadRecord>> {
        let mut all = BTreeMap::new();
        for shard in self.reader.shards().await.expect("shards are listed") {
            let cursor = self.reader.cursor(&shard.id, &StartAt::Oldest).await.expect("a shard can be read");
            all.insert(shard.id, self.read_to_tip(cursor, limit).await);
        }
        all
    }

    /// Reads until `count` records of keys with this prefix are there.
    async fn read_own(&self, prefix: &str, count: usize, limit: usize) -> BTreeMap<String, Vec<ReadRecord>> {
        eventually("all records are read", || async {
            let mut all = self.read_all(limit).await;
            for records in all.values_mut() {
                records.retain(|record| record.key.starts_with(prefix));
            }
            let found: usize = all.values().map(Vec::len).sum();
            assert!(found <= count, "{found} records where {count} were put");
            (found == count).then_some(all)
        })
        .await
    }

    async fn records_of_a_key_keep_their_order(&self) {
        let prefix = fresh(&self.ports, "order-");
        let record = |key: u8, n: u8| StreamRecord { key: format!("{prefix}/{key}"), data: vec![0xff, 0, key, n] };
        for half in [0..5, 5..10] {
            let records: Vec<_> = half.flat_map(|n| (0..20).map(move |key| (key, n))).collect();
            self.put(&records.into_iter().map(|(key, n)| record(key, n)).collect::<Vec<_>>()).await;
        }
        let mut homes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut data: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        for (shard, records) in self.read_own(&prefix, 200, 1000).await {
            for record in records {
                assert!(record.arrived_at.is_some(), "a record says when it came");
                homes.entry(record.key.clone()).or_default().insert(shard.clone());
                data.entry(record.key).or_default().push(record.data);
            }
        }
        for key in 0..20 {
            let name = format!("{prefix}/{key}");
            let put: Vec<_> = (0..10).map(|n| record(key, n).data).collect();
            assert_eq!(data.get(&name), Some(&put), "records of a key come unchanged and in order");
            assert_eq!(homes.get(&name).map(BTreeSet::len), Some(1), "a key lives in one shard");
        }
    }

    async fn reading_goes_on_behind_a_position(&self) {
        let prefix = fresh(&self.ports, "after-");
        let records: Vec<_> = (0..15).map(|n| StreamRecord { key: prefix.clone(), data: vec![n] }).collect();
        self.put(&records).await;
        let all = self.read_own(&prefix, 15, 1000).await;
        let (shard, ours) = all.iter().find(|(_, records)| !records.is_empty()).expect("the shard of the key");
        for read in [1, 7, 15] {
            let start = StartAt::After(ours[read - 1].position.clone());
            let cursor = self.reader.cursor(shard, &start).await.expect("a position that was read");
            let mut rest = self.read_to_tip(cursor, 1000).await;
            rest.retain(|record| record.key == prefix);
            assert_eq!(rest, ours[read..], "behind a position comes what was put after it");
        }
    }

    async fn reading_from_now_on_passes_over_what_there_is(&self) {
        let prefix = fresh(&self.ports, "latest-");
        let record = |n: u8| StreamRecord { key: prefix.clone(), data: vec![n] };
        self.put(&[record(0), record(1)]).await;
        let all = self.read_own(&prefix, 2, 1000).await;
        let (shard, _) = all.iter().find(|(_, records)| !records.is_empty()).expect("the shard of the key");
        let mut cursor = self.reader.cursor(shard, &StartAt::Latest).await.expect("a shard can be read");
        // Where it is to begin is only sure to be settled by a first read.
        let first = self.reader.read(&cursor, 1000).await.expect("a shard can be read");
        assert!(first.records.iter().all(|record| record.key != prefix), "nothing of before");
        cursor = first.next.unwrap_or(cursor);
        self.put(&[record(2)]).await;
        let read = eventually("what came is read", || async {
            let mut read = self.read_to_tip(cursor.clone(), 1000).await;
            read.retain(|record| record.key == prefix);
            (!read.is_empty()).then_some(read)
        });
        let data: Vec<_> = read.await.into_iter().map(|record| record.data).collect();
        assert_eq!(data, [[2]], "and all that comes");
    }

    async fn a_limit_is_kept_and_nothing_lost_by_it(&self) {
        let prefix = fresh(&self.ports, "limit-");
        let records: Vec<_> =
            (0..25).map(|n| StreamRecord { key: format!("{prefix}/{}", n % 5), data: vec![n] }).collect();
        self.put(&records).await;
        self.read_own(&prefix, 25, 7).await;
    }

    async fn a_shard_that_is_not_there_is_a_permanent_fault(&self) {
        let outcome = self.reader.cursor("shardId-000000999999", &StartAt::Oldest).await;
        let kind = outcome.map_err(|fault| fault.kind());
        assert_eq!(kind, Err(FaultKind::Denied), "there is no such shard");
    }
}
