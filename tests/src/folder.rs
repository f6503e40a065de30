//! A folder of this test process, for what its servers and streets keep.
//!
//! The servers live as long as the process and end after it, so nobody is left to remove the folder: the next test process
//! does. The kernel releases a lock with its process, however that ends; a folder whose lock is free has no owner.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

const PREFIX: &str = "shotengai-e2e-";
const LOCK: &str = "test.lock";

/// The folder, held until the process ends.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// A new one; those that nobody holds any more are removed.
    pub(crate) fn take() -> Self {
        sweep(&std::env::temp_dir());
        let path = tempfile::Builder::new().prefix(PREFIX).tempdir().expect("a folder").keep();
        let lock = File::create(path.join(LOCK)).expect("a lock");
        lock.try_lock().expect("nobody else knows the folder");
        Self { path, _lock: lock }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes what dead test processes left. What is another user's, or has just been made and has no lock yet, stays.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(lock) = File::options().write(true).open(entry.path().join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            // The lock last: what servers that are still ending hold on to, the next process removes.
            let parts =
                fs::read_dir(entry.path()).into_iter().flatten().flatten().filter(|part| part.file_name() != LOCK);
            let removed: Vec<_> = parts.map(|part| fs::remove_dir_all(part.path())).collect();
            if removed.iter().all(Result::is_ok) {
                let _again_next_time = fs::remove_dir_all(entry.path());
            }
        }
    }
}
