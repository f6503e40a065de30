//! A manifest: which objects were put together. Written once all of them are there, so each of them can be missed.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::key::{ArchiveKey, Span, digest_of};
use crate::object::{Damage, Object};

/// The form that is written.
const FORM: u32 = 1;

/// Objects that were put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    form: u32,
    /// The key of the manifest that the same process put before, of the same shard; none where it is its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The objects.
    pub objects: Vec<Listed>,
}

/// An object that a manifest tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its bytes.
    pub bytes: u64,
    /// Events in it.
    pub events: u64,
}

impl Manifest {
    /// The manifest of these objects, behind this one.
    #[must_use]
    pub fn of(objects: &[Object], previous: Option<&str>) -> Self {
        let listed = |object: &Object| Listed {
            key: object.key.to_string(),
            bytes: u64::try_from(object.bytes.len()).unwrap_or(u64::MAX),
            events: object.events,
        };
        let previous = previous.map(str::to_owned);
        Self { form: FORM, previous, objects: objects.iter().map(listed).collect() }
    }

    /// As an object, of the records that the others came in.
    ///
    /// # Errors
    /// None that memory gives.
    pub fn pack(&self, span: Span) -> serde_json::Result<Object> {
        let bytes = Bytes::from(serde_json::to_vec(self)?);
        Ok(Object { key: ArchiveKey::Manifest { span, digest: digest_of(&bytes) }, bytes, events: 0 })
    }

    /// Reads one.
    ///
    /// # Errors
    /// The [`Damage`] that was found.
    pub fn unpack(key: &ArchiveKey, bytes: &[u8]) -> Result<Self, Damage> {
        let fits = key.digest() == digest_of(bytes);
        match serde_json::from_slice::<Self>(bytes) {
            Ok(_) if !fits => Err(Damage::Edited),
            Ok(manifest) if manifest.form == FORM => Ok(manifest),
            Ok(manifest) => Err(Damage::Damaged(format!("form {} is not known", manifest.form))),
            Err(error) if error.is_eof() => Err(Damage::Truncated),
            Err(_) => Err(Damage::Damaged("it is no manifest".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::tests::object;

    #[test]
    fn a_manifest_names_its_objects_and_shows_every_change() {
        let object = object(2);
        let span = Span { shard: "shard-1".to_owned(), first: "1".to_owned(), last: "2".to_owned() };
        let packed = Manifest::of(std::slice::from_ref(&object), Some("manifests/s/0-0-x.json")).pack(span).unwrap();
        let manifest = Manifest::unpack(&packed.key, &packed.bytes).unwrap();
        assert_eq!(
            (manifest.objects[0].key.as_str(), manifest.objects[0].events),
            (object.key.to_string().as_str(), 2)
        );

        assert_eq!(manifest.previous.as_deref(), Some("manifests/s/0-0-x.json"));
        let text = String::from_utf8(packed.bytes.to_vec()).unwrap();
        let edited = text.replace("\"events\":2", "\"events\":3");
        assert_eq!(Manifest::unpack(&packed.key, edited.as_bytes()), Err(Damage::Edited));
        assert_eq!(Manifest::unpack(&packed.key, &packed.bytes[..20]), Err(Damage::Truncated));
        assert!(matches!(Manifest::unpack(&packed.key, b"[]"), Err(Damage::Damaged(_))));
    }
}
