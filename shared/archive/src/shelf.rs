//! The bucket of the archive.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use shotengai_messaging::ports::bucket::{BUCKET_MAX_BATCH, NewObject};
use shotengai_messaging::{Bucket, Fault};

use crate::key::{ArchiveKey, EVENTS, MANIFESTS, digest_of, number_of};
use crate::line::Line;
use crate::manifest::Manifest;
use crate::object::{Damage, MOST_BYTES, Object, unpack};
use crate::patience::patiently;
pub use crate::shelved::{Damaged, ReadError, Shelved};
use crate::shelved::{Names, number};

/// Objects that are fetched at the same time.
const AT_ONCE: usize = 8;
/// Nothing is changed under its name, so whoever fetched an object may keep it; nobody between may.
const CACHED: &str = "private, max-age=31536000, immutable";

/// The archive's bucket.
#[derive(Clone)]
pub struct Shelf {
    bucket: Arc<dyn Bucket>,
    name_most: usize,
    most_bytes: u64,
}

/// The bytes of an object, or why they are not fetched.
type Got = Result<Bytes, Damage>;

impl Shelf {
    /// The archive in this bucket.
    #[must_use]
    pub fn new(bucket: Arc<dyn Bucket>) -> Self {
        Self { bucket, name_most: usize::MAX, most_bytes: MOST_BYTES }
    }

    /// Names so many objects at the most that the same is wrong with; all are counted.
    #[must_use]
    pub fn naming(self, name_most: usize) -> Self {
        Self { name_most, ..self }
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
    /// `progress` hears how far it is. Memory: some objects, and about a hundred bytes for each name.
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
        let (own, doubles) = (|key: String| ArchiveKey::parse(&key).ok().map(|read| (key, read)), &doubles);
        let mut objects = self
            .keys(EVENTS)
            // All that a double says, the other says.
            .try_filter_map(|key| std::future::ready(Ok((!doubles.contains(&key)).then_some(key).and_then(own))))
            .map_ok(|(key, read)| async move { Ok((self.get(&key).await?, key, read)) })
            .try_buffered(AT_ONCE)
            .boxed_local();
        while let Some((got, key, read)) = objects.try_next().await? {
            shelved.objects += 1;
            shelved.unlisted += u64::from(!listed.contains(&number(&key)));
            // Gone since its name was read.
            let Some(got) = got else { continue };
            let mut lines = Vec::new();
            let unpacked = got.and_then(|bytes| {
                shelved.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                unpack(&read, &bytes, |line| lines.push(line))
            });
            match unpacked {
                Ok(events) => {
                    shelved.events += events;
                    let foreign = lines.iter().filter(|line| line.owner.is_none()).count();
                    shelved.foreign += u64::try_from(foreign).unwrap_or(u64::MAX);
                    lines.into_iter().try_for_each(&mut each)?;
                }
                Err(damage) => shelved.found(&key, &damage, self.name_most),
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
            names.add(key);
        }
        let mut keys = self.keys(MANIFESTS).boxed_local();
        while let Some(key) = keys.try_next().await? {
            names.present.insert(number(&key));
        }
        Ok(names)
    }

    /// Finds objects that have another's bytes, under a name of the archive's or under any; answers those of the archive's
    /// names. The other is the one that a manifest tells of, or that fits its name.
    async fn doubles(
        &self,
        names: &Names,
        listed: &HashSet<u128>,
        shelved: &mut Shelved,
    ) -> Result<HashSet<String>, Fault> {
        let mut copies = Vec::new();
        for key in &names.strangers {
            let digest = match self.get(key).await? {
                Some(Ok(bytes)) => Some(number_of(&digest_of(&bytes))),
                // Larger than anything of ours, or gone.
                Some(Err(_)) | None => None,
            };
            copies.push((key, digest.filter(|digest| names.digests.contains(digest))));
        }
        let wanted = names.doubled.iter().copied().chain(copies.iter().filter_map(|(_, digest)| *digest)).collect();
        let (mut owns, mut doubles) = (BTreeMap::new(), HashSet::new());
        for (digest, keys) in self.with_digests(&wanted).await? {
            let Some(own) = self.own(&keys, listed).await? else { continue };
            for key in keys.into_iter().filter(|key| *key != own) {
                shelved.objects += 1;
                shelved.found(&key, &Damage::Doubled(own.clone()), self.name_most);
                doubles.insert(key);
            }
            owns.insert(digest, own);
        }
        for (key, digest) in copies {
            shelved.objects += 1;
            let damage = match digest.and_then(|digest| owns.get(&digest)) {
                Some(own) => Damage::Doubled(own.clone()),
                None => Damage::Stranger,
            };
            shelved.found(key, &damage, self.name_most);
        }
        Ok(doubles)
    }

    /// The keys of objects with these digests, by one look at all of them.
    async fn with_digests(&self, wanted: &BTreeSet<u128>) -> Result<BTreeMap<u128, Vec<String>>, Fault> {
        let mut found = BTreeMap::<u128, Vec<String>>::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        let mut keys = self.keys(EVENTS).boxed_local();
        while let Some(key) = keys.try_next().await? {
            if let Some(digest) =
                ArchiveKey::parse(&key).ok().map(|read| read.number()).filter(|it| wanted.contains(it))
            {
                found.entry(digest).or_default().push(key);
            }
        }
        Ok(found)
    }

    /// Of objects with the same digest, the one that was put.
    async fn own(&self, keys: &[String], listed: &HashSet<u128>) -> Result<Option<String>, Fault> {
        if let [_, _, ..] = keys {
            if let Some(own) = keys.iter().find(|key| listed.contains(&number(key))) {
                return Ok(Some(own.clone()));
            }
            for key in keys {
                let (Ok(read), Some(Ok(bytes))) = (ArchiveKey::parse(key), self.get(key).await?) else { continue };
                if unpack(&read, &bytes, |_| {}).is_ok() {
                    return Ok(Some(key.clone()));
                }
            }
        }
        Ok(keys.first().cloned())
    }

    /// Finds objects and manifests that a manifest tells of, and that are not there. Answers numbers of all that manifests tell of.
    async fn manifests(&self, names: &Names, shelved: &mut Shelved) -> Result<HashSet<u128>, Fault> {
        let (mut told, mut listed) = (BTreeMap::<String, Damage>::new(), HashSet::new());
        let mut keys = self
            .keys(MANIFESTS)
            .map_ok(|key| async move { Ok((self.get(&key).await?, key)) })
            .try_buffered(AT_ONCE)
            .boxed_local();
        while let Some((got, key)) = keys.try_next().await? {
            shelved.manifests += 1;
            let Some(got) = got else { continue };
            let read = ArchiveKey::parse(&key).map_err(|_| Damage::Stranger);
            let manifest = match read.and_then(|read| Manifest::unpack(&read, &got?)) {
                Ok(manifest) => manifest,
                Err(damage) => {
                    told.insert(key, damage);
                    continue;
                }
            };
            let keys = manifest.objects.into_iter().map(|object| object.key);
            for other in keys.chain(manifest.previous) {
                let number = number(&other);
                listed.insert(number);
                if !names.present.contains(&number) && !self.is_there(&other).await? {
                    told.insert(other, Damage::Missing { manifest: key.clone() });
                }
            }
        }
        told.iter().for_each(|(key, damage)| shelved.found(key, damage, self.name_most));
        Ok(listed)
    }

    /// An object's bytes; none where it is gone.
    async fn get(&self, key: &str) -> Result<Option<Got>, Fault> {
        let fault = match patiently(async || self.bucket.get(key, self.most_bytes).await).await {
            Ok(bytes) => return Ok(bytes.map(Ok)),
            Err(fault) => fault,
        };
        if !fault.is_retryable()
            && let Ok(Some(head)) = patiently(async || self.bucket.head(key).await).await
            && head.size > self.most_bytes
        {
            return Ok(Some(Err(Damage::Damaged(format!(
                "it has {} bytes, and none that was put has so many",
                head.size
            )))));
        }
        Err(fault)
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

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
