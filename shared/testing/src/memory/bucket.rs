//! A bucket.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::json;
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::ports::bucket::{
    BUCKET_MAX_BATCH, Bucket, ListedObject, ListedObjects, MAX_SIGNED_FOR, NewObject, ObjectHead, SignedRequest, Upload,
};
use shotengai_messaging::ports::fault::Fault;
use shotengai_messaging::ports::message::Message;

use super::NoFaults;
use super::faults::{FaultInjector, Gate, throttled};
use super::limits::{self, invalid};
use super::lock;
use super::queue::MemoryQueue;

const PUT: &str = "bucket.put";
const HEAD: &str = "bucket.head";
const GET: &str = "bucket.get";
const DELETE: &str = "bucket.delete";
const LIST: &str = "bucket.list";
const SIGN: &str = "bucket.sign";
const PING: &str = "bucket.ping";

/// Scheme of addresses that only [`MemoryBucket::upload`] can follow.
const ADDRESS: &str = "memory://";

#[derive(Clone)]
struct Object {
    bytes: Bytes,
    content_type: Option<String>,
    put_at: Timestamp,
}

/// Who hears of objects whose keys begin so.
struct Told {
    queue: Arc<MemoryQueue>,
    prefix: String,
}

/// A bucket in memory. Signed requests are followed by its own methods, which enforce what S3 enforces.
pub struct MemoryBucket {
    gate: Gate,
    objects: Mutex<BTreeMap<String, Object>>,
    signed: Mutex<BTreeMap<String, (Upload, Timestamp)>>,
    told: Option<Told>,
}

impl MemoryBucket {
    /// A bucket that nobody hears of.
    #[must_use]
    pub fn new(name: &str, ports: Ports) -> Self {
        Self::with_faults(name, ports, Arc::new(NoFaults))
    }

    /// The same, with faults.
    #[must_use]
    pub fn with_faults(name: &str, ports: Ports, faults: Arc<dyn FaultInjector>) -> Self {
        let gate = Gate::new(name, faults, ports);
        Self { gate, objects: Mutex::default(), signed: Mutex::default(), told: None }
    }

    /// Tells this queue of objects whose keys begin with `prefix`. The test event, with which S3 begins, is not sent.
    #[must_use]
    pub fn telling(mut self, queue: Arc<MemoryQueue>, prefix: &str) -> Self {
        self.told = Some(Told { queue, prefix: prefix.to_owned() });
        self
    }

    /// All keys.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }

    /// Bytes and type of an object.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<(Bytes, Option<String>)> {
        lock(&self.objects).get(key).map(|object| (object.bytes.clone(), object.content_type.clone()))
    }

    /// Puts an object there past every rule, as somebody with credentials of their own can.
    pub fn place(&self, key: &str, content_type: &str, bytes: impl Into<Bytes>) {
        self.store(key, Some(content_type.to_owned()), bytes.into());
    }

    /// Makes a signed upload, as a client does.
    ///
    /// # Errors
    /// The status and code with which S3 refuses it.
    pub fn upload(
        &self,
        request: &SignedRequest,
        content_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<(), (u16, &'static str)> {
        let signed = lock(&self.signed).get(&request.url).cloned();
        let (upload, until) = signed.ok_or((403, "SignatureDoesNotMatch"))?;
        let bytes = bytes.into();
        if self.gate.ports.clock.now() > until {
            return Err((403, "AccessDenied"));
        }
        if content_type != upload.content_type || u64::try_from(bytes.len()) != Ok(upload.size) {
            return Err((403, "SignatureDoesNotMatch"));
        }
        if lock(&self.objects).contains_key(&upload.key) {
            return Err((412, "PreconditionFailed"));
        }
        self.store(&upload.key, Some(upload.content_type), bytes);
        Ok(())
    }

    fn store(&self, key: &str, content_type: Option<String>, bytes: Bytes) {
        let size = bytes.len();
        let put_at = self.gate.ports.clock.now();
        lock(&self.objects).insert(key.to_owned(), Object { bytes, content_type, put_at });
        let Some(told) = self.told.as_ref().filter(|told| key.starts_with(&told.prefix)) else { return };
        let event = json!({ "Records": [{
            "eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": put_at.to_string(),
            "s3": { "bucket": { "name": self.gate.resource() }, "object": { "key": form_encoded(key), "size": size } },
        }] });
        told.queue.accept(&Message { body: event.to_string(), ..Message::default() });
    }
}

/// A key as S3 writes it into its events: as a form's field, but for `/`.
fn form_encoded(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b' ' => text.push('+'),
            b'/' | b'-' | b'_' | b'.' | b'*' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => text.push(char::from(byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn is_key(operation: &'static str, key: &str) -> Result<(), Fault> {
    if key.is_empty() || key.len() > 1024 {
        return Err(invalid(operation, "a key has 1 to 1024 bytes"));
    }
    Ok(())
}

#[async_trait]
impl Bucket for MemoryBucket {
    fn name(&self) -> &str {
        self.gate.resource()
    }

    async fn put(&self, object: NewObject) -> Result<(), Fault> {
        is_key(PUT, &object.key)?;
        let passage = self.gate.single(PUT).await?;
        self.store(&object.key, Some(object.content_type.to_owned()), object.bytes);
        passage.answer(())
    }

    async fn head(&self, key: &str) -> Result<Option<ObjectHead>, Fault> {
        let passage = self.gate.single(HEAD).await?;
        let found = lock(&self.objects).get(key).map(|object| ObjectHead {
            size: u64::try_from(object.bytes.len()).unwrap_or(u64::MAX),
            content_type: object.content_type.clone(),
        });
        passage.answer(found)
    }

    async fn get(&self, key: &str, max: u64) -> Result<Option<Bytes>, Fault> {
        let passage = self.gate.single(GET).await?;
        let found = lock(&self.objects).get(key).map(|object| object.bytes.clone());
        if found.as_ref().is_some_and(|bytes| u64::try_from(bytes.len()).is_ok_and(|size| size > max)) {
            return Err(invalid(GET, format!("the object has more than {max} bytes")));
        }
        passage.answer(found)
    }

    async fn delete(&self, keys: &[String]) -> Result<Vec<Result<(), Fault>>, Fault> {
        limits::entries(DELETE, keys.len(), BUCKET_MAX_BATCH)?;
        let (passage, failing) = self.gate.batch(DELETE, keys.len()).await?;
        let mut objects = lock(&self.objects);
        let answers = keys.iter().enumerate().map(|(index, key)| {
            if failing.contains(&index) {
                return Err(throttled(DELETE));
            }
            objects.remove(key);
            Ok(())
        });
        let answers = answers.collect();
        drop(objects);
        passage.answer(answers)
    }

    async fn list(&self, prefix: &str, after: Option<&str>, max: usize) -> Result<ListedObjects, Fault> {
        let passage = self.gate.single(LIST).await?;
        let max = max.min(BUCKET_MAX_BATCH);
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let objects = lock(&self.objects);
        let found = objects.range::<str, _>((after, Bound::Unbounded)).filter(|(key, _)| key.starts_with(prefix));
        let mut listed: Vec<_> = found
            .take(max + 1)
            .map(|(key, object)| ListedObject {
                key: key.clone(),
                size: u64::try_from(object.bytes.len()).unwrap_or(u64::MAX),
                put_at: object.put_at,
            })
            .collect();
        drop(objects);
        let more = listed.len() > max;
        listed.truncate(max);
        passage.answer(ListedObjects { objects: listed, more })
    }

    async fn sign_upload(&self, upload: &Upload, good_for: Duration) -> Result<SignedRequest, Fault> {
        is_key(SIGN, &upload.key)?;
        let until = self.until(good_for).await?;
        let url = format!("{ADDRESS}{}/{}?until={until}&size={}", self.name(), upload.key, upload.size);
        lock(&self.signed).insert(url.clone(), (upload.clone(), until));
        let headers = [
            ("content-length", upload.size.to_string()),
            ("content-type", upload.content_type.clone()),
            ("if-none-match", "*".to_owned()),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(SignedRequest { method: "PUT", url, headers })
    }

    async fn sign_download(&self, key: &str, good_for: Duration) -> Result<SignedRequest, Fault> {
        is_key(SIGN, key)?;
        let until = self.until(good_for).await?;
        let url = format!("{ADDRESS}{}/{key}?until={until}", self.name());
        Ok(SignedRequest { method: "GET", url, headers: Vec::new() })
    }

    async fn ping(&self) -> Result<(), Fault> {
        self.gate.single(PING).await?.answer(())
    }
}

impl MemoryBucket {
    async fn until(&self, good_for: Duration) -> Result<Timestamp, Fault> {
        if good_for.is_zero() || good_for > MAX_SIGNED_FOR {
            return Err(invalid(SIGN, "a request is signed for a week at the most"));
        }
        self.gate.single(SIGN).await?;
        Ok(self.gate.ports.clock.now() + good_for)
    }
}
