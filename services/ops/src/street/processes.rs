//! Processes of the street: whether each is ready, and its figures.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::future::join_all;
use reqwest::Url;
use shotengai_runtime::health::Health;
use shotengai_runtime::telemetry::metrics_text;
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::health::{self, Process};

/// How long a name's addresses, and then a process's figures, may take; together less than a look may.
const TIMEOUT: Duration = Duration::from_millis(900);
/// The most of a process's figures that is read.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Instead of the address of the process that answers.
const HERE: &str = "here";

/// How this process is, as soon as it runs.
type OwnHealth = Arc<OnceLock<Arc<Health>>>;

/// Where processes are asked.
pub struct Processes {
    client: reqwest::Client,
    urls: Vec<String>,
    own: OwnHealth,
}

/// A process, as it was asked.
pub struct Asked {
    /// Whether it is ready.
    pub process: Process,
    /// What it serves at `/metrics`; empty where it didn't answer.
    pub figures: String,
}

impl Processes {
    /// Processes whose health is served at these URLs, at all addresses of each name; this one alone where there are none.
    #[must_use]
    pub const fn new(client: reqwest::Client, urls: Vec<String>, own: OwnHealth) -> Self {
        Self { client, urls, own }
    }

    /// Whether somebody has named them. Otherwise this process alone is asked, and others may be there.
    #[must_use]
    pub const fn are_named(&self) -> bool {
        !self.urls.is_empty()
    }

    /// Asks all of them, at the same time. One that doesn't answer says so itself.
    pub async fn ask(&self) -> Vec<Asked> {
        if self.urls.is_empty() {
            return self.here().into_iter().collect();
        }
        let found = join_all(self.urls.iter().map(|url| addresses(url))).await;
        let mut asked = Vec::new();
        let mut addresses = BTreeSet::new();
        for (url, found) in self.urls.iter().zip(found) {
            match found {
                Ok(found) => addresses.extend(found),
                Err(fault) => asked.push(Asked { process: Process::unasked(url, fault), figures: String::new() }),
            }
        }
        asked.extend(join_all(addresses.iter().map(|address| self.ask_one(address))).await);
        asked
    }

    /// This process, without a hop.
    fn here(&self) -> Option<Asked> {
        let readiness = self.own.get()?.readiness();
        let down = readiness.dependencies.iter().filter(|(_, dependency)| !dependency.up);
        let process = Process {
            url: HERE.to_owned(),
            roles: readiness.roles,
            ready: readiness.ready,
            dependencies: readiness.dependencies.len(),
            down: down.map(|(name, report)| (name.clone(), report.error.clone().unwrap_or_default())).collect(),
            fault: None,
        };
        Some(Asked { process, figures: metrics_text() })
    }

    async fn ask_one(&self, address: &str) -> Asked {
        let process = health::ask(&self.client, address, TIMEOUT);
        let (process, figures) = tokio::join!(process, self.figures(address));
        Asked { process, figures: figures.unwrap_or_default() }
    }

    async fn figures(&self, address: &str) -> reqwest::Result<String> {
        let mut answer = self.client.get(format!("{address}/metrics")).timeout(TIMEOUT).send().await?;
        let mut text = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if text.len() + chunk.len() > MOST_BYTES {
                break;
            }
            text.extend_from_slice(&chunk);
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// The URL at each address that its name has: a pod each, behind a service without an address of its own.
async fn addresses(url: &str) -> Result<BTreeSet<String>, String> {
    let parsed = Url::parse(url).map_err(|error| error.to_string())?;
    let (host, port) = (parsed.host_str().unwrap_or_default(), parsed.port_or_known_default().unwrap_or(80));
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let found: Vec<SocketAddr> = match timeout(TIMEOUT, lookup_host((host, port))).await {
        Ok(found) => found.map_err(|error| format!("its name is not known: {error}"))?.collect(),
        Err(_) => return Err("its name was not found in time".to_owned()),
    };
    Ok(found.into_iter().map(|address| format!("http://{address}")).collect())
}
