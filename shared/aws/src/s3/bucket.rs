//! A bucket.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::{Bytes, BytesMut};
use shotengai_kernel::Timestamp;
use shotengai_messaging::ports::bucket::{
    BUCKET_MAX_BATCH, Bucket, ListedObject, ListedObjects, NewObject, ObjectHead, SignedRequest, Upload,
};
use shotengai_messaging::{Fault, FaultKind};

use super::sign;
use crate::connect::Clients;
use crate::fault::{entry_fault, fault, invalid, unanswered};

const PUT: &str = "s3.PutObject";
const HEAD: &str = "s3.HeadObject";
const GET: &str = "s3.GetObject";
const DELETE: &str = "s3.DeleteObjects";
const LIST: &str = "s3.ListObjectsV2";
const PING: &str = "s3.HeadBucket";

/// A bucket, and where clients are told that it is.
pub(crate) struct S3Bucket {
    client: Client,
    /// Signs only, for the address by which clients reach the store.
    public: Client,
    name: String,
}

impl S3Bucket {
    pub(crate) fn new(clients: &Clients, name: String) -> Self {
        Self { client: clients.s3.clone(), public: clients.s3_public.clone(), name }
    }
}

#[async_trait]
impl Bucket for S3Bucket {
    fn name(&self) -> &str {
        &self.name
    }

    async fn put(&self, object: NewObject) -> Result<(), Fault> {
        let request = self.client.put_object().bucket(&self.name).key(object.key).content_type(object.content_type);
        let request = request.cache_control(object.cache_control).body(ByteStream::from(object.bytes));
        request.send().await.map(drop).map_err(|error| fault(PUT, &error))
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectHead>, Fault> {
        match self.client.head_object().bucket(&self.name).key(key).send().await {
            Ok(found) => {
                let size = found.content_length().and_then(|size| u64::try_from(size).ok());
                let size = size.ok_or_else(|| invalid(HEAD, "the answer has no length"))?;
                Ok(Some(ObjectHead { size, content_type: found.content_type }))
            }
            // The answer has no body that could tell a missing object from a missing bucket.
            Err(error) if matches!(error.as_service_error(), Some(HeadObjectError::NotFound(_))) => {
                self.ping().await.map(|()| None)
            }
            Err(error) => Err(fault(HEAD, &error)),
        }
    }

    async fn get(&self, key: &str, max: u64) -> Result<Option<Bytes>, Fault> {
        let mut found = match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(found) => found,
            Err(error) if matches!(error.as_service_error(), Some(GetObjectError::NoSuchKey(_))) => return Ok(None),
            Err(error) => return Err(fault(GET, &error)),
        };
        let too_large = || invalid(GET, format!("the object has more than {max} bytes"));
        if found.content_length().is_some_and(|size| u64::try_from(size).is_ok_and(|size| size > max)) {
            return Err(too_large());
        }
        let mut bytes = BytesMut::new();
        while let Some(part) = found.body.next().await {
            bytes.extend_from_slice(&part.map_err(|error| Fault::new(FaultKind::Transient, GET, error))?);
            if u64::try_from(bytes.len()).is_ok_and(|size| size > max) {
                return Err(too_large());
            }
        }
        Ok(Some(bytes.freeze()))
    }

    async fn delete(&self, keys: &[String]) -> Result<Vec<Result<(), Fault>>, Fault> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if keys.len() > BUCKET_MAX_BATCH {
            return Err(invalid(DELETE, format!("{} keys are too many for one call", keys.len())));
        }
        let identifiers = keys.iter().map(|key| ObjectIdentifier::builder().key(key).build());
        let identifiers: Vec<_> = identifiers.collect::<Result<_, _>>().map_err(|error| invalid(DELETE, error))?;
        let wanted =
            Delete::builder().set_objects(Some(identifiers)).build().map_err(|error| invalid(DELETE, error))?;
        let answer = self.client.delete_objects().bucket(&self.name).delete(wanted).send().await;
        let answer = answer.map_err(|error| fault(DELETE, &error))?;
        let mut answers: BTreeMap<&str, Result<(), Fault>> = BTreeMap::new();
        answers.extend(answer.deleted().iter().filter_map(|entry| Some((entry.key()?, Ok(())))));
        answers.extend(answer.errors().iter().filter_map(|entry| {
            let code = entry.code().unwrap_or("unknown error");
            Some((entry.key()?, Err(entry_fault(DELETE, code, entry.message(), false))))
        }));
        let answer_of = |key: &String| answers.get(key.as_str()).cloned().unwrap_or_else(|| Err(unanswered(DELETE)));
        Ok(keys.iter().map(answer_of).collect())
    }

    async fn list(&self, prefix: &str, after: Option<&str>, max: usize) -> Result<ListedObjects, Fault> {
        let max = i32::try_from(max.min(BUCKET_MAX_BATCH)).unwrap_or(1000);
        let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).max_keys(max);
        let answer = request.set_start_after(after.map(str::to_owned)).send().await;
        let answer = answer.map_err(|error| fault(LIST, &error))?;
        let listed = answer.contents().iter().filter_map(|object| {
            let put_at = object.last_modified().and_then(|time| Timestamp::from_second(time.secs()).ok())?;
            let size = object.size().and_then(|size| u64::try_from(size).ok())?;
            Some(ListedObject { key: object.key()?.to_owned(), size, put_at })
        });
        Ok(ListedObjects { objects: listed.collect(), more: answer.is_truncated() == Some(true) })
    }

    async fn sign_upload(&self, upload: &Upload, good_for: Duration) -> Result<SignedRequest, Fault> {
        sign::upload(&self.public, &self.name, upload, good_for).await
    }

    async fn sign_download(&self, key: &str, good_for: Duration) -> Result<SignedRequest, Fault> {
        sign::download(&self.public, &self.name, key, good_for).await
    }

    async fn ping(&self) -> Result<(), Fault> {
        // Without a body, and so without a code: a 404 is of the bucket, an operator's matter.
        self.client.head_bucket().bucket(&self.name).send().await.map(drop).map_err(|error| fault(PING, &error))
    }
}
