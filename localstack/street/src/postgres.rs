//! A real PostgreSQL 18 over a disposable folder.

mod as_root;
mod cluster;
mod databases;

use std::{
    fmt,
    path::{PathBuf, absolute},
    process::ExitStatus,
    time::Duration,
};

use tracing::{info, warn};

use crate::{Child, StreetError, owner::Owner, port, venv};
pub use as_root::changes_as_root;
use cluster::Cluster;

const WHAT: &str = "PostgreSQL";
const READY_WITHIN: Duration = Duration::from_secs(30);
const PORTS_TRIED: u32 = 5;
const SUPERUSER: &str = "shotengai";

/// Where and how to run PostgreSQL.
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// The Python environment of `localstack/bootstrap.sh`.
    pub venv: PathBuf,
    /// A folder of its own. **Its data are disposable**: they do not survive a power cut, and are thrown away when the
    /// server cannot start from them or was of another major version. Only what can be rebuilt belongs here.
    pub data_dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
}

/// A running PostgreSQL on loopback, with a generated password.
///
/// Under root the server runs as the system user `embedded_postgres`, which is created; the folders above `data_dir` and
/// above the Python environment become passable (not readable) for others; `made-as-root` in `data_dir` lists what was made,
/// and `make clean` undoes it. Without root nothing of the kind happens.
///
/// Dropping it begins its end without waiting.
pub struct Postgres {
    // Declared before the owner: the child is let go before the folder is.
    child: Child,
    port: u16,
    password: String,
    _owner: Owner,
}

/// Without the password.
impl fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Postgres").field("child", &self.child).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Starts it, making the cluster if there is no usable one, and waits until a connection succeeds.
    ///
    /// # Errors
    /// [`StreetError::PortInUse`]; [`StreetError::Ended`] or [`StreetError::NotReady`] with the end of its log;
    /// [`StreetError::FolderInUse`] when another living process owns the folder.
    pub async fn start(config: &PostgresConfig) -> Result<Self, StreetError> {
        let venv = absolute(&config.venv).map_err(StreetError::io("find the Python environment"))?;
        let owner = Owner::of(&config.data_dir)?;
        let cluster = Cluster::new(venv::python(&venv)?, venv, owner.folder());
        cluster.stop_leftovers().await?;
        port::ensure_free(WHAT, config.port)?;
        let mut fresh = false;
        let mut ports_left = PORTS_TRIED;
        loop {
            let port = port::choose(config.port)?;
            let reused = cluster.exists() && !fresh;
            let mut child = Child::spawn(cluster.spec(port, fresh)).await?;
            match child.ready(READY_WITHIN, async || cluster.connects(port).await).await {
                Ok(password) => {
                    info!(port, pid = child.pid(), "PostgreSQL is ready");
                    return Ok(Self { child, port, password, _owner: owner });
                }
                Err(error) if error.lost_its_port() => {
                    ports_left -= 1;
                    if config.port != 0 || ports_left == 0 {
                        return Err(StreetError::PortInUse { what: WHAT.to_owned(), port });
                    }
                }
                Err(error @ StreetError::Ended { .. }) if reused => {
                    warn!(%error, "PostgreSQL does not start from its folder: making it anew");
                    fresh = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The URL of a database, with user and password: for configuration, never for logs.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Waits until the server has ended by itself, which it should not.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub async fn wait(&mut self) -> Result<ExitStatus, StreetError> {
        self.child.wait().await
    }

    /// Stops it, breaking its connections, and waits for its end.
    ///
    /// # Errors
    /// When it cannot be seen to end.
    pub async fn stop(self) -> Result<(), StreetError> {
        self.child.stop().await.map(drop)
    }
}
