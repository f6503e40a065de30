//! Mails about orders, as they reached the inbox.

use std::time::Duration;

use shotengai_inbox::Message;

use crate::test_cluster::TestCluster;

impl TestCluster {
    /// Waits for an order's mail of this kind; there must be no second one.
    pub async fn mail(&self, order: &str, kind: &str) -> Message {
        let query = format!("message-id:{order}.{kind}@shotengai");
        let mut mails = self.inbox.wait_for(&query, 1, Duration::from_secs(60)).await.unwrap();
        assert_eq!(mails.len(), 1, "mails {kind} about {order}");
        mails.remove(0)
    }
}
