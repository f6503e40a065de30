//! What readers have saved of each shard, and by which claim. Whoever claims a shard is from then on the only one who saves: what
//! an earlier owner still has in hand moves nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All checkpoints, by the table in which a reader keeps them, and the shard.
#[derive(Debug, Default)]
pub struct Saves(Mutex<BTreeMap<(String, String), Saved>>);

#[derive(Debug, Default)]
struct Saved {
    /// The last claim.
    epoch: u64,
    /// Who made it.
    owner: String,
    /// The furthest position that was ever saved.
    furthest: Option<String>,
}

impl Saves {
    fn all(&self) -> MutexGuard<'_, BTreeMap<(String, String), Saved>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A shard's checkpoint was claimed or saved in a reader's table, perhaps by a call that had been given up: then it may be set
    /// back behind what was read since, which the shard's next reader reads again. Answers what is wrong with it.
    pub fn save(
        &self,
        (reader, shard): (&str, &str),
        epoch: u64,
        owner: &str,
        position: Option<&str>,
    ) -> Option<String> {
        let mut all = self.all();
        let known = all.entry((reader.to_owned(), shard.to_owned())).or_default();
        if let Some(position) = position {
            // Decimal numbers of whatever length.
            let is_further = |known: &String| (known.len(), known.as_str()) < (position.len(), position);
            if known.furthest.as_ref().is_none_or(is_further) {
                known.furthest = Some(position.to_owned());
            }
        }
        if epoch < known.epoch {
            let (claim, by) = (known.epoch, &known.owner);
            let position = position.unwrap_or("the start");
            return Some(format!(
                "{reader}: {owner} saved {position} of {shard} by claim {epoch}, after claim {claim} of {by}"
            ));
        }
        if epoch > known.epoch {
            (known.epoch, known.owner) = (epoch, owner.to_owned());
        }
        None
    }

    /// The furthest position that was ever saved of a shard.
    #[must_use]
    pub fn furthest(&self, reader: &str, shard: &str) -> Option<String> {
        self.all().get(&(reader.to_owned(), shard.to_owned()))?.furthest.clone()
    }
}
