//! The handler of `query-queue`.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_messaging::{Consumer, Delivery, Disposition, Handler, Worker};

use crate::migrations::Migrations;
use crate::project::Projector;

#[async_trait]
impl Handler for Projector {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        self.project(batch).await
    }
}

/// The consumer's worker, which receives nothing before the tables are there.
pub fn worker(consumer: Arc<Consumer>, migrations: Arc<Migrations>) -> Worker {
    let consumer = consumer.worker();
    Worker::new("query/consumer", move |shutdown| {
        let (consumer, migrations) = (consumer.clone(), Arc::clone(&migrations));
        async move {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = migrations.wait() => {}
            }
            consumer.run(shutdown).await;
        }
    })
}
