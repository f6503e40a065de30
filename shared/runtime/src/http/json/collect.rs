//! All faults of one document.
//!
//! A reader stops at its first fault. So what is bad is taken out of the tree and the rest is read again, until nothing
//! bad is left. A field that was taken out is then missing; that is no fault of its own, and as an object can't be read
//! without it, the list's entry it stands in goes too. So of a list every entry's faults are found; of fields that are
//! *missing* in one object, the first.

use serde::de::DeserializeOwned;

use super::fault::{Fault, Step};
use super::tree::Json;

/// More would help nobody, and each costs a reading.
const MOST: usize = 20;

/// The value, or what is wrong with it: one fault at least.
pub(super) fn read<T: DeserializeOwned>(mut tree: Json) -> Result<T, Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    loop {
        let fault = match T::deserialize(&tree) {
            Ok(value) if faults.is_empty() => return Ok(value),
            Ok(_) => return Err(faults),
            Err(fault) => fault,
        };
        let path = fault.path();
        let follows = faults.iter().any(|known| known.path().starts_with(&path));
        if !follows {
            faults.push(fault);
        }
        let gone = !follows && take_out(&mut tree, &path);
        if faults.len() >= MOST || !(gone || take_out_entry(&mut tree, &path)) {
            return Err(faults);
        }
    }
}

/// Takes the value at this path out; whether there was one.
fn take_out(tree: &mut Json, path: &[Step]) -> bool {
    let Some((last, way)) = path.split_last() else { return false };
    match (find(tree, way), last) {
        (Some(Json::Object(entries)), Step::Key(key)) => {
            // The last one, as it is the second of two that is too many.
            let place = entries.iter().rposition(|(name, _)| name == key);
            place.map(|place| entries.remove(place)).is_some()
        }
        (Some(Json::List(entries)), Step::Index(index)) => match entries.get_mut(*index) {
            None | Some(Json::Gone) => false,
            Some(entry) => {
                *entry = Json::Gone;
                true
            }
        },
        _ => false,
    }
}

/// Takes the innermost list entry out that this path leads through; whether there was one.
fn take_out_entry(tree: &mut Json, path: &[Step]) -> bool {
    let innermost = path.iter().rposition(|step| matches!(step, Step::Index(_)));
    innermost.and_then(|place| path.get(..=place)).is_some_and(|entry| take_out(tree, entry))
}

fn find<'a>(tree: &'a mut Json, way: &[Step]) -> Option<&'a mut Json> {
    way.iter().try_fold(tree, |value, step| match (value, step) {
        (Json::Object(entries), Step::Key(key)) => {
            entries.iter_mut().rev().find(|(name, _)| name == key).map(|(_, value)| value)
        }
        (Json::List(entries), Step::Index(index)) => entries.get_mut(*index),
        _ => None,
    })
}
