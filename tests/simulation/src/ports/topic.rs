//! The topic.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::topology::TOPIC;
use shotengai_messaging::{Fault, Message, Topic};

use super::{admitted, merged};
use crate::network::Network;
use crate::plan::Dependency::Sns;

pub(super) struct NetworkedTopic {
    pub(super) network: Network,
    pub(super) inner: Arc<dyn Topic>,
}

#[async_trait]
impl Topic for NetworkedTopic {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        const OPERATION: &str = "topic.publish";
        let refused = self.network.refused_entries(Sns, TOPIC, messages.len());
        let some = admitted(messages, &refused);
        let effect = async { if some.is_empty() { Ok(Vec::new()) } else { self.inner.publish(&some).await } };
        Ok(merged(OPERATION, &refused, self.network.call(Sns, OPERATION, TOPIC, effect).await?))
    }
}
