//! The cluster's folder and the launcher script that works on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};
use tokio_postgres::{Config, NoTls};

use super::SUPERUSER;
use crate::{ChildSpec, StopSignal, StreetError};

const LAUNCHER: &str = include_str!("../postgres.py");
const GRACE: Duration = Duration::from_secs(3);
/// Two graces of the launcher, and its own start.
const LEFTOVERS_END_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Cluster {
    python: PathBuf,
    venv: PathBuf,
    folder: PathBuf,
}

impl Cluster {
    pub(super) fn new(python: PathBuf, venv: PathBuf, folder: &Path) -> Self {
        Self { python, venv, folder: folder.to_owned() }
    }

    fn path(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    pub(super) fn exists(&self) -> bool {
        self.path().exists()
    }

    /// Ends a server that outlived its owner. Safe because the caller owns the folder, so that no living one needs it.
    pub(super) async fn stop_leftovers(&self) -> Result<(), StreetError> {
        if !self.path().join("postmaster.pid").exists() {
            return Ok(());
        }
        let what = format!("stop the PostgreSQL left over in {}", self.folder.display());
        let mut command = Command::new(&self.python);
        command.args(["-I", "-c", LAUNCHER, "stop"]).arg(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let output = match timeout(LEFTOVERS_END_WITHIN, command.output()).await {
            Ok(output) => output.map_err(StreetError::io(what.clone()))?,
            Err(elapsed) => return Err(StreetError::Io { what, source: elapsed.into() }),
        };
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(StreetError::Io { what, source: std::io::Error::other(said.trim().to_owned()) })
    }

    /// The launcher, which becomes the server.
    pub(super) fn spec(&self, port: u16, fresh: bool) -> ChildSpec {
        let mut args = ["-I", "-c", LAUNCHER, "run"].map(Into::into).to_vec();
        args.push(self.folder.clone().into());
        args.push(port.to_string().into());
        if fresh {
            args.push("--fresh".into());
        }
        ChildSpec {
            venv: self.venv.clone(),
            name: "PostgreSQL".to_owned(),
            program: self.python.clone(),
            args,
            env: vec![("LC_ALL".into(), "C".into())],
            log_file: self.folder.join("postgres.log"),
            stop_signal: StopSignal::Interrupt,
            grace: GRACE,
        }
    }

    /// The password, once a connection with it succeeds. The password is the cluster's own, so no other server passes.
    pub(super) async fn connects(&self, port: u16) -> Option<String> {
        let password = fs::read_to_string(self.path().join("street.password")).ok()?;
        let mut config = Config::new();
        config.host("127.0.0.1").port(port).user(SUPERUSER).password(&password).dbname("postgres");
        let (client, connection) = config.connect(NoTls).await.ok()?;
        drop(client);
        // Without its client it says goodbye and ends.
        connection.await.ok()?;
        Some(password)
    }
}
