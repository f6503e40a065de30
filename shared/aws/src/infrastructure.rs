//! One installation on AWS.

use std::sync::Arc;

use shotengai_contracts::Owner;
use shotengai_contracts::topology::{PRICE_STREAM, STREAM_CONSUMER, TOPIC, tables};
use shotengai_kernel::Ports;
use shotengai_messaging::{
    Bucket, EventStore, Infrastructure, Leases, Queue, StreamReader, StreamWriter, Table, Topic,
};
use shotengai_streaming::TableLeases;

use crate::admin::Admin;
use crate::config::AwsConfig;
use crate::connect::Clients;
use crate::dynamodb::{DynamoEventStore, DynamoTable};
use crate::kinesis::{KinesisReader, KinesisWriter};
use crate::s3::S3Bucket;
use crate::sns::SnsTopic;
use crate::sqs::SqsQueue;

/// The adapters of one installation over one set of clients. Cheap to clone; make one a process.
#[derive(Clone)]
pub struct Aws {
    config: Arc<AwsConfig>,
    clients: Clients,
    ports: Ports,
    topic: Arc<SnsTopic>,
}

impl Aws {
    /// Makes the clients. Nothing is sent yet: a wrong endpoint or missing credentials show at the first call.
    ///
    /// Set the global meter provider before, or requests aren't counted.
    pub async fn connect(config: AwsConfig, ports: Ports) -> Self {
        let clients = Clients::connect(&config).await;
        let topic = Arc::new(SnsTopic::new(clients.sns.clone(), config.full_name(TOPIC)));
        Self { config: Arc::new(config), clients, ports, topic }
    }

    /// What it was made with.
    #[must_use]
    pub fn config(&self) -> &AwsConfig {
        &self.config
    }

    /// Creates, changes and deletes resources.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(Arc::clone(&self.config), self.clients.clone())
    }

    fn stream(&self) -> String {
        self.config.full_name(&self.config.stream_name)
    }
}

impl Infrastructure for Aws {
    fn event_store(&self, owner: Owner) -> Arc<dyn EventStore> {
        let (client, ports) = (self.clients.dynamodb.clone(), self.ports.clone());
        Arc::new(DynamoEventStore::new(client, self.admin(), &self.config, owner, ports))
    }

    fn table(&self, name: &str) -> Arc<dyn Table> {
        let name = self.config.full_name(name);
        Arc::new(DynamoTable::new(self.clients.dynamodb.clone(), name, self.ports.clone()))
    }

    fn queue(&self, name: &str) -> Arc<dyn Queue> {
        Arc::new(SqsQueue::new(&self.clients, self.config.full_name(name)))
    }

    fn bucket(&self, name: &str) -> Arc<dyn Bucket> {
        Arc::new(S3Bucket::new(&self.clients, self.config.bucket_name(name)))
    }

    fn topic(&self) -> Arc<dyn Topic> {
        Arc::clone(&self.topic) as Arc<dyn Topic>
    }

    fn stream_writer(&self) -> Arc<dyn StreamWriter> {
        Arc::new(KinesisWriter::new(self.clients.kinesis.clone(), self.stream()))
    }

    fn stream_reader(&self) -> Arc<dyn StreamReader> {
        Arc::new(KinesisReader::subscribing(self.clients.kinesis.clone(), self.stream(), STREAM_CONSUMER))
    }

    fn price_writer(&self) -> Arc<dyn StreamWriter> {
        Arc::new(KinesisWriter::new(self.clients.kinesis.clone(), self.config.full_name(PRICE_STREAM)))
    }

    fn price_reader(&self) -> Arc<dyn StreamReader> {
        Arc::new(KinesisReader::new(self.clients.kinesis.clone(), self.config.full_name(PRICE_STREAM)))
    }

    fn leases(&self, group: &str) -> Arc<dyn Leases> {
        Arc::new(TableLeases::new(self.table(tables::CHECKPOINTS.name), group))
    }

    fn marks_outbox(&self) -> bool {
        self.config.marks_outbox
    }
}
