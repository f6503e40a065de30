//! Where Mailpit is, if anywhere.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The program: what `make mailpit` built under the repository, else the first on the `PATH`. None where neither is there.
#[must_use]
pub fn locate_mailpit(repository: &Path) -> Option<PathBuf> {
    let built = repository.join(".local").join("mailpit").join("bin").join("mailpit");
    let path = env::var_os("PATH").unwrap_or_default();
    std::iter::once(built).chain(env::split_paths(&path).map(|folder| folder.join("mailpit"))).find(|at| at.is_file())
}
