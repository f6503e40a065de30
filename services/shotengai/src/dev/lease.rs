//! One street a folder.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::street::LOCK;

/// What stands in the file while a street is open. A street that was killed leaves it there.
const MARK: &[u8] = b"open\n";

/// The right to use the folder. The kernel frees its lock with this process, however that ends; its mark stays unless
/// the street is closed in order.
pub(crate) struct Lease {
    file: File,
    left_behind: bool,
}

impl Lease {
    /// Takes the folder; `None` when another living process has it.
    pub(crate) fn take(folder: &Path) -> anyhow::Result<Option<Self>> {
        fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
        let path = folder.join(LOCK);
        let what = || format!("{} can't be taken", path.display());
        let file =
            File::options().create(true).truncate(false).read(true).write(true).open(&path).with_context(what)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error).with_context(what),
        }
        let left_behind = file.metadata().with_context(what)?.len() > 0;
        Ok(Some(Self { file, left_behind }))
    }

    /// Whether servers of a street that was killed may be about to end.
    pub(crate) const fn left_behind(&self) -> bool {
        self.left_behind
    }

    /// From here on, a death leaves something behind.
    pub(crate) fn mark(&mut self) -> anyhow::Result<()> {
        if !self.left_behind {
            self.file.write_all(MARK).context("the street's lock can't be written")?;
        }
        Ok(())
    }

    /// Everything that was started has ended. That it can't be noted costs the next start some patience, no more.
    pub(crate) fn clear(&mut self) {
        if let Err(error) = self.file.set_len(0) {
            tracing::warn!(%error, "the street's lock can't be cleared");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_street_that_was_not_closed_leaves_something_behind() {
        let folder = std::env::temp_dir().join(format!("shotengai-lease-{}", std::process::id()));
        let mut first = Lease::take(&folder).unwrap().unwrap();
        assert!(!first.left_behind());
        first.mark().unwrap();
        assert!(Lease::take(&folder).unwrap().is_none(), "it is taken");
        drop(first);
        let mut second = Lease::take(&folder).unwrap().unwrap();
        assert!(second.left_behind());
        second.mark().unwrap();
        second.clear();
        drop(second);
        assert!(!Lease::take(&folder).unwrap().unwrap().left_behind());
        fs::remove_dir_all(folder).unwrap();
    }
}
