//! The bucket of the archive.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use shotengai_messaging::ports::bucket::{BUCKET_MAX_BATCH, NewObject};
use shotengai_messaging::{Bucket, Fault};

use crate::compare::meaning;
use crate::key::{ArchiveKey, EVENTS, MANIFESTS, digest_of};
use crate::line::Line;
use crate::manifest::Manifest;
use crate::object::{Damage, MOST_BYTES, Object, unpack};
use crate::patience::patiently;

/// Objects that are fetched at the same time.
const AT_ONCE: usize = 8;
/// Nothing is changed under its name, so whoever fetched an object may keep it; nobody between may.
const CACHED: &str = "private, max-age=31536000, immutable";

/// The archive's bucket.
#[derive(Clone)]
pub struct Shelf {
    bucket: Arc<dyn Bucket>,
}

/// What a whole reading came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Shelved {
    /// Objects with events, those that something is wrong with included.
    pub objects: u64,
    /// Manifests.
    pub manifests: u64,
    /// Bytes of the objects that could be read.
    pub bytes: u64,
    /// Events in objects that could be read, repeated ones included.
    pub events: u64,
    /// Of those, events of sources that no event store is of.
    pub foreign: u64,
    /// Objects that something is wrong with, by their keys.
    pub damages: Vec<Damaged>,
}

/// An object that something is wrong with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// Its key.
    pub key: String,
    /// What it is, as a word.
    pub fault: &'static str,
    /// The same in words.
    pub detail: String,
}

impl Damaged {
    fn new(key: &str, damage: &Damage) -> Self {
        Self { key: key.to_owned(), fault: damage.word(), detail: damage.to_string() }
    }
}

/// Why the archive could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bucket failed.
    #[error(transparent)]
    Bucket(#[from] Fault),
    /// What was read could not be put down.
    #[error("what was read can't be put down: {0}")]
    Local(#[from] io::Error),
}

/// What the names alone tell.
#[derive(Default)]
struct Names {
    /// A number of each key that is there.
    present: HashSet<u128>,
    /// Keys that the archive has not made.
    strangers: Vec<String>,
    /// Digests that more than one name has.
    doubled: BTreeSet<String>,
    digests: HashSet<String>,
}

impl Shelf {
    /// The archive in this bucket.
    #[must_use]
    pub fn new(bucket: Arc<dyn Bucket>) -> Self {
        Self { bucket }
    }

    /// The bucket's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.bucket.name()
    }

    /// Puts an object there. One of the same name has the same bytes.
    ///
    /// # Errors
    /// A [`Fault`] of the bucket.
    pub async fn put(&self, object: &Object) -> Result<(), Fault> {
        let content_type = match &object.key {
            ArchiveKey::Events { .. } => "application/gzip",
            ArchiveKey::Manifest { .. } => "application/json",
        };
        let (key, bytes) = (object.key.to_string(), object.bytes.clone());
        self.bucket.put(NewObject { key, content_type, cache_control: CACHED, bytes }).await
    }

    /// Reads all there is, and says what is wrong with it. `each` gets the events of objects that are as they were put;
    /// `progress` hears how far it is. Memory: some objects, and about fifty bytes for each name.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read_all(
        &self,
        mut each: impl FnMut(Line) -> io::Result<()>,
        progress: &(dyn Fn(&Shelved) + Send + Sync),
    ) -> Result<Shelved, ReadError> {
        let mut shelved = Shelved::default();
        let names = self.names().await?;
        let listed = self.manifests(&names, &mut shelved).await?;
        let doubles = self.doubles(&names, &listed, &mut shelved).await?;
        self.strangers(&names, &mut shelved).await?;
        let (own, doubles) = (|key: String| ArchiveKey::parse(&key).ok().map(|read| (key, read)), &doubles);
        let mut objects = self
            .keys(EVENTS)
            // All that a double says, the other says.
            .try_filter_map(|key| std::future::ready(Ok((!doubles.contains(&key)).then_some(key).and_then(own))))
            .map_ok(|(key, read)| async move { Ok((self.get(&key).await?, key, read)) })
            .try_buffered(AT_ONCE)
            .boxed_local();
        while let Some((bytes, key, read)) = objects.try_next().await? {
            shelved.objects += 1;
            // Gone since its name was read.
            let Some(bytes) = bytes else { continue };
            let mut lines = Vec::new();
            match unpack(&read, &bytes, |line| lines.push(line)) {
                Ok(events) => {
                    shelved.events += events;
                    shelved.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    let foreign = lines.iter().filter(|line| line.owner.is_none()).count();
                    shelved.foreign += u64::try_from(foreign).unwrap_or(u64::MAX);
                    lines.into_iter().try_for_each(&mut each)?;
                }
                Err(damage) => shelved.damages.push(Damaged::new(&key, &damage)),
            }
            progress(&shelved);
        }
        shelved.damages.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(shelved)
    }

    async fn names(&self) -> Result<Names, Fault> {
        let mut names = Names::default();
        let mut keys = self.keys(EVENTS).boxed_local();
        while let Some(key) = keys.try_next().await? {
            match ArchiveKey::parse(&key) {
                Ok(read) => {
                    names.present.insert(number(&key));
                    if !names.digests.insert(read.digest().to_owned()) {
                        names.doubled.insert(read.digest().to_owned());
                    }
                }
                Err(_) => names.strangers.push(key),
            }
        }
        Ok(names)
    }

    /// Looks into what the archive has not named: it may be a copy of what it has.
    async fn strangers(&self, names: &Names, shelved: &mut Shelved) -> Result<(), Fault> {
        for key in &names.strangers {
            shelved.objects += 1;
            let copied = match self.get(key).await {
                Ok(bytes) => bytes.map(|bytes| digest_of(&bytes)).filter(|digest| names.digests.contains(digest)),
                // Larger than anything of ours.
                Err(fault) if !fault.is_retryable() => None,
                Err(fault) => return Err(fault),
            };
            let damage = match copied {
                Some(digest) => Damage::Doubled(self.with_digest(&digest).await?.into_iter().next().unwrap_or(digest)),
                None => Damage::Stranger,
            };
            shelved.damages.push(Damaged::new(key, &damage));
        }
        Ok(())
    }

    /// The keys of objects that have another's bytes. The other is the one that a manifest tells of.
    async fn doubles(
        &self,
        names: &Names,
        listed: &BTreeSet<String>,
        shelved: &mut Shelved,
    ) -> Result<BTreeSet<String>, Fault> {
        let mut doubles = BTreeSet::new();
        for digest in &names.doubled {
            let keys = self.with_digest(digest).await?;
            let own = keys.iter().find(|key| listed.contains(*key)).or(keys.first());
            let Some(own) = own.cloned() else { continue };
            for key in keys.into_iter().filter(|key| *key != own) {
                shelved.objects += 1;
                shelved.damages.push(Damaged::new(&key, &Damage::Doubled(own.clone())));
                doubles.insert(key);
            }
        }
        Ok(doubles)
    }

    /// The keys of objects with these digits.
    async fn with_digest(&self, digest: &str) -> Result<Vec<String>, Fault> {
        let has = |key: &String| ArchiveKey::parse(key).is_ok_and(|read| read.digest() == digest);
        self.keys(EVENTS).try_filter(|key| std::future::ready(has(key))).try_collect().await
    }

    /// Finds objects that a manifest tells of, and that are not there. Answers which of those that are there more than once
    /// manifests tell of.
    async fn manifests(&self, names: &Names, shelved: &mut Shelved) -> Result<BTreeSet<String>, Fault> {
        let (mut told, mut listed) = (BTreeMap::<String, Damage>::new(), BTreeSet::new());
        let mut keys = self
            .keys(MANIFESTS)
            .map_ok(|key| async move { Ok((self.get(&key).await?, key)) })
            .try_buffered(AT_ONCE)
            .boxed_local();
        while let Some((bytes, key)) = keys.try_next().await? {
            shelved.manifests += 1;
            let Some(bytes) = bytes else { continue };
            let read = ArchiveKey::parse(&key).map_err(|_| Damage::Stranger);
            let manifest = match read.and_then(|read| Manifest::unpack(&read, &bytes)) {
                Ok(manifest) => manifest,
                Err(damage) => {
                    told.insert(key, damage);
                    continue;
                }
            };
            for object in manifest.objects {
                let is_doubled = |key: ArchiveKey| names.doubled.contains(key.digest());
                if ArchiveKey::parse(&object.key).is_ok_and(is_doubled) {
                    listed.insert(object.key);
                } else if !names.present.contains(&number(&object.key)) && !self.is_there(&object.key).await? {
                    told.insert(object.key, Damage::Missing { manifest: key.clone() });
                }
            }
        }
        shelved.damages.extend(told.iter().map(|(key, damage)| Damaged::new(key, damage)));
        Ok(listed)
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, Fault> {
        patiently(async || self.bucket.get(key, MOST_BYTES).await).await
    }

    /// Whether it has come since the names were read.
    async fn is_there(&self, key: &str) -> Result<bool, Fault> {
        patiently(async || self.bucket.head(key).await).await.map(|head| head.is_some())
    }

    /// Keys that begin so, in order.
    fn keys<'a>(&'a self, prefix: &'static str) -> impl futures::Stream<Item = Result<String, Fault>> + 'a {
        stream::try_unfold(Some(None::<String>), move |after| async move {
            let Some(after) = after else { return Ok(None) };
            let list = async || self.bucket.list(prefix, after.as_deref(), BUCKET_MAX_BATCH).await;
            let page = patiently(list).await?;
            let next = page.objects.last().filter(|_| page.more).map(|last| Some(last.key.clone()));
            let keys = stream::iter(page.objects.into_iter().map(|object| Ok(object.key)));
            Ok(Some((keys, next)))
        })
        .try_flatten()
    }
}

/// A number of a key, by which many are remembered.
fn number(key: &str) -> u128 {
    meaning(key)
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
