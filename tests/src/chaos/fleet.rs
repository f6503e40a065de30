//! Roles as processes of their own, each behind a proxy of its own to the local AWS.

use shotengai_runtime::direct_http;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::proxy::Proxy;
use crate::test_cluster::{Process, TestCluster, loopback};

/// So many processes, on a machine that may have other work.
const READY_WITHIN: Duration = Duration::from_secs(150);

/// Where a role's processes are reached, by role.
pub type Addresses = BTreeMap<&'static str, Vec<String>>;

/// The place of one process; it keeps ports and proxy through every restart.
pub struct Slot {
    /// What it serves: one role, or some with commas between.
    pub roles: &'static str,
    /// Its way to the local AWS.
    pub proxy: Proxy,
    /// How often it was killed.
    pub kills: u64,
    /// How often it ended though nobody killed it.
    pub ended: u64,
    http: SocketAddr,
    health: SocketAddr,
    process: Option<Process>,
}

/// All processes of a street.
pub struct Fleet {
    /// In the order they were asked for.
    pub slots: Vec<Slot>,
    extra: Vec<(&'static str, String)>,
}

impl Fleet {
    /// Starts a process for each of these and waits until all are ready. One of them must be catalog, one storefront.
    pub async fn start(cluster: &TestCluster, roles: &[&'static str], settings: &[(&'static str, &str)]) -> Self {
        let mut slots = Vec::new();
        for roles in roles {
            let proxy = Proxy::start(&cluster.endpoint_url()).await;
            slots.push(Slot { roles, proxy, kills: 0, ended: 0, http: loopback(), health: loopback(), process: None });
        }
        let mut fleet = Self { slots, extra: Vec::new() };
        let addresses = fleet.addresses();
        fleet.extra = vec![
            ("CATALOG_URL", addresses["catalog"][0].clone()),
            ("STOREFRONT_URL", addresses["storefront"][0].clone()),
        ];
        fleet.extra.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        for index in 0..fleet.slots.len() {
            fleet.spawn(cluster, index);
        }
        fleet.until_ready(cluster).await;
        fleet
    }

    /// Where each role is reached, processes that are down included.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        let mut addresses = Addresses::new();
        for slot in &self.slots {
            for role in slot.roles.split(',') {
                addresses.entry(role).or_default().push(format!("http://{}", slot.http));
            }
        }
        addresses
    }

    /// SIGKILL.
    pub async fn kill(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        if let Some(mut process) = slot.process.take() {
            process.kill().await;
            slot.kills += 1;
        }
    }

    /// Starts what is down, as an orchestrator does; what ended by itself is counted.
    pub fn revive(&mut self, cluster: &TestCluster) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if slot.process.as_mut().is_some_and(|process| process.ended().is_some()) {
                slot.ended += 1;
                slot.process = None;
            }
            if slot.process.is_none() {
                self.spawn(cluster, index);
            }
        }
    }

    /// Waits until every process is ready; starts those that end meanwhile.
    pub async fn until_ready(&mut self, cluster: &TestCluster) {
        let client = direct_http().build().unwrap();
        let deadline = Instant::now() + READY_WITHIN;
        let mut index = 0;
        while index < self.slots.len() {
            let url = format!("{}/readyz", self.slots[index].health_url());
            let asked = client.get(&url).timeout(Duration::from_secs(5)).send().await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                index += 1;
                continue;
            }
            let roles = self.slots[index].roles;
            let log = || self.slots[index].process.as_ref().map(Process::log_tail).unwrap_or_default();
            assert!(Instant::now() < deadline, "serve {roles} is not ready after {READY_WITHIN:?}:\n{}", log());
            self.revive(cluster);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What each place logged, all its processes in one text.
    pub fn logs(&self) -> impl Iterator<Item = (String, String)> {
        self.slots.iter().filter_map(|slot| {
            let process = slot.process.as_ref()?;
            Some((format!("{}-{}", slot.roles.replace(',', "-"), slot.http.port()), process.log()))
        })
    }

    fn spawn(&mut self, cluster: &TestCluster, index: usize) {
        let slot = &mut self.slots[index];
        let proxy = slot.proxy.url();
        let extra: Vec<_> = self.extra.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let extra: Vec<_> = [("AWS_ENDPOINT_URL", proxy.as_str())].into_iter().chain(extra).collect();
        slot.process = Some(cluster.spawn(slot.roles, slot.http, slot.health, &extra));
    }
}

impl Slot {
    /// The base URL of its health and metrics.
    #[must_use]
    pub fn health_url(&self) -> String {
        format!("http://{}", self.health)
    }
}
