//! Writes to the stream.

use async_trait::async_trait;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use shotengai_messaging::ports::stream::{PUT_MAX_BYTES, PUT_MAX_RECORDS, RECORD_MAX_BYTES};
use shotengai_messaging::{Fault, StreamRecord, StreamWriter};

use crate::fault::{entry_fault, fault, invalid, unanswered};

const PUT: &str = "kinesis.PutRecords";
const KEY_MAX_CHARS: usize = 256;

/// Puts records. After a lost answer the SDK puts them again, so the stream may hold a record twice.
pub(crate) struct KinesisWriter {
    client: Client,
    stream: String,
}

impl KinesisWriter {
    pub(crate) const fn new(client: Client, stream: String) -> Self {
        Self { client, stream }
    }
}

#[async_trait]
impl StreamWriter for KinesisWriter {
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        let answers = self.place(records).await?;
        Ok(answers.into_iter().map(|answer| answer.map(drop)).collect())
    }

    async fn place(&self, records: &[StreamRecord]) -> Result<Vec<Result<Option<String>, Fault>>, Fault> {
        let bytes: usize = records.iter().map(size).sum();
        if records.len() > PUT_MAX_RECORDS || bytes > PUT_MAX_BYTES {
            return Err(invalid(PUT, format!("{} records of {bytes} bytes are too many for one call", records.len())));
        }
        // One impossible record would have the service refuse all of them.
        let mut answers: Vec<Result<Option<String>, Fault>> =
            records.iter().map(|record| check(record).map(|()| None)).collect();
        let mut sent = Vec::with_capacity(records.len());
        let mut entries = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            if answers.get(index).is_some_and(Result::is_ok) {
                let entry = PutRecordsRequestEntry::builder()
                    .partition_key(&record.key)
                    .data(Blob::new(record.data.as_slice()))
                    .build()
                    .map_err(|error| invalid(PUT, error))?;
                sent.push(index);
                entries.push(entry);
            }
        }
        if entries.is_empty() {
            return Ok(answers);
        }
        let answer = self
            .client
            .put_records()
            .stream_name(&self.stream)
            .set_records(Some(entries))
            .send()
            .await
            .map_err(|error| fault(PUT, &error))?;
        let mut results = answer.records().iter();
        for index in sent {
            let outcome = match results.next() {
                Some(entry) => match entry.error_code() {
                    Some(code) => Err(entry_fault(PUT, code, entry.error_message(), false)),
                    None => Ok(entry.shard_id().map(str::to_owned)),
                },
                None => Err(unanswered(PUT)),
            };
            if let Some(answer) = answers.get_mut(index) {
                *answer = outcome;
            }
        }
        Ok(answers)
    }
}

fn size(record: &StreamRecord) -> usize {
    record.key.len() + record.data.len()
}

fn check(record: &StreamRecord) -> Result<(), Fault> {
    if size(record) > RECORD_MAX_BYTES {
        return Err(invalid(PUT, format!("a record of {} bytes, {RECORD_MAX_BYTES} fit", size(record))));
    }
    if record.key.is_empty() || record.key.chars().count() > KEY_MAX_CHARS {
        return Err(invalid(PUT, format!("a key has 1 to {KEY_MAX_CHARS} characters")));
    }
    Ok(())
}
