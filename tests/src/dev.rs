//! `shotengai dev` as a process, in a folder and on ports of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use shotengai_street::{free_port, locate_venv, port_in_use};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::local::workspace;
use crate::stream;
use crate::test_cluster::binary;
use crate::wait::until;

/// Where a street of `shotengai dev` is: its folder and its ports.
pub struct DevPlace {
    folder: TempDir,
    /// HTTP.
    pub http: u16,
    /// Health and metrics.
    pub health: u16,
    /// The local AWS.
    pub aws: u16,
    /// PostgreSQL.
    pub postgres: u16,
    /// SMTP.
    pub smtp: u16,
    /// The inbox.
    pub inbox: u16,
}

/// A running `shotengai dev`. Killed when dropped.
pub struct Dev {
    child: Child,
    log: std::path::PathBuf,
}

impl DevPlace {
    /// A new folder, free ports.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("shotengai-dev-").tempdir().unwrap();
        let [http, health, aws, postgres, smtp, inbox] = std::array::from_fn(|_| free_port().unwrap());
        Self { folder, http, health, aws, postgres, smtp, inbox }
    }

    /// The working directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All ports.
    #[must_use]
    pub const fn ports(&self) -> [u16; 6] {
        [self.http, self.health, self.aws, self.postgres, self.smtp, self.inbox]
    }

    /// The ports that somebody listens on.
    #[must_use]
    pub fn taken(&self) -> Vec<u16> {
        self.ports().into_iter().filter(|port| port_in_use(*port)).collect()
    }

    /// The binary in this folder, without its output connected.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let venv = locate_venv(&workspace()).unwrap_or_else(|error| panic!("{error}"));
        let mut command = Command::new(binary());
        command.args(args).current_dir(self.folder.path()).env("SHOTENGAI_VENV", venv).env("NO_COLOR", "1");
        command.env("PUBLISH", stream::mode());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// `shotengai dev` on these ports, with more flags.
    #[must_use]
    pub fn dev(&self, flags: &[&str]) -> Command {
        let mut command = self.command(&["dev"]);
        let names = ["--http-port", "--health-port", "--aws-port", "--postgres-port", "--smtp-port", "--inbox-port"];
        for (name, port) in names.into_iter().zip(self.ports()) {
            command.arg(name).arg(port.to_string());
        }
        command.args(flags);
        command
    }

    /// Starts it; what it prints goes to a file.
    #[must_use]
    pub fn start(&self, flags: &[&str]) -> Dev {
        self.start_with(flags, &[])
    }

    fn start_with(&self, flags: &[&str], environment: &[(&str, &str)]) -> Dev {
        let log = self.folder.path().join("dev.log");
        let file = std::fs::File::create(&log).unwrap();
        let mut command = self.dev(flags);
        command.envs(environment.iter().copied()).stdout(file.try_clone().unwrap()).stderr(file);
        Dev { child: command.spawn().unwrap(), log }
    }

    /// Starts it and waits until the street is open.
    pub async fn open(&self, flags: &[&str]) -> Dev {
        let dev = self.start(flags);
        dev.until_said("The street is open").await;
        dev
    }

    /// The same without flags, in this environment.
    pub async fn open_with(&self, environment: &[(&str, &str)]) -> Dev {
        let dev = self.start_with(&[], environment);
        dev.until_said("The street is open").await;
        dev
    }
}

impl Default for DevPlace {
    fn default() -> Self {
        Self::new()
    }
}

impl Dev {
    /// What it has printed.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it has printed this.
    pub async fn until_said(&self, words: &str) {
        until(&format!("dev says: {words}"), Duration::from_secs(60), || async {
            let output = self.output();
            if output.contains(words) { Ok(()) } else { Err(output) }
        })
        .await;
    }

    /// Its process and every process below it.
    #[must_use]
    pub fn tree(&self) -> BTreeSet<u32> {
        let mut tree = BTreeSet::from([self.child.id().expect("still running")]);
        let processes = processes();
        loop {
            let before = tree.len();
            tree.extend(
                processes.iter().filter(|(_, parent)| tree.contains(parent)).map(|(pid, _)| *pid).collect::<Vec<_>>(),
            );
            if tree.len() == before {
                return tree;
            }
        }
    }

    /// Sends a signal such as `INT`.
    pub async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("still running").to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().await.unwrap().success());
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        match tokio::time::timeout(Duration::from_secs(40), self.child.wait()).await {
            Ok(status) => status.unwrap(),
            Err(_) => panic!("dev does not end:\n{}", self.output()),
        }
    }
}

/// Those of these processes that still run.
#[must_use]
pub fn alive(tree: &BTreeSet<u32>) -> Vec<u32> {
    processes().into_iter().map(|(pid, _)| pid).filter(|pid| tree.contains(pid)).collect()
}

/// Every process and its parent, without those that only wait to be reaped.
fn processes() -> Vec<(u32, u32)> {
    let output = std::process::Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat="]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| {
            let mut columns = line.split_whitespace();
            let (pid, parent) = (columns.next()?.parse().ok()?, columns.next()?.parse().ok()?);
            (!columns.next()?.starts_with('Z')).then_some((pid, parent))
        })
        .collect()
}
