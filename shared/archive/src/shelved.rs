//! What a whole reading of the archive came to.

use std::collections::HashSet;
use std::io;

use serde::Serialize;
use shotengai_messaging::Fault;

use crate::key::ArchiveKey;
use crate::object::Damage;

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
    /// Of the objects, those that no manifest tells of. Not a fault: whoever put them may have ended before the manifest.
    pub unlisted: u64,
    /// Objects that something is wrong with.
    pub damaged: u64,
    /// Of those, objects by which something may be lost. All that a double says, another says.
    pub lost: u64,
    /// Some of them, by their keys: of each fault as many as were asked for.
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

impl Shelved {
    /// An object was found that this is wrong with; it is named where fewer than `name_most` of its kind are.
    pub(crate) fn found(&mut self, key: &str, damage: &Damage, name_most: usize) {
        self.damaged += 1;
        self.lost += u64::from(!damage.is_harmless());
        let fault = damage.word();
        if self.damages.iter().filter(|damaged| damaged.fault == fault).count() < name_most {
            self.damages.push(Damaged { key: key.to_owned(), fault, detail: damage.to_string() });
        }
    }

    /// Objects that something is wrong with and that are not named.
    #[must_use]
    pub fn more_damages(&self) -> u64 {
        self.damaged.saturating_sub(u64::try_from(self.damages.len()).unwrap_or(u64::MAX))
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

/// What the names alone tell, in some numbers a name.
#[derive(Default)]
pub(crate) struct Names {
    /// Numbers of the keys that are there, manifests' too.
    pub(crate) present: HashSet<u128>,
    /// Keys that the archive has not made.
    pub(crate) strangers: Vec<String>,
    /// Digests that some name has.
    pub(crate) digests: HashSet<u128>,
    /// Digests that more than one name has.
    pub(crate) doubled: HashSet<u128>,
}

impl Names {
    pub(crate) fn add(&mut self, key: String) {
        let Ok(read) = ArchiveKey::parse(&key) else {
            self.strangers.push(key);
            return;
        };
        self.present.insert(number(&key));
        if !self.digests.insert(read.number()) {
            self.doubled.insert(read.number());
        }
    }
}

/// A number of a key, by which many are remembered.
pub(crate) fn number(key: &str) -> u128 {
    crate::key::number_of(&crate::key::digest_of(key.as_bytes()))
}
