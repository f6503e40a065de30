//! A bucket of objects.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use shotengai_kernel::Timestamp;

use super::fault::Fault;

/// The most keys of one delete, and of one page of a list.
pub const BUCKET_MAX_BATCH: usize = 1000;
/// The longest time for which a request can be signed.
pub const MAX_SIGNED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// Object of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub size: u64,
    /// When it was put there, by the store's clock.
    pub put_at: Timestamp,
}

/// Page of a list, in the order of the keys' bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedObjects {
    /// Its objects.
    pub objects: Vec<ListedObject>,
    /// Whether there are more behind the last one.
    pub more: bool,
}

/// An object without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectHead {
    /// Its bytes.
    pub size: u64,
    /// The type that its sender gave it.
    pub content_type: Option<String>,
}

/// An object to put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// Its key.
    pub key: String,
    /// Its type.
    pub content_type: &'static str,
    /// Who may keep it, and how long: the header `Cache-Control` of its downloads.
    pub cache_control: &'static str,
    /// Its bytes.
    pub bytes: Bytes,
}

/// An upload by somebody else, of which everything but the bytes is fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The key. Nothing may be there yet when the upload comes.
    pub key: String,
    /// The type that it must name.
    pub content_type: String,
    /// The bytes that it must have, no more and no fewer.
    pub size: u64,
}

/// A request that was signed: whoever has it can make it, for as long as it is good.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The method.
    pub method: &'static str,
    /// The address, signature included. A secret: not printable.
    pub url: String,
    /// Headers that it must have, by name in lower case.
    pub headers: Vec<(String, String)>,
}

impl std::fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// A bucket. An object is there whole or not at all, and what was put is read at once.
#[async_trait]
pub trait Bucket: Send + Sync {
    /// Its name, for logs.
    fn name(&self) -> &str;

    /// Puts an object there, in the place of one that has its key.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn put(&self, object: NewObject) -> Result<(), Fault>;

    /// Facts about an object; none if there is none.
    ///
    /// # Errors
    /// A [`Fault`] of the store, also where the bucket itself is missing.
    async fn head(&self, key: &str) -> Result<Option<ObjectHead>, Fault>;

    /// The bytes of an object; none if there is none. Of one that is larger, `max` bytes at the most are fetched.
    ///
    /// # Errors
    /// A [`Fault`] of the store; permanent where the object has more than `max` bytes.
    async fn get(&self, key: &str, max: u64) -> Result<Option<Bytes>, Fault>;

    /// Deletes objects, [`BUCKET_MAX_BATCH`] at the most. One that is not there counts as deleted. One answer a key, in order.
    ///
    /// # Errors
    /// A [`Fault`] when no answer came for any.
    async fn delete(&self, keys: &[String]) -> Result<Vec<Result<(), Fault>>, Fault>;

    /// Objects whose keys begin with `prefix` and come behind `after`, `max` at the most.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    async fn list(&self, prefix: &str, after: Option<&str>, max: usize) -> Result<ListedObjects, Fault>;

    /// Signs an upload, good for so long, at the address by which clients reach the store. Nothing is asked of the store.
    ///
    /// # Errors
    /// A [`Fault`] where nothing can be signed: no credentials, say.
    async fn sign_upload(&self, upload: &Upload, good_for: Duration) -> Result<SignedRequest, Fault>;

    /// Signs a download, as [`sign_upload`](Self::sign_upload) does. Whether the object is there is not looked at.
    ///
    /// # Errors
    /// A [`Fault`] where nothing can be signed.
    async fn sign_download(&self, key: &str, good_for: Duration) -> Result<SignedRequest, Fault>;

    /// Asks for the bucket itself: cheap, and changes nothing.
    ///
    /// # Errors
    /// A [`Fault`] of the store, also where the bucket is missing.
    async fn ping(&self) -> Result<(), Fault>;
}
