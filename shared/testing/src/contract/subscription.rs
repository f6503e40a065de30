//! Subscriptions to shards: what comes is sent in order, once, and by one subscription at a time.

use std::sync::Arc;

use shotengai_kernel::Ports;
use shotengai_messaging::ports::fault::FaultKind;
use shotengai_messaging::ports::stream::{
    ReadRecord, StartAt, StreamReader, StreamRecord, StreamWriter, Subscription, SubscriptionTaken,
};

use super::{eventually, fresh};

/// Checks subscriptions to a stream whose consumer is registered. Its shards must not change meanwhile, and nobody else may
/// subscribe; others may write to it.
///
/// # Panics
/// When the stream breaks a promise.
pub async fn subscription_contract(writer: Arc<dyn StreamWriter>, reader: Arc<dyn StreamReader>, ports: &Ports) {
    let case = Case { key: fresh(ports, "pushed-"), writer, reader };
    case.put(0..5).await;
    let shard = case.shard().await;
    let mut first = case.begin(&shard, &StartAt::Oldest).await;
    let mut seen = case.take(first.as_mut(), 5).await;
    case.put(5..10).await;
    seen.extend(case.take(first.as_mut(), 5).await);
    let data: Vec<_> = seen.iter().flat_map(|record| record.data.clone()).collect();
    assert_eq!(data, (0..10).collect::<Vec<u8>>(), "what was there and what came, in order, once");

    let behind = StartAt::After(seen.get(6).expect("ten records").position.clone());
    let mut second = case.begin(&shard, &behind).await;
    let rest = case.take(second.as_mut(), 3).await;
    assert_eq!(rest, seen.get(7..).unwrap_or_default(), "behind a position comes what was put after it");
    let taken = loop {
        match first.next().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    let fault = taken.expect_err("a subscription that was taken over has ended");
    assert!(SubscriptionTaken::is_cause_of(&fault), "another has it: {fault}");

    let again = case.reader.subscribe(&shard, &StartAt::Oldest).await;
    let fault = again.err().expect("a subscription can't be taken over at once");
    assert!(SubscriptionTaken::is_cause_of(&fault) && fault.is_retryable(), "another has it: {fault}");

    let outcome = case.reader.subscribe("shardId-000000999999", &StartAt::Oldest).await;
    let kind = outcome.map(drop).map_err(|fault| fault.kind());
    assert_eq!(kind, Err(FaultKind::Denied), "there is no such shard");
}

struct Case {
    key: String,
    writer: Arc<dyn StreamWriter>,
    reader: Arc<dyn StreamReader>,
}

impl Case {
    async fn put(&self, data: std::ops::Range<u8>) {
        let records: Vec<_> = data.map(|n| StreamRecord { key: self.key.clone(), data: vec![n] }).collect();
        let answers = self.writer.put(&records).await.expect("a put is answered");
        assert!(answers.iter().all(Result::is_ok), "every record is taken: {answers:?}");
    }

    /// The shard of the key.
    async fn shard(&self) -> String {
        eventually("the records are read", || async {
            for shard in self.reader.shards().await.expect("shards are listed") {
                let mut cursor = self.reader.cursor(&shard.id, &StartAt::Oldest).await.expect("a shard can be read");
                loop {
                    let batch = self.reader.read(&cursor, 1000).await.expect("a fresh cursor reads");
                    if batch.records.iter().any(|record| record.key == self.key) {
                        return Some(shard.id);
                    }
                    match batch.next {
                        Some(next) if !batch.records.is_empty() => cursor = next,
                        _ => break,
                    }
                }
            }
            None
        })
        .await
    }

    /// A subscription, as soon as the one before can be taken over.
    async fn begin(&self, shard: &str, start: &StartAt) -> Box<dyn Subscription> {
        eventually("the shard is subscribed to", || async {
            match self.reader.subscribe(shard, start).await {
                Ok(subscription) => Some(subscription),
                Err(fault) => {
                    assert!(SubscriptionTaken::is_cause_of(&fault), "{fault}");
                    None
                }
            }
        })
        .await
    }

    /// The next `count` records of the key.
    async fn take(&self, subscription: &mut dyn Subscription, count: usize) -> Vec<ReadRecord> {
        let mut records: Vec<ReadRecord> = Vec::new();
        while records.len() < count {
            let batch = subscription.next().await.expect("a batch comes").expect("it is not over yet");
            assert!(!batch.ended, "the shard is open");
            records.extend(batch.records.into_iter().filter(|record| record.key == self.key));
        }
        assert_eq!(records.len(), count, "no more than were put");
        records
    }
}
