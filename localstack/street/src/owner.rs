//! One living owner per folder.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf, absolute},
};

use crate::StreetError;

/// Holds a folder until dropped. The kernel releases it with our process, however that ends.
#[derive(Debug)]
pub(crate) struct Owner {
    folder: PathBuf,
    _lock: File,
}

impl Owner {
    /// Creates the folder if need be and takes it.
    pub(crate) fn of(folder: &Path) -> Result<Self, StreetError> {
        let what = format!("take the folder {}", folder.display());
        let folder = absolute(folder).map_err(StreetError::io(what.clone()))?;
        fs::create_dir_all(&folder).map_err(StreetError::io(what.clone()))?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("owner.lock"))
            .map_err(StreetError::io(what.clone()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(StreetError::FolderInUse { folder }),
            Err(TryLockError::Error(source)) => Err(StreetError::Io { what, source }),
        }
    }

    /// The folder, as an absolute path.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}
