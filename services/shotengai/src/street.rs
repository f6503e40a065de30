//! The street that is open on this machine, as it says so itself: a file in its folder of state, by which `--local`
//! finds it whatever its ports are.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

/// Where a street keeps its logs and data, below the working directory.
pub(crate) const STATE: &str = ".local/run";
/// Held as long as a street is open.
pub(crate) const LOCK: &str = "street.lock";
const FILE: &str = "street.json";

/// Where the parts of an open street are. Not printable: the database's URL holds its password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Street {
    /// The shop and its API; none without roles.
    pub(crate) http: Option<String>,
    /// `/livez`, `/readyz`, `/metrics`; none without roles.
    pub(crate) health: Option<String>,
    /// The local AWS.
    pub(crate) aws: String,
    /// PostgreSQL of the read models.
    pub(crate) database: String,
    /// The inbox.
    pub(crate) inbox: String,
}

impl Street {
    #[cfg(feature = "dev")]
    /// Leaves it for others of this user to find.
    pub(crate) fn announce(&self, folder: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        write_privately(&folder.join(FILE), &text)
    }

    #[cfg(feature = "dev")]
    /// Takes it away again. That it can't be costs nothing but a clearer word: who finds it also looks at the lock.
    pub(crate) fn withdraw(folder: &Path) {
        let _ = fs::remove_file(folder.join(FILE));
    }

    /// The street that is open in this folder or one above it.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("this folder can't be told")?;
        let Some(folder) = here.ancestors().map(|folder| folder.join(STATE)).find(|folder| folder.join(FILE).is_file())
        else {
            bail!(
                "no street is open here: `make run` opens one; for another AWS give --aws-endpoint-url, or leave --local out"
            );
        };
        Self::open_in(&folder)
    }

    /// The street that is open with its state in this folder.
    pub(crate) fn open_in(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        if !is_open(folder) {
            bail!("{} is of a street that is not open any more: `make run` opens one", path.display());
        }
        let text = fs::read(&path).with_context(|| format!("{} can't be read", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is not what `shotengai dev` writes", path.display()))
    }
}

/// Where a shop is that nobody says anything else of.
const USUAL_SHOP: &str = "http://127.0.0.1:8080";

/// Where the shop is: at the address that was given, with `local` in the street that is open here, or where it usually is.
pub(crate) fn shop(url: Option<String>, local: bool) -> anyhow::Result<String> {
    if let Some(url) = url.filter(|url| !url.is_empty()) {
        return Ok(url);
    }
    if !local {
        return Ok(USUAL_SHOP.to_owned());
    }
    Street::find()?.http.context("the street that is open here has no roles (--infra-only); where `shotengai serve all` runs beside it, give the shop's address with --url")
}

/// Whether a living process has the folder's lock.
fn is_open(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(feature = "dev")]
/// Puts a file there at once, whole, for this user alone.
pub(crate) fn write_privately(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let what = || format!("{} can't be written", path.display());
    let mut draft = path.to_owned();
    draft.add_extension("new");
    // One that was left behind keeps its rights when it is opened again.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(what),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&draft).with_context(what)?;
    file.write_all(bytes).with_context(what)?;
    fs::rename(&draft, path).with_context(what)
}

#[cfg(all(test, feature = "dev"))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_street_is_found_as_long_as_it_is_open() {
        let folder = std::env::temp_dir().join(format!("shotengai-street-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let street = Street {
            http: Some("http://127.0.0.1:18080".to_owned()),
            health: None,
            aws: "http://127.0.0.1:14566".to_owned(),
            database: "postgres://shop:hunter2@127.0.0.1:1/shop".to_owned(),
            inbox: "http://127.0.0.1:18025".to_owned(),
        };
        let lock = File::create(folder.join(LOCK)).unwrap();
        lock.lock().unwrap();
        street.announce(&folder).unwrap();
        street.announce(&folder).unwrap();
        let mode = fs::metadata(folder.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it holds a password");
        assert!(Street::open_in(&folder).unwrap() == street);

        drop(lock);
        let error = Street::open_in(&folder).err().unwrap().to_string();
        assert!(error.contains("not open any more") && !error.contains("hunter2"), "{error}");
        Street::withdraw(&folder);
        assert!(!folder.join(FILE).exists());
        fs::remove_dir_all(folder).unwrap();
    }
}
