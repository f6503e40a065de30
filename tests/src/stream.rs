//! How events get into the stream under test, and what stands in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use shotengai_contracts::{Envelope, Owner};
use shotengai_kernel::EventId;
use shotengai_messaging::ports::stream::StartAt;
use shotengai_messaging::{Fault, Infrastructure, OUTBOX_SHARDS};

use crate::test_cluster::TestCluster;
use crate::wait::until;

const PAGE: usize = 1000;

/// Whether DynamoDB's change capture feeds the stream (`E2E_PUBLISH=cdc`), or publishers do.
#[must_use]
pub fn captured() -> bool {
    match std::env::var("E2E_PUBLISH").as_deref() {
        Err(_) | Ok("outbox") => false,
        Ok("cdc") => true,
        Ok(other) => panic!("E2E_PUBLISH={other}: outbox or cdc"),
    }
}

/// The same, as `PUBLISH` has it.
#[must_use]
pub fn mode() -> &'static str {
    if captured() { "cdc" } else { "outbox" }
}

/// The events of a record: an envelope, or a change record of a new commit. Read here as AWS documents it, not as the
/// bridge reads it.
#[must_use]
pub fn envelopes(data: &[u8]) -> Vec<Envelope> {
    if let Ok(envelope) = Envelope::from_json(data) {
        return vec![envelope];
    }
    let Ok(change) = serde_json::from_slice::<Value>(data) else { return Vec::new() };
    if change["eventName"] != "INSERT" {
        return Vec::new();
    }
    let events = change["dynamodb"]["NewImage"]["events"]["S"].as_str().unwrap_or("[]");
    let events: Vec<Value> = serde_json::from_str(events).unwrap_or_default();
    events.iter().filter_map(|event| Envelope::from_json(event.to_string().as_bytes()).ok()).collect()
}

/// How often each event stands in the stream.
///
/// # Errors
/// A [`Fault`] of the local AWS, which a busy machine may keep from answering.
pub async fn held(cluster: &TestCluster) -> Result<BTreeMap<EventId, usize>, Fault> {
    let mut held = BTreeMap::new();
    for text in texts(cluster).await? {
        for envelope in envelopes(text.as_bytes()) {
            *held.entry(envelope.id).or_default() += 1;
        }
    }
    Ok(held)
}

/// Every record of the stream, as text.
///
/// # Errors
/// As [`held`].
pub async fn texts(cluster: &TestCluster) -> Result<Vec<String>, Fault> {
    let reader = cluster.aws.stream_reader();
    let mut texts = Vec::new();
    for shard in reader.shards().await? {
        let mut cursor = reader.cursor(&shard.id, &StartAt::Oldest).await?;
        loop {
            let batch = reader.read(&cursor, PAGE).await?;
            texts.extend(batch.records.iter().map(|record| String::from_utf8_lossy(&record.data).into_owned()));
            // The local stream is empty only at its end.
            let Some(next) = batch.next.filter(|_| !batch.records.is_empty()) else { break };
            cursor = next;
        }
    }
    Ok(texts)
}

/// Every event that was committed, by its id.
///
/// # Errors
/// As [`held`].
pub async fn committed(cluster: &TestCluster) -> Result<BTreeSet<EventId>, Fault> {
    let mut committed = BTreeSet::new();
    for owner in Owner::ALL {
        let store = cluster.aws.event_store(owner);
        for shard in 0..OUTBOX_SHARDS {
            let mut from = None;
            loop {
                let (commits, next) = store.scan(shard, from, PAGE).await?;
                committed.extend(commits.iter().flat_map(|commit| commit.events.iter().map(|event| event.id)));
                let Some(next) = next else { break };
                from = Some(next);
            }
        }
    }
    Ok(committed)
}

/// Waits until every committed event stands in the stream.
pub async fn until_complete(cluster: &TestCluster) {
    until("every committed event is in the stream", Duration::from_secs(60), || async {
        let look = async { Ok::<_, Fault>((committed(cluster).await?, held(cluster).await?)) };
        let (committed, held) = look.await.map_err(|fault| fault.to_string())?;
        let missing: Vec<_> = committed.into_iter().filter(|id| !held.contains_key(id)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?}")) }
    })
    .await;
}
