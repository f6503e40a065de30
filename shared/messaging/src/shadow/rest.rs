//! Queues, topic, streams, buckets and leases to which nothing is sent.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Caught, Net};
use crate::ports::bucket::{Bucket, ListedObjects, NewObject, ObjectHead, SignedRequest, Upload};
use crate::ports::fault::{Fault, FaultKind};
use crate::ports::lease::{Lease, LeaseChange, LeaseError, Leases};
use crate::ports::message::Message;
use crate::ports::queue::{Queue, QueueDepth, RawDelivery, Receipt};
use crate::ports::stream::{StreamRecord, StreamWriter};
use crate::ports::topic::Topic;

/// A queue that takes everything and has nothing.
pub(super) struct ShadowQueue {
    name: String,
    net: Net,
}

impl ShadowQueue {
    pub(super) fn new(name: &str, net: Net) -> Self {
        Self { name: name.to_owned(), net }
    }
}

#[async_trait]
impl Queue for ShadowQueue {
    fn name(&self) -> &str {
        &self.name
    }

    async fn receive(&self, _: usize, _: Duration, _: Duration) -> Result<Vec<RawDelivery>, Fault> {
        Ok(Vec::new())
    }

    async fn delete(&self, receipts: &[Receipt]) -> Result<Vec<Result<(), Fault>>, Fault> {
        Ok(receipts.iter().map(|_| Ok(())).collect())
    }

    async fn change_visibility(&self, changes: &[(Receipt, Duration)]) -> Result<Vec<Result<(), Fault>>, Fault> {
        Ok(changes.iter().map(|_| Ok(())).collect())
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        messages.iter().for_each(|_| self.net.catch(Caught::Sent(self.name.clone())));
        Ok(messages.iter().map(|_| Ok(())).collect())
    }

    async fn depth(&self) -> Result<QueueDepth, Fault> {
        Ok(QueueDepth::default())
    }
}

/// A topic that tells nobody.
pub(super) struct ShadowTopic(pub(super) Net);

#[async_trait]
impl Topic for ShadowTopic {
    async fn publish(&self, messages: &[Message]) -> Result<Vec<Result<(), Fault>>, Fault> {
        messages.iter().for_each(|_| self.0.catch(Caught::Sent("the topic".to_owned())));
        Ok(messages.iter().map(|_| Ok(())).collect())
    }
}

/// A stream that keeps nothing.
pub(super) struct ShadowStream {
    name: &'static str,
    net: Net,
}

impl ShadowStream {
    pub(super) const fn new(name: &'static str, net: Net) -> Self {
        Self { name, net }
    }
}

#[async_trait]
impl StreamWriter for ShadowStream {
    async fn put(&self, records: &[StreamRecord]) -> Result<Vec<Result<(), Fault>>, Fault> {
        records.iter().for_each(|_| self.net.catch(Caught::Sent(self.name.to_owned())));
        Ok(records.iter().map(|_| Ok(())).collect())
    }

    async fn place(&self, records: &[StreamRecord]) -> Result<Vec<Result<Option<String>, Fault>>, Fault> {
        let answers = self.put(records).await?;
        Ok(answers.into_iter().map(|answer| answer.map(|()| None)).collect())
    }
}

/// A bucket that is read, and keeps nothing more.
pub(super) struct ShadowBucket {
    of: Arc<dyn Bucket>,
    net: Net,
}

impl ShadowBucket {
    pub(super) const fn new(of: Arc<dyn Bucket>, net: Net) -> Self {
        Self { of, net }
    }
}

#[async_trait]
impl Bucket for ShadowBucket {
    fn name(&self) -> &str {
        self.of.name()
    }

    async fn put(&self, _: NewObject) -> Result<(), Fault> {
        self.net.catch(Caught::Sent(self.of.name().to_owned()));
        Ok(())
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectHead>, Fault> {
        self.of.head(key).await
    }

    async fn get(&self, key: &str, max: u64) -> Result<Option<Bytes>, Fault> {
        self.of.get(key, max).await
    }

    async fn delete(&self, keys: &[String]) -> Result<Vec<Result<(), Fault>>, Fault> {
        self.net.catch(Caught::Sent(self.of.name().to_owned()));
        Ok(keys.iter().map(|_| Ok(())).collect())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, max: usize) -> Result<ListedObjects, Fault> {
        self.of.list(prefix, after, max).await
    }

    async fn sign_upload(&self, upload: &Upload, good_for: Duration) -> Result<SignedRequest, Fault> {
        self.of.sign_upload(upload, good_for).await
    }

    async fn sign_download(&self, key: &str, good_for: Duration) -> Result<SignedRequest, Fault> {
        self.of.sign_download(key, good_for).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.of.ping().await
    }
}

/// Leases that are seen, and that nobody can take.
pub(super) struct ShadowLeases(pub(super) Arc<dyn Leases>);

fn refused() -> LeaseError {
    LeaseError::Fault(Fault::new(FaultKind::Denied, "shadow.lease", "nothing is taken in a rehearsal"))
}

#[async_trait]
impl Leases for ShadowLeases {
    async fn list(&self) -> Result<Vec<Lease>, Fault> {
        self.0.list().await
    }

    async fn create(&self, _: &str, _: &str, _: Duration) -> Result<Lease, LeaseError> {
        Err(refused())
    }

    async fn change(&self, _: &Lease, _: LeaseChange) -> Result<Lease, LeaseError> {
        Err(refused())
    }

    async fn delete(&self, _: &Lease) -> Result<(), LeaseError> {
        Err(refused())
    }
}
