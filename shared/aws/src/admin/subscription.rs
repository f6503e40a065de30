//! Queues' subscriptions to the topic.

use std::collections::HashMap;

use aws_sdk_sns::operation::get_subscription_attributes::GetSubscriptionAttributesError;
use serde_json::{Value, json};
use shotengai_messaging::Fault;

use super::queues::same;
use super::spec::SubscriptionSpec;
use super::{Admin, Outcome};
use crate::fault::fault;
use crate::sns::find_topic;

const LIST: &str = "sns.ListSubscriptionsByTopic";
const SUBSCRIBE: &str = "sns.Subscribe";
const GET: &str = "sns.GetSubscriptionAttributes";
const SET: &str = "sns.SetSubscriptionAttributes";
const UNSUBSCRIBE: &str = "sns.Unsubscribe";
const SQS: &str = "sqs";
const FILTER: &str = "FilterPolicy";
/// The attribute that filters look at.
const EVENT_TYPE: &str = "event_type";

/// Which events a subscription lets through, as SNS has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Those of these types, and no others.
    EventTypes(Vec<String>),
    /// Something else than a list of types: somebody else's, or none, which lets everything through.
    Other,
}

impl Filter {
    fn read(policy: Option<&str>) -> Self {
        let policy: Option<Value> = policy.and_then(|policy| serde_json::from_str(policy).ok());
        let types = policy.as_ref().and_then(Value::as_object).filter(|policy| policy.len() == 1);
        let types = types.and_then(|policy| policy.get(EVENT_TYPE)?.as_array());
        let types = types.and_then(|types| types.iter().map(|name| Some(name.as_str()?.to_owned())).collect());
        types.map_or(Self::Other, Self::EventTypes)
    }
}

impl Admin {
    /// Has the queue subscribed, delivered raw, with its filter and its own redrive policy.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn ensure_subscription(&self, spec: &SubscriptionSpec) -> Result<Outcome, Fault> {
        let topic = self.topic_arn().await?;
        let queue = self.queue_arn(topic, &spec.queue)?;
        let attributes = [
            ("RawMessageDelivery", "true".to_owned()),
            ("FilterPolicyScope", "MessageAttributes".to_owned()),
            (FILTER, json!({ EVENT_TYPE: spec.event_types }).to_string()),
            ("RedrivePolicy", json!({ "deadLetterTargetArn": self.queue_arn(topic, &spec.dead_letters)? }).to_string()),
        ];
        if let Some(arn) = self.find_subscription(topic, &queue).await? {
            return self.change_subscription(&arn, &attributes).await;
        }
        let mut request =
            self.clients.sns.subscribe().topic_arn(topic).protocol(SQS).endpoint(&queue).return_subscription_arn(true);
        for (name, value) in &attributes {
            request = request.attributes(*name, value);
        }
        match request.send().await {
            Ok(_) => Ok(Outcome::Created),
            Err(error) => match self.find_subscription(topic, &queue).await? {
                // Another provisioner made one in between, with other attributes.
                Some(arn) => self.change_subscription(&arn, &attributes).await,
                None => Err(fault(SUBSCRIBE, &error)),
            },
        }
    }

    /// Whether the queue is subscribed.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_subscription(&self, queue: &str) -> Result<bool, Fault> {
        Ok(self.subscription_of(queue).await?.is_some())
    }

    /// What the queue's subscription lets through; nothing where there is none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn filter_of(&self, queue: &str) -> Result<Option<Filter>, Fault> {
        let Some(arn) = self.subscription_of(queue).await? else { return Ok(None) };
        let found = self.attributes_of(&arn).await?;
        Ok(found.map(|found| Filter::read(found.get(FILTER).map(String::as_str))))
    }

    /// Ends the queue's subscription; false when there was none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_subscription(&self, queue: &str) -> Result<bool, Fault> {
        let Some(arn) = self.subscription_of(queue).await? else { return Ok(false) };
        let answer = self.clients.sns.unsubscribe().subscription_arn(arn).send().await;
        answer.map(|_| true).map_err(|error| fault(UNSUBSCRIBE, &error))
    }

    async fn subscription_of(&self, queue: &str) -> Result<Option<String>, Fault> {
        let Some(topic) = find_topic(&self.clients.sns, &self.full_name(self.topic_name())).await? else {
            return Ok(None);
        };
        self.find_subscription(&topic, &self.queue_arn(&topic, queue)?).await
    }

    async fn find_subscription(&self, topic: &str, queue: &str) -> Result<Option<String>, Fault> {
        let mut token: Option<String> = None;
        loop {
            let request = self.clients.sns.list_subscriptions_by_topic().topic_arn(topic).set_next_token(token);
            let page = request.send().await.map_err(|error| fault(LIST, &error))?;
            let found = page
                .subscriptions()
                .iter()
                .find(|found| found.protocol() == Some(SQS) && found.endpoint() == Some(queue));
            if let Some(arn) = found.and_then(|found| found.subscription_arn()) {
                return Ok(Some(arn.to_owned()));
            }
            token = page.next_token;
            if token.is_none() {
                return Ok(None);
            }
        }
    }

    /// Nothing where the subscription has just gone.
    async fn attributes_of(&self, arn: &str) -> Result<Option<HashMap<String, String>>, Fault> {
        match self.clients.sns.get_subscription_attributes().subscription_arn(arn).send().await {
            Ok(answer) => Ok(Some(answer.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(GetSubscriptionAttributesError::NotFoundException(_)) => Ok(None),
                _ => Err(fault(GET, &error)),
            },
        }
    }

    async fn change_subscription(&self, arn: &str, wanted: &[(&str, String)]) -> Result<Outcome, Fault> {
        let found = self.attributes_of(arn).await?.unwrap_or_default();
        let mut outcome = Outcome::Found;
        for (name, value) in wanted {
            if found.get(*name).is_some_and(|found| same(found, value)) {
                continue;
            }
            let request = self.clients.sns.set_subscription_attributes().subscription_arn(arn);
            let answer = request.attribute_name(*name).attribute_value(value).send().await;
            answer.map_err(|error| fault(SET, &error))?;
            outcome = Outcome::Changed;
        }
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_of_types_is_a_filter_of_ours() {
        let types = Filter::EventTypes(vec!["OrderPlaced".to_owned()]);
        assert_eq!(Filter::read(Some(r#"{"event_type": ["OrderPlaced"]}"#)), types);
        for other in [
            None,
            Some(""),
            Some("{}"),
            Some(r#"{"event_type": [{"prefix": "Order"}]}"#),
            Some(r#"{"event_type": ["OrderPlaced"], "tenant": ["a"]}"#),
        ] {
            assert_eq!(Filter::read(other), Filter::Other, "{other:?}");
        }
    }
}
