//! Health of a process, as its `/readyz` says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

const TIMEOUT: Duration = Duration::from_secs(3);

/// Readiness of a process, as it says itself.
#[derive(Debug, Clone, Serialize)]
pub struct Process {
    /// Its health address.
    pub url: String,
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
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    up: bool,
    error: Option<String>,
}

/// Asks the process whose health is served here.
pub async fn ask(client: &reqwest::Client, url: &str) -> Process {
    let url = url.trim_end_matches('/').to_owned();
    match readiness(client, &url).await {
        Ok(Readiness { ready, dependencies }) => {
            let count = dependencies.len();
            let down = dependencies.into_iter().filter(|(_, dependency)| !dependency.up);
            let down = down.map(|(name, dependency)| (name, dependency.error.unwrap_or_default())).collect();
            Process { url, ready, down, dependencies: count, fault: None }
        }
        Err(error) => {
            let fault = Some(error.without_url().to_string());
            Process { url, ready: false, down: BTreeMap::new(), dependencies: 0, fault }
        }
    }
}

async fn readiness(client: &reqwest::Client, url: &str) -> reqwest::Result<Readiness> {
    // One that is not ready answers 503, with the same body.
    client.get(format!("{url}/readyz")).timeout(TIMEOUT).send().await?.json().await
}
