//! Health of a process, as its `/readyz` says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a process may take, where nobody says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(3);

/// Readiness of a process, as it says itself.
#[derive(Debug, Clone, Serialize)]
pub struct Process {
    /// Its health address.
    pub url: String,
    /// Its roles, as it says itself.
    pub roles: Vec<String>,
    /// Whether it takes requests.
    pub ready: bool,
    /// Dependencies that answered badly last, and what they said.
    pub down: BTreeMap<String, String>,
    /// How many dependencies it has.
    pub dependencies: usize,
    /// Why it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

#[derive(Deserialize)]
struct Readiness {
    ready: bool,
    // None from a release before this field.
    #[serde(default)]
    roles: Vec<String>,
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    up: bool,
    error: Option<String>,
}

impl Process {
    /// A process that could not be asked.
    #[must_use]
    pub fn unasked(url: impl Into<String>, fault: impl Into<String>) -> Self {
        let (roles, down) = (Vec::new(), BTreeMap::new());
        Self { url: url.into(), roles, ready: false, down, dependencies: 0, fault: Some(fault.into()) }
    }
}

/// Asks the process whose health is served here.
pub async fn ask(client: &reqwest::Client, url: &str, within: Duration) -> Process {
    let url = url.trim_end_matches('/').to_owned();
    match readiness(client, &url, within).await {
        Ok(Readiness { ready, roles, dependencies }) => {
            let count = dependencies.len();
            let down = dependencies.into_iter().filter(|(_, dependency)| !dependency.up);
            let down = down.map(|(name, dependency)| (name, dependency.error.unwrap_or_default())).collect();
            Process { url, roles, ready, down, dependencies: count, fault: None }
        }
        Err(error) => Process::unasked(url, error.without_url().to_string()),
    }
}

async fn readiness(client: &reqwest::Client, url: &str, within: Duration) -> reqwest::Result<Readiness> {
    // One that is not ready answers 503, with the same body.
    client.get(format!("{url}/readyz")).timeout(within).send().await?.json().await
}
