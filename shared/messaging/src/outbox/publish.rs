//! From commits to acknowledged records.

use std::time::Duration;

use tracing::{Instrument, Span};

use super::Publisher;
use crate::backoff::Backoff;
use crate::commit::Commit;
use crate::metrics;
use crate::ports::stream::{PUT_MAX_BYTES, PUT_MAX_RECORDS, StreamRecord};
use crate::trace::follow;

impl Publisher {
    /// Puts the commits' events into the stream; returns the commits of which the stream has acknowledged every event.
    /// The others keep their markers.
    pub(super) async fn publish(&self, commits: Vec<Commit>, by: &'static str, attempts: u32) -> Vec<Commit> {
        let mut acknowledged = Vec::new();
        for chunk in chunks(commits) {
            acknowledged.extend(self.publish_chunk(chunk, by, attempts).await);
        }
        acknowledged
    }

    async fn publish_chunk(
        &self,
        chunk: Vec<(Commit, Vec<StreamRecord>)>,
        by: &'static str,
        attempts: u32,
    ) -> Vec<Commit> {
        let (commits, records): (Vec<_>, Vec<_>) = chunk.into_iter().unzip();
        // Which commit each outstanding record belongs to.
        let mut outstanding: Vec<(usize, StreamRecord)> = records
            .into_iter()
            .enumerate()
            .flat_map(|(index, records)| records.into_iter().map(move |record| (index, record)))
            .collect();
        let total = outstanding.len();
        // Each commit's own part of its trace, until the stream has answered; shared calls belong to the first.
        let spans: Vec<Span> = commits.iter().map(span).collect();
        let first = spans.first().cloned().unwrap_or_else(Span::none);
        let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));
        for attempt in 1..=attempts {
            if outstanding.is_empty() {
                break;
            }
            outstanding = self.put(outstanding).instrument(first.clone()).await;
            if !outstanding.is_empty() && attempt < attempts {
                tokio::time::sleep(backoff.delay(attempt, self.ports.random.as_ref())).await;
            }
        }
        drop(spans);
        let published = u64::try_from(total - outstanding.len()).unwrap_or(0);
        metrics::PUBLISHED.add(published, [self.service.into(), by.into()]);
        if !outstanding.is_empty() {
            tracing::warn!(
                service = self.service,
                events = outstanding.len(),
                "the stream did not take all events; the sweeper will try again"
            );
        }
        let mut failed: Vec<usize> = outstanding.into_iter().map(|(index, _)| index).collect();
        failed.sort_unstable();
        commits
            .into_iter()
            .enumerate()
            .filter(|(index, _)| failed.binary_search(index).is_err())
            .map(|(_, commit)| commit)
            .collect()
    }

    /// One try; returns what the stream has not acknowledged.
    async fn put(&self, outstanding: Vec<(usize, StreamRecord)>) -> Vec<(usize, StreamRecord)> {
        let records: Vec<_> = outstanding.iter().map(|(_, record)| record.clone()).collect();
        match self.stream.put(&records).await {
            // An adapter that answers for fewer than were put has acknowledged only those.
            Ok(answers) => {
                let mut answers = answers.into_iter();
                outstanding
                    .into_iter()
                    .filter(|_| match answers.next() {
                        Some(Ok(())) => false,
                        Some(Err(fault)) => {
                            metrics::count_fault(&fault);
                            true
                        }
                        None => true,
                    })
                    .collect()
            }
            Err(fault) => {
                metrics::count_fault(&fault);
                outstanding
            }
        }
    }
}

fn span(commit: &Commit) -> Span {
    let span = tracing::info_span!(
        "publish",
        otel.name = "outbox publish",
        otel.kind = "producer",
        messaging.system = "aws_kinesis",
        messaging.batch.message_count = commit.events.len(),
        event.subject = %commit.aggregate_id,
    );
    follow(&span, commit.events.first().and_then(|envelope| envelope.traceparent.as_deref()));
    span
}

fn records(commit: &Commit) -> Vec<StreamRecord> {
    commit
        .events
        .texts()
        .iter()
        .map(|text| StreamRecord { key: commit.aggregate_id.to_string(), data: text.as_bytes().to_vec() })
        .collect()
}

/// Cuts commits, each with its records, into requests that the stream takes.
fn chunks(commits: Vec<Commit>) -> Vec<Vec<(Commit, Vec<StreamRecord>)>> {
    let mut chunks = Vec::new();
    let mut chunk = Vec::new();
    let (mut count, mut bytes) = (0, 0);
    for commit in commits {
        let records = records(&commit);
        let size: usize = records.iter().map(|record| record.key.len() + record.data.len()).sum();
        if !chunk.is_empty() && (count + commit.events.len() > PUT_MAX_RECORDS || bytes + size > PUT_MAX_BYTES) {
            chunks.push(std::mem::take(&mut chunk));
            (count, bytes) = (0, 0);
        }
        count += commit.events.len();
        bytes += size;
        chunk.push((commit, records));
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}
