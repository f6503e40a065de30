//! One queue.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
use shotengai_messaging::ports::queue::{MAX_DELAY, MAX_VISIBILITY, MAX_WAIT, QUEUE_MAX_BATCH};
use shotengai_messaging::receipts::{self, Causes};
use shotengai_messaging::{Fault, Message, Queue, QueueDepth, RawDelivery, Receipt};
use tokio::sync::OnceCell;

use super::received::delivery;
use crate::connect::Clients;
use crate::fault::{entry_fault, fault, invalid, unanswered, unsendable, with_unsent};

const GET_URL: &str = "sqs.GetQueueUrl";
const RECEIVE: &str = "sqs.ReceiveMessage";
const DELETE: &str = "sqs.DeleteMessageBatch";
const CHANGE: &str = "sqs.ChangeMessageVisibilityBatch";
const SEND: &str = "sqs.SendMessageBatch";
const ATTRIBUTES: &str = "sqs.GetQueueAttributes";

/// A standard queue. Durations are whole seconds here: waits are rounded down, what hides a message up.
pub(crate) struct SqsQueue {
    client: Client,
    polling: Client,
    name: String,
    url: OnceCell<String>,
}

impl SqsQueue {
    pub(crate) fn new(clients: &Clients, name: String) -> Self {
        let (client, polling) = (clients.sqs.clone(), clients.sqs_polling.clone());
        Self { client, polling, name, url: OnceCell::new() }
    }

    /// Looked up once, at the first use; it is the same for ever.
    async fn url(&self) -> Result<&str, Fault> {
        let found = self.url.get_or_try_init(|| async {
            let asked = self.client.get_queue_url().queue_name(&self.name).send();
            // Once for all that come after, so no order's.
            let answer = receipts::scope(Causes::Nobody, asked).await;
            let answer = answer.map_err(|error| fault(GET_URL, &error))?;
            answer.queue_url.ok_or_else(|| invalid(GET_URL, "the answer has no URL"))
        });
        found.await.map(String::as_str)
    }
}

#[async_trait]
impl Queue for SqsQueue {
    fn name(&self) -> &str {
        &self.name
    }

    async fn receive(&self, max: usize, wait: Duration, visibility: Duration) -> Result<Vec<RawDelivery>, Fault> {
        let wait = i32::try_from(wait.min(MAX_WAIT).as_secs()).unwrap_or_default();
        let client = if wait > 0 { &self.polling } else { &self.client };
        let answer = client
            .receive_message()
            .queue_url(self.url().await?)
            .max_number_of_messages(i32::try_from(max.clamp(1, QUEUE_MAX_BATCH)).unwrap_or(1))
            .wait_time_seconds(wait)
            .visibility_timeout(seconds_up(visibility, MAX_VISIBILITY))
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateFirstReceiveTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| fault(RECEIVE, &error))?;
        Ok(answer.messages.into_iter().flatten().filter_map(delivery).collect())
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if receipts.is_empty() {
            return Ok(Vec::new());
        }
        let entries = numbered(DELETE, receipts, |id, receipt| {
            DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(&receipt.0).build()
        })?;
        let answer = self.client.delete_message_batch().queue_url(self.url().await?).set_entries(Some(entries)).send();
        let answer = answer.await.map_err(|error| fault(DELETE, &error))?;
        Ok(in_order(DELETE, receipts.len(), answer.successful().iter().map(|entry| entry.id()), answer.failed()))
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let entries = numbered(CHANGE, changes, |id, (receipt, visibility)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(id)
                .receipt_handle(&receipt.0)
                .visibility_timeout(seconds_up(*visibility, MAX_VISIBILITY))
                .build()
        })?;
        let answer = self
            .client
            .change_message_visibility_batch()
            .queue_url(self.url().await?)
            .set_entries(Some(entries))
            .send();
        let answer = answer.await.map_err(|error| fault(CHANGE, &error))?;
        Ok(in_order(CHANGE, changes.len(), answer.successful().iter().map(|entry| entry.id()), answer.failed()))
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let entries = numbered(SEND, messages, |id, message| {
            let mut entry = SendMessageBatchRequestEntry::builder()
                .id(id)
                .message_body(&message.body)
                .delay_seconds(seconds_up(message.delay, MAX_DELAY));
            for (name, value) in &message.attributes {
                let value = MessageAttributeValue::builder().data_type("String").string_value(value).build()?;
                entry = entry.message_attributes(name, value);
            }
            entry.build()
        })?;
        let unsent: Vec<_> = messages.iter().map(unsendable).collect();
        let entries: Vec<_> =
            entries.into_iter().zip(&unsent).filter(|(_, unsent)| unsent.is_none()).map(|(entry, _)| entry).collect();
        if entries.is_empty() {
            let answers = messages.iter().map(|_| Err(unanswered(SEND))).collect();
            return Ok(with_unsent(SEND, answers, &unsent));
        }
        let answer = self.client.send_message_batch().queue_url(self.url().await?).set_entries(Some(entries)).send();
        let answer = answer.await.map_err(|error| fault(SEND, &error))?;
        let successful = answer.successful().iter().map(|entry| entry.id());
        Ok(with_unsent(SEND, in_order(SEND, messages.len(), successful, answer.failed()), &unsent))
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(self.url().await?)
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await
            .map_err(|error| fault(ATTRIBUTES, &error))?;
        let [visible, in_flight, delayed] = names.map(|name| {
            answer.attributes().and_then(|all| all.get(&name)).and_then(|count| count.parse().ok()).unwrap_or_default()
        });
        Ok(QueueDepth { visible, in_flight, delayed })
    }
}

/// Never shorter than asked for.
fn seconds_up(duration: Duration, max: Duration) -> i32 {
    let duration = duration.min(max);
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// Entries whose ids are their places.
fn numbered<T, E, B: std::error::Error + Send + Sync + 'static>(
    operation: &'static str,
    items: &[T],
    make: impl Fn(String, &T) -> Result<E, B>,
) -> Result<Vec<E>, Fault> {
    if items.len() > QUEUE_MAX_BATCH {
        return Err(invalid(operation, format!("{} entries, {QUEUE_MAX_BATCH} are allowed", items.len())));
    }
    let entries = items.iter().enumerate().map(|(index, item)| make(index.to_string(), item));
    entries.collect::<Result<_, _>>().map_err(|error| invalid(operation, error))
}

/// The answers in the order of the entries; one that is not mentioned may have happened.
fn in_order<'a>(
    operation: &'static str,
    entries: usize,
    successful: impl Iterator<Item = &'a str>,
    failed: &'a [BatchResultErrorEntry],
) -> Vec<Result<(), Fault>> {
    let mut answers: HashMap<&str, Result<(), Fault>> = successful.map(|id| (id, Ok(()))).collect();
    answers.extend(
        failed.iter().map(|entry| {
            (entry.id(), Err(entry_fault(operation, entry.code(), entry.message(), entry.sender_fault())))
        }),
    );
    (0..entries)
        .map(|index| answers.remove(index.to_string().as_str()).unwrap_or_else(|| Err(unanswered(operation))))
        .collect()
}

#[cfg(test)]
mod tests {
    use shotengai_messaging::FaultKind;

    use super::*;

    #[test]
    fn a_message_is_never_hidden_for_less_than_asked() {
        assert_eq!(seconds_up(Duration::ZERO, MAX_VISIBILITY), 0);
        assert_eq!(seconds_up(Duration::from_millis(1), MAX_VISIBILITY), 1);
        assert_eq!(seconds_up(Duration::from_secs(30), MAX_VISIBILITY), 30);
        assert_eq!(seconds_up(Duration::from_secs(1000), MAX_DELAY), 900);
    }

    #[test]
    fn each_entry_gets_its_own_answer_whatever_the_order() {
        let failed = [BatchResultErrorEntry::builder()
            .id("1")
            .sender_fault(true)
            .code("ReceiptHandleIsInvalid")
            .build()
            .unwrap()];
        let answers = in_order(DELETE, 3, ["2"].into_iter(), &failed);
        let kinds: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_err(Fault::kind)).collect();
        assert_eq!(kinds, [Err(FaultKind::Transient), Err(FaultKind::Permanent), Ok(&())]);
    }
}
