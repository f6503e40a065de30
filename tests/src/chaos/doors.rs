//! How clients reach the roles: straight to a process, another one when that does not answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::fleet::Addresses;
use crate::shop::{Answer, Person, Shop};
use crate::test_cluster::TestCluster;

/// An answer that takes longer counts as lost.
const TIMEOUT: Duration = Duration::from_secs(20);
/// For how long a client asks again.
const INSIST: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_millis(100);

/// A request that is sent until it is answered.
pub struct Request<'a> {
    /// Whose it is to answer.
    pub role: &'a str,
    /// Method and path.
    pub method: Method,
    /// Path and query.
    pub path: &'a str,
    /// Who asks.
    pub person: Option<&'a Person>,
    /// Its `Idempotency-Key`.
    pub key: Option<&'a str>,
    /// The body.
    pub body: Option<&'a Value>,
}

/// The doors of all roles.
pub struct Doors {
    shops: BTreeMap<&'static str, Vec<Shop>>,
    next: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
}

impl Doors {
    /// Doors at these addresses.
    #[must_use]
    pub fn new(cluster: &TestCluster, addresses: &Addresses) -> Self {
        let shops = addresses.iter().map(|(role, urls)| {
            let shops = urls.iter().map(|url| cluster.shop_at(url.clone())).collect();
            (*role, shops)
        });
        Self { shops: shops.collect(), next: AtomicU64::new(0), refused: AtomicU64::new(0), lost: AtomicU64::new(0) }
    }

    /// A process of this role, another one each time.
    #[must_use]
    pub fn shop(&self, role: &str) -> &Shop {
        let shops = &self.shops[role];
        let turn = usize::try_from(self.next.fetch_add(1, Ordering::Relaxed)).unwrap_or_default();
        &shops[turn % shops.len()]
    }

    /// Sends until somebody answers something that is no 5xx.
    pub async fn insist(&self, request: Request<'_>) -> Answer {
        let deadline = Instant::now() + INSIST;
        loop {
            let seen = match self.once(&request).await {
                Some(answer) if answer.status.is_server_error() => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    format!("{} {}", answer.status, answer.body)
                }
                Some(answer) => return answer,
                None => {
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    "no answer".to_owned()
                }
            };
            assert!(Instant::now() < deadline, "{} is not answered within {INSIST:?}: {seen}", request.path);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads, as [`Doors::insist`] does.
    pub async fn get(&self, role: &str, path: &str, person: Option<&Person>) -> Answer {
        self.insist(Request { role, method: Method::GET, path, person, key: None, body: None }).await
    }

    /// How often the answer was a 5xx.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How often there was no answer: nobody listened, the connection broke, it took too long.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    async fn once(&self, request: &Request<'_>) -> Option<Answer> {
        let header = request.key.map(|key| ("idempotency-key", key));
        let shop = self.shop(request.role);
        let asked = shop.send(request.method.clone(), request.path, request.person, header.as_slice(), request.body);
        timeout(TIMEOUT, asked).await.ok()?.ok()
    }
}
