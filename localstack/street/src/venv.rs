//! The Python environment that holds the local programs.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::StreetError;

/// The environment made by `localstack/bootstrap.sh`: `SHOTENGAI_VENV` if set, else `.local/venv` under the repository.
///
/// # Errors
/// [`StreetError::VenvMissing`], whose text says how to make it. That it is up to date is not checked here.
pub fn locate_venv(repository: &Path) -> Result<PathBuf, StreetError> {
    let venv = env::var_os("SHOTENGAI_VENV").map_or_else(|| repository.join(".local").join("venv"), PathBuf::from);
    python(&venv)?;
    Ok(venv)
}

/// The environment's interpreter. Its other programs carry absolute paths that break when the tree is moved.
pub(crate) fn python(venv: &Path) -> Result<PathBuf, StreetError> {
    let python = venv.join("bin").join("python");
    // The stamp is written when everything is installed, so a half-made environment counts as missing.
    if python.exists() && venv.join("requirements.installed").exists() {
        Ok(python)
    } else {
        Err(StreetError::VenvMissing { venv: venv.to_owned() })
    }
}
