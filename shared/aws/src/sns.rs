//! The topic on SNS.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use shotengai_messaging::ports::topic::{PUBLISH_MAX_BYTES, PUBLISH_MAX_MESSAGES};
use shotengai_messaging::receipts::{self, Causes};
use shotengai_messaging::{Fault, FaultKind, Message, Topic};
use tokio::sync::OnceCell;

use crate::fault::{entry_fault, fault, invalid, unanswered, unsendable, with_unsent};

const LIST: &str = "sns.ListTopics";
const PUBLISH: &str = "sns.PublishBatch";

/// Publishes in batches. After a lost answer the SDK publishes again, so queues may get a message twice.
pub(crate) struct SnsTopic {
    client: Client,
    name: String,
    arn: OnceCell<String>,
}

impl SnsTopic {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name, arn: OnceCell::new() }
    }

    /// Looked up once, at the first use; an ARN is the same for ever.
    async fn arn(&self) -> Result<&str, Fault> {
        let found = self.arn.get_or_try_init(|| async {
            // Once for all that come after, so no order's.
            receipts::scope(Causes::Nobody, find_topic(&self.client, &self.name))
                .await?
                .ok_or_else(|| Fault::new(FaultKind::Denied, LIST, format!("there is no topic {:?}", self.name)))
        });
        found.await.map(String::as_str)
    }
}

/// The ARN of the topic of this name, if there is one. Account and region are part of it, so it can't be made up.
pub(crate) async fn find_topic(client: &Client, name: &str) -> Result<Option<String>, Fault> {
    let mut token: Option<String> = None;
    loop {
        let page = client.list_topics().set_next_token(token).send().await.map_err(|error| fault(LIST, &error))?;
        let mut arns = page.topics().iter().filter_map(|topic| topic.topic_arn());
        if let Some(arn) = arns.find(|arn| arn.rsplit(':').next() == Some(name)) {
            return Ok(Some(arn.to_owned()));
        }
        token = page.next_token;
        if token.is_none() {
            return Ok(None);
        }
    }
}

#[async_trait]
impl Topic for SnsTopic {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let bytes: usize = messages.iter().map(Message::size).sum();
        if messages.len() > PUBLISH_MAX_MESSAGES || bytes > PUBLISH_MAX_BYTES {
            return Err(invalid(
                PUBLISH,
                format!("{} messages of {bytes} bytes are too many for one call", messages.len()),
            ));
        }
        let unsent: Vec<_> = messages
            .iter()
            .map(|message| {
                let delayed = (!message.delay.is_zero()).then_some("a topic delays no message");
                unsendable(message).or(delayed)
            })
            .collect();
        let sent = messages.iter().enumerate().zip(&unsent).filter(|(_, unsent)| unsent.is_none());
        let entries: Vec<_> = sent.map(|((index, message), _)| entry(index, message)).collect::<Result<_, _>>()?;
        if entries.is_empty() {
            let answers = messages.iter().map(|_| Err(unanswered(PUBLISH))).collect();
            return Ok(with_unsent(PUBLISH, answers, &unsent));
        }
        let answer = self
            .client
            .publish_batch()
            .topic_arn(self.arn().await?)
            .set_publish_batch_request_entries(Some(entries))
            .send()
            .await
            .map_err(|error| fault(PUBLISH, &error))?;
        let mut answers: HashMap<&str, Result<(), Fault>> = HashMap::with_capacity(messages.len());
        answers.extend(answer.successful().iter().filter_map(|entry| Some((entry.id()?, Ok(())))));
        answers.extend(
            answer.failed().iter().map(|entry| {
                (entry.id(), Err(entry_fault(PUBLISH, entry.code(), entry.message(), entry.sender_fault())))
            }),
        );
        let in_order = (0..messages.len())
            .map(|index| answers.remove(index.to_string().as_str()).unwrap_or_else(|| Err(unanswered(PUBLISH))))
            .collect();
        Ok(with_unsent(PUBLISH, in_order, &unsent))
    }
}

fn entry(index: usize, message: &Message) -> Result<PublishBatchRequestEntry, Fault> {
    let mut entry = PublishBatchRequestEntry::builder().id(index.to_string()).message(&message.body);
    for (name, value) in &message.attributes {
        let value = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build()
            .map_err(|error| invalid(PUBLISH, error))?;
        entry = entry.message_attributes(name, value);
    }
    entry.build().map_err(|error| invalid(PUBLISH, error))
}
