//! Queues.

use std::collections::HashMap;

use aws_sdk_sqs::operation::create_queue::CreateQueueError;
use aws_sdk_sqs::operation::delete_queue::DeleteQueueError;
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};
use shotengai_messaging::Fault;

use super::spec::QueueSpec;
use super::{Admin, Outcome, policies};
use crate::fault::{fault, invalid};

const CREATE: &str = "sqs.CreateQueue";
const GET_URL: &str = "sqs.GetQueueUrl";
const GET: &str = "sqs.GetQueueAttributes";
const SET: &str = "sqs.SetQueueAttributes";
const DELETE: &str = "sqs.DeleteQueue";

type Attributes = HashMap<QueueAttributeName, String>;

impl Admin {
    /// Has the queue there, with its attributes. Attributes that the specification leaves out are left alone.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn ensure_queue(&self, spec: &QueueSpec) -> Result<Outcome, Fault> {
        let name = self.full_name(&spec.name);
        let wanted = self.attributes(spec).await?;
        let url = match self.queue_url(&name).await? {
            Some(url) => url,
            None => match self.create_queue(&name, wanted.clone()).await? {
                None => return Ok(Outcome::Created),
                Some(url) => url,
            },
        };
        let answer = self.clients.sqs.get_queue_attributes().queue_url(&url);
        let answer = answer.attribute_names(QueueAttributeName::All).send().await;
        let found = answer.map_err(|error| fault(GET, &error))?.attributes.unwrap_or_default();
        let differing: Attributes = wanted
            .into_iter()
            .filter(|(name, value)| !found.get(name).is_some_and(|found| same(found, value)))
            .collect();
        if differing.is_empty() {
            return Ok(Outcome::Found);
        }
        let request = self.clients.sqs.set_queue_attributes().queue_url(&url).set_attributes(Some(differing));
        request.send().await.map(|_| Outcome::Changed).map_err(|error| fault(SET, &error))
    }

    /// Whether the queue is there.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_queue(&self, name: &str) -> Result<bool, Fault> {
        Ok(self.queue_url(&self.full_name(name)).await?.is_some())
    }

    /// Deletes the queue with all it holds; false when there was none. The service takes a minute before it lets another
    /// of the same name be made.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_queue(&self, name: &str) -> Result<bool, Fault> {
        let Some(url) = self.queue_url(&self.full_name(name)).await? else { return Ok(false) };
        match self.clients.sqs.delete_queue().queue_url(url).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(DeleteQueueError::QueueDoesNotExist(_)) => Ok(false),
                _ => Err(fault(DELETE, &error)),
            },
        }
    }

    /// None when it was created; its URL when another has made one with other attributes meanwhile.
    async fn create_queue(&self, name: &str, attributes: Attributes) -> Result<Option<String>, Fault> {
        let request = self.clients.sqs.create_queue().queue_name(name).set_attributes(Some(attributes));
        let Err(error) = request.send().await else { return Ok(None) };
        match error.as_service_error() {
            Some(CreateQueueError::QueueNameExists(_)) => {
                let url = self.queue_url(name).await?;
                url.ok_or_else(|| invalid(CREATE, format!("the queue {name} went away"))).map(Some)
            }
            _ => Err(fault(CREATE, &error)),
        }
    }

    pub(super) async fn queue_url(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.clients.sqs.get_queue_url().queue_name(name).send().await {
            Ok(answer) => Ok(answer.queue_url),
            Err(error) => match error.as_service_error() {
                Some(GetQueueUrlError::QueueDoesNotExist(_)) => Ok(None),
                _ => Err(fault(GET_URL, &error)),
            },
        }
    }

    async fn attributes(&self, spec: &QueueSpec) -> Result<Attributes, Fault> {
        let mut attributes = HashMap::from([
            (QueueAttributeName::VisibilityTimeout, spec.visibility.as_secs().to_string()),
            (QueueAttributeName::MessageRetentionPeriod, spec.retention.as_secs().to_string()),
            (QueueAttributeName::ReceiveMessageWaitTimeSeconds, spec.wait.as_secs().to_string()),
        ]);
        if spec.dead_letters.is_none() && !spec.fed_by_topic && spec.fed_by_bucket.is_none() {
            return Ok(attributes);
        }
        let topic = self.topic_arn().await?;
        if let Some(dead_letters) = &spec.dead_letters {
            let redrive = json!({
                "deadLetterTargetArn": self.queue_arn(topic, &dead_letters.queue)?,
                "maxReceiveCount": dead_letters.max_receives,
            });
            attributes.insert(QueueAttributeName::RedrivePolicy, redrive.to_string());
        }
        if spec.fed_by_topic {
            let policy = policies::topic_may_send(topic, &self.queue_arn(topic, &spec.name)?);
            attributes.insert(QueueAttributeName::Policy, policy.to_string());
        } else if let Some(bucket) = &spec.fed_by_bucket {
            let bucket = self.config.bucket_name(bucket);
            let (bucket, account) = beside(topic, &bucket);
            let policy = policies::bucket_may_send(&bucket, account, &self.queue_arn(topic, &spec.name)?);
            attributes.insert(QueueAttributeName::Policy, policy.to_string());
        }
        Ok(attributes)
    }
}

/// A bucket's ARN and its account, where it is the topic's.
fn beside<'a>(topic: &'a str, bucket: &str) -> (String, &'a str) {
    let mut parts = topic.split(':').skip(1);
    let (partition, account) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    (format!("arn:{partition}:s3:::{bucket}"), account)
}

/// Whether two attribute values mean the same; policies come back in whatever order of keys.
pub(super) fn same(left: &str, right: &str) -> bool {
    left == right
        || match (serde_json::from_str::<Value>(left), serde_json::from_str::<Value>(right)) {
            (Ok(left), Ok(right)) => left == right,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_may_send_from_the_account_of_the_topic_alone() {
        let found = beside("arn:aws-cn:sns:cn-north-1:123456789012:order-events", "images");
        assert_eq!(found, ("arn:aws-cn:s3:::images".to_owned(), "123456789012"));
    }

    #[test]
    fn policies_are_compared_by_what_they_say() {
        assert!(same("{\"a\":1,\"b\":2}", "{ \"b\": 2, \"a\": 1 }"));
        assert!(!same("{\"a\":1}", "{\"a\":2}"));
        assert!(same("30", "30"));
        assert!(!same("30", "31"));
    }
}
