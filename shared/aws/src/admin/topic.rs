//! The topic.

use shotengai_messaging::Fault;

use super::{Admin, Outcome};
use crate::fault::{fault, invalid};
use crate::sns::find_topic;

const CREATE: &str = "sns.CreateTopic";
const LIST: &str = "sns.ListTopics";
const DELETE: &str = "sns.DeleteTopic";

impl Admin {
    /// Has the topic there.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn ensure_topic(&self) -> Result<Outcome, Fault> {
        let name = self.full_name(self.topic_name());
        if find_topic(&self.clients.sns, &name).await?.is_some() {
            return Ok(Outcome::Found);
        }
        // Creating what another has created meanwhile gives the same topic.
        let answer = self.clients.sns.create_topic().name(&name).send().await;
        answer.map(|_| Outcome::Created).map_err(|error| fault(CREATE, &error))
    }

    /// Whether the topic is there.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn has_topic(&self) -> Result<bool, Fault> {
        Ok(find_topic(&self.clients.sns, &self.full_name(self.topic_name())).await?.is_some())
    }

    /// Deletes the topic and its subscriptions; false when there was none.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn delete_topic(&self) -> Result<bool, Fault> {
        let Some(arn) = find_topic(&self.clients.sns, &self.full_name(self.topic_name())).await? else {
            return Ok(false);
        };
        let answer = self.clients.sns.delete_topic().topic_arn(arn).send().await;
        answer.map(|_| true).map_err(|error| fault(DELETE, &error))
    }

    /// Looked up once; the topic must be there.
    pub(super) async fn topic_arn(&self) -> Result<&str, Fault> {
        let name = self.full_name(self.topic_name());
        let arn = self.topic_arn.get_or_try_init(|| async {
            let found = find_topic(&self.clients.sns, &name).await?;
            found.ok_or_else(|| invalid(LIST, format!("there is no topic {name:?}")))
        });
        arn.await.map(String::as_str)
    }
}
