//! MiniStack, the local AWS.

use std::{
    path::{Path, PathBuf, absolute},
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tracing::info;

use crate::{Child, ChildSpec, StopSignal, StreetError, log_file, owner::Owner, port, probe, venv};

/// Puts itself before MiniStack, which would let every web page in.
const LAUNCHER: &str = include_str!("ministack.py");

const WHAT: &str = "the local AWS (MiniStack)";
const READY_WITHIN: Duration = Duration::from_secs(20);
const GRACE: Duration = Duration::from_secs(3);
const PORTS_TRIED: u32 = 5;

/// Where and how to run MiniStack.
#[derive(Debug, Clone)]
pub struct MiniStackConfig {
    /// The Python environment of `localstack/bootstrap.sh`.
    pub venv: PathBuf,
    /// A folder of its own for log and temporary files.
    pub state_dir: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
}

/// A running MiniStack on loopback. Its resources live in its memory and end with it. No web page can use it.
///
/// Dropping it begins its end without waiting.
#[derive(Debug)]
pub struct MiniStack {
    // Declared before the owner: the child is let go before the folder is.
    child: Child,
    port: u16,
    _owner: Owner,
}

impl MiniStack {
    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// [`StreetError::PortInUse`] before anything is started; [`StreetError::Ended`] or [`StreetError::NotReady`] with
    /// the end of its log; [`StreetError::FolderInUse`] when another living process owns the folder.
    pub async fn start(config: &MiniStackConfig) -> Result<Self, StreetError> {
        let venv = absolute(&config.venv).map_err(StreetError::io("find the Python environment"))?;
        let python = venv::python(&venv)?;
        let owner = match Owner::of(&config.state_dir) {
            // A second street on the same port and folder: the port is what the developer can change.
            Err(error @ StreetError::FolderInUse { .. }) => {
                port::ensure_free(WHAT, config.port)?;
                return Err(error);
            }
            taken => taken?,
        };
        let log_file = owner.folder().join("ministack.log");
        // A MiniStack whose owner was killed a moment ago frees its port before it frees its log.
        drop(log_file::claim(WHAT, &log_file).await?);
        port::ensure_free(WHAT, config.port)?;
        for left in (0..PORTS_TRIED).rev() {
            let port = port::choose(config.port)?;
            let marker = marker();
            let mut child = Child::spawn(spec(&venv, &python, owner.folder(), &log_file, port, &marker)).await?;
            let edition = format!("\"edition\": \"{marker}\"");
            match child
                .ready(READY_WITHIN, async || probe::answers(port, "/_ministack/health", &edition).await.then_some(()))
                .await
            {
                Ok(()) => {
                    info!(port, pid = child.pid(), "MiniStack is ready");
                    return Ok(Self { child, port, _owner: owner });
                }
                Err(error) if error.lost_its_port() && config.port != 0 => break,
                Err(error) if error.lost_its_port() && left > 0 => {}
                Err(error) => return Err(error),
            }
        }
        Err(StreetError::PortInUse { what: WHAT.to_owned(), port: config.port })
    }

    /// The base URL for every AWS service.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
    pub async fn wait(&mut self) -> Result<process::ExitStatus, StreetError> {
        self.child.wait().await
    }

    /// Stops it and waits for its end.
    ///
    /// # Errors
    /// When it cannot be seen to end.
    pub async fn stop(self) -> Result<(), StreetError> {
        self.child.stop().await.map(drop)
    }
}

/// Appears in this server's health answer and in no other's, so that two starts that chose the same free port
/// cannot take the winner's answer for their own.
fn marker() -> String {
    static STARTS: AtomicU64 = AtomicU64::new(0);
    format!("shotengai-{}-{}", process::id(), STARTS.fetch_add(1, Ordering::Relaxed))
}

fn spec(venv: &Path, python: &Path, state_dir: &Path, log_file: &Path, port: u16, marker: &str) -> ChildSpec {
    let env = [
        ("BIND_HOST", "127.0.0.1".into()),
        ("GATEWAY_PORT", port.to_string().into()),
        ("MINISTACK_EDITION", marker.into()),
        ("LOG_LEVEL", "WARNING".into()),
        // Its pid file and caches, which would lie in the system's folder for everybody.
        ("TMPDIR", state_dir.into()),
        ("STATE_DIR", state_dir.join("state").into()),
    ];
    ChildSpec {
        venv: venv.to_owned(),
        name: "MiniStack".to_owned(),
        program: python.to_owned(),
        args: ["-I", "-u", "-c", LAUNCHER].map(Into::into).to_vec(),
        env: env.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        log_file: log_file.to_owned(),
        stop_signal: StopSignal::Terminate,
        grace: GRACE,
    }
}
