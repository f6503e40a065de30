//! The one error type of this crate.

use std::{io, path::PathBuf, process::ExitStatus};

/// Why a local part did not start, stop or answer.
#[derive(Debug, thiserror::Error)]
pub enum StreetError {
    /// Another program listens on the port; nothing was started.
    #[error("port {port}, wanted for {what}, is in use by another program")]
    PortInUse {
        /// What the port was wanted for, in words for the developer.
        what: String,
        /// The port on loopback.
        port: u16,
    },
    /// There is no Python environment with the local programs.
    #[error("{} holds no local servers: run `sh localstack/bootstrap.sh`", venv.display())]
    VenvMissing {
        /// Where it was looked for.
        venv: PathBuf,
    },
    /// Another living process owns the folder.
    #[error("{} is in use by another running street", folder.display())]
    FolderInUse {
        /// The state or data folder.
        folder: PathBuf,
    },
    /// A program started earlier with the same log file has not ended within the time a dying one may take.
    #[error("a {name} started earlier still runs (it holds {} open)", log_file.display())]
    StillRunning {
        /// The program's name.
        name: String,
        /// The log file both would write.
        log_file: PathBuf,
    },
    /// The program ended before it was ready.
    #[error("{name} ended before it was ready ({status}); the end of {}:\n{tail}", log_file.display())]
    Ended {
        /// The program's name.
        name: String,
        /// The program's exit code; 128 + n for signal n.
        status: ExitStatus,
        /// Where it wrote.
        log_file: PathBuf,
        /// The last lines it wrote.
        tail: String,
    },
    /// The program runs but did not answer in time; it has been told to stop.
    #[error("{name} did not answer within {seconds} s; the end of {}:\n{tail}", log_file.display())]
    NotReady {
        /// The program's name.
        name: String,
        /// How long it was waited for.
        seconds: u64,
        /// Where it writes.
        log_file: PathBuf,
        /// The last lines it wrote.
        tail: String,
    },
    /// A database name that would need quoting; allowed are `a-z`, `0-9` and `_`, at most 63, a letter first.
    #[error("{0:?} is not usable as a database name: use at most 63 of a-z, 0-9 and _, starting with a letter")]
    DatabaseName(String),
    /// A statement on the local PostgreSQL failed.
    #[error("could not {what}")]
    Database {
        /// What was attempted.
        what: String,
        /// PostgreSQL's answer.
        #[source]
        source: tokio_postgres::Error,
    },
    /// The operating system refused something.
    #[error("could not {what}")]
    Io {
        /// What was attempted.
        what: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

impl StreetError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
