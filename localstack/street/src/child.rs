//! A supervised program.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use tokio::{
    process::{self, ChildStdin},
    time::{Instant, sleep, timeout},
};
use tracing::debug;

use crate::{StreetError, keeper, log_file};

const POLL: Duration = Duration::from_millis(20);
/// What the keeper needs beyond the grace to kill and to report.
const AFTER_GRACE: Duration = Duration::from_secs(5);

/// The signal that asks a program to stop in good order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGTERM.
    Terminate,
    /// SIGINT; PostgreSQL's "fast" shutdown.
    Interrupt,
}

impl StopSignal {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        }
    }
}

/// What to run, and how to end it.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    /// The Python environment whose interpreter runs the keeper.
    pub venv: PathBuf,
    /// The program's name in errors and logs.
    pub name: String,
    /// The program: a path, or a name to be found on the PATH.
    pub program: PathBuf,
    /// Its arguments. Visible to all users of the machine, so no secrets.
    pub args: Vec<OsString>,
    /// Its environment, beside our PATH, HOME, LANG and TMPDIR.
    pub env: Vec<(OsString, OsString)>,
    /// Where its outputs go; emptied at the start. No two living children share one.
    pub log_file: PathBuf,
    /// The polite request.
    pub stop_signal: StopSignal,
    /// The time between the polite request and SIGKILL; 3 s suits most.
    pub grace: Duration,
}

/// A running program under its keeper.
///
/// Dropping it begins the same shutdown as [`Child::stop`] without waiting for it.
#[derive(Debug)]
pub struct Child {
    name: String,
    pid: u32,
    keeper: process::Child,
    /// The keeper stops the program when this closes.
    leash: Option<ChildStdin>,
    log_file: PathBuf,
    grace: Duration,
}

impl Child {
    /// Starts the program. Waits up to 6 s for an earlier one with the same log file to be gone.
    ///
    /// # Errors
    /// When the keeper cannot run or an earlier program still does. A program that cannot be executed is started in
    /// this sense: it ends with code 127, and its log says why.
    pub async fn spawn(spec: ChildSpec) -> Result<Self, StreetError> {
        let log = log_file::claim(&spec.name, &spec.log_file).await?;
        let (mut keeper, pid) = keeper::start(&spec, log).await?;
        debug!(name = spec.name, pid, "child started");
        let leash = keeper.stdin.take();
        Ok(Self { name: spec.name, pid, keeper, leash, log_file: spec.log_file, grace: spec.grace })
    }

    /// The program's process id; its keeper has another.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where the program's outputs go.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        &self.log_file
    }

    /// Waits until the program has ended; its exit code, or 128 + n for signal n.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub async fn wait(&mut self) -> Result<ExitStatus, StreetError> {
        // The leash was taken out of the keeper's handle, which would otherwise close it here and so end the program.
        self.keeper.wait().await.map_err(StreetError::io(format!("wait for {}", self.name)))
    }

    /// How the program ended, if it has.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>, StreetError> {
        self.keeper.try_wait().map_err(StreetError::io(format!("wait for {}", self.name)))
    }

    /// Asks the program to stop and waits until it has, by force after its grace; how it ended.
    ///
    /// # Errors
    /// When the keeper does not report the end in time.
    pub async fn stop(mut self) -> Result<ExitStatus, StreetError> {
        drop(self.leash.take());
        let what = format!("stop {}", self.name);
        let status = match timeout(self.grace + AFTER_GRACE, self.keeper.wait()).await {
            Ok(status) => status.map_err(StreetError::io(what))?,
            Err(elapsed) => return Err(StreetError::Io { what, source: elapsed.into() }),
        };
        debug!(name = self.name, %status, "child stopped");
        Ok(status)
    }

    /// Repeats `probe` until it gives something, the program ends or the deadline passes.
    pub(crate) async fn ready<T, P>(&mut self, within: Duration, mut probe: P) -> Result<T, StreetError>
    where
        P: AsyncFnMut() -> Option<T>,
    {
        let deadline = Instant::now() + within;
        while Instant::now() < deadline {
            if let Some(status) = self.try_wait()? {
                return Err(self.ended(status));
            }
            if let Ok(Some(answer)) = timeout(Duration::from_secs(1), probe()).await {
                return Ok(answer);
            }
            sleep(POLL).await;
        }
        let tail = log_file::tail(&self.log_file);
        Err(StreetError::NotReady {
            name: self.name.clone(),
            seconds: within.as_secs(),
            log_file: self.log_file.clone(),
            tail,
        })
    }

    fn ended(&self, status: ExitStatus) -> StreetError {
        let tail = log_file::tail(&self.log_file);
        StreetError::Ended { name: self.name.clone(), status, log_file: self.log_file.clone(), tail }
    }
}

impl StreetError {
    /// Whether a server ended because somebody took its port between our choice and its start.
    pub(crate) fn lost_its_port(&self) -> bool {
        matches!(self, Self::Ended { tail, .. } if tail.to_lowercase().contains("already in use"))
    }
}
