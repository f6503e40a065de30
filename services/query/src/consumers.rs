//! The handler of `query-queue`.

use async_trait::async_trait;
use shotengai_messaging::{Delivery, Disposition, Handler};

use crate::project::Projector;

#[async_trait]
impl Handler for Projector {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        self.project(batch).await
    }
}
