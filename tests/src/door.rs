//! `E2E_DOOR=1`: every role as a process of its own, and everything public through storefront.
//!
//! Tests ask for a street as ever (`serve("all", …)`); they get the processes of these roles as one
//! [`Process`], whose address is the door's. Each role has an address in its street, as a service
//! has in a cluster: the first process of a role that runs has it, whichever call started it, and the door knows it
//! beforehand.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use shotengai_contracts::topology::{SHOTENGAI, Service};

use crate::test_cluster::{Process, TestCluster, loopback};

/// Nothing listens there.
const NOBODY: &str = "http://127.0.0.1:9";
/// Ten processes at once, on a machine that other tests keep busy.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// Whether roles are to be processes of their own.
#[must_use]
pub fn is_on() -> bool {
    std::env::var_os("E2E_DOOR").is_some_and(|value| value == "1")
}

/// Holds a role's address for the process that has it.
pub type Held = Arc<()>;

/// The addresses of a street's roles.
#[derive(Default)]
pub struct Addresses(Mutex<BTreeMap<String, (SocketAddr, Weak<()>)>>);

impl Addresses {
    /// The role's address, whether or not it is there at the moment.
    #[must_use]
    pub fn url(&self, role: &str) -> String {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (address, _) = known.entry(role.to_owned()).or_insert_with(|| (loopback(), Weak::new()));
        format!("http://{address}")
    }

    /// The role's address, if a process of this street was given it.
    pub(crate) fn given(&self, role: &str) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(role).filter(|(_, holder)| holder.strong_count() > 0).map(|(address, _)| format!("http://{address}"))
    }

    /// An address for a process of this role: the role's, unless a process has it already.
    fn take(&self, role: &str) -> (SocketAddr, Held) {
        let (mut known, held) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Held::default());
        let (address, holder) = known.entry(role.to_owned()).or_insert_with(|| (loopback(), Weak::new()));
        if holder.strong_count() > 0 {
            return (loopback(), held);
        }
        *holder = Arc::downgrade(&held);
        (*address, held)
    }

    /// From now on the role's address is this one.
    fn take_at(&self, role: &str, address: SocketAddr) -> (SocketAddr, Held) {
        let held = Held::default();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(role.to_owned(), (address, Arc::downgrade(&held)));
        (address, held)
    }
}

impl TestCluster {
    /// Starts each of these roles as a process of its own, all at once, and waits until all are ready.
    pub async fn serve_apart(
        &self,
        roles: &str,
        at: Option<(SocketAddr, SocketAddr)>,
        extra: &[(&str, &str)],
    ) -> Process {
        // One without an archive does nothing.
        let archives = extra.contains(&("ARCHIVE", "on"));
        let every = || {
            let all = SHOTENGAI.services.iter().filter(|service| archives || **service != Service::ARCHIVER);
            all.map(|service| service.as_str())
        };
        let mut roles: Vec<&str> = if roles == "all" { every().collect() } else { roles.split(',').collect() };
        // What the test is given the address of.
        roles.sort_by_key(|role| *role != "storefront");
        let mut started = Vec::new();
        for (place, role) in roles.into_iter().enumerate() {
            let here = at.filter(|_| place == 0);
            let (http, held) =
                here.map_or_else(|| self.addresses.take(role), |(http, _)| self.addresses.take_at(role, http));
            let health = here.map_or_else(loopback, |(_, health)| health);
            started.push((role, http, health, held));
        }
        let watched = started.iter().map(|(_, _, health, _)| format!("http://{health}"));
        // Beside what the test says of processes that it starts itself.
        let said = extra.iter().filter(|(name, _)| *name == "OPS_PROCESSES").map(|(_, said)| (*said).to_owned());
        let watched = watched.chain(said).collect::<Vec<_>>().join(",");
        let mut processes = started.into_iter().map(|(role, http, health, held)| {
            let mut environment = self.environment(role, extra);
            if role == Service::OPS.as_str() {
                environment.push(("OPS_PROCESSES", watched.clone()));
            }
            let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let mut process = self.spawn(role, http, health, &environment);
            process.held = Some(held);
            process
        });
        let mut process = processes.next().expect("a role");
        process.others = processes.collect();
        process.until_ready(READY_WITHIN).await;
        process
    }

    /// Where a role finds the others, those that the topology has it call: one that calls another finds nobody. A test's own
    /// settings win; only where it takes the door for catalog, which in one process it is, catalog's address is put in.
    fn environment<'a>(&self, role: &str, extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, String)> {
        let mut all = Vec::new();
        for (name, service) in [
            ("STOREFRONT_URL", Service::STOREFRONT),
            ("ORDER_URL", Service::ORDER),
            ("CATALOG_URL", Service::CATALOG),
            ("INVENTORY_URL", Service::INVENTORY),
            ("QUERY_URL", Service::QUERY),
            ("TALLY_URL", Service::TALLY),
            ("OPS_URL", Service::OPS),
            ("BILLING_URL", Service::BILLING),
            ("NOTIFICATION_URL", Service::NOTIFICATION),
            ("BRIDGE_URL", Service::BRIDGE),
        ] {
            let is_called = SHOTENGAI.calls.iter().any(|call| call.from.as_str() == role && call.to == service);
            let url = if is_called { self.addresses.url(service.as_str()) } else { NOBODY.to_owned() };
            all.push((name, url));
        }
        let door = self.addresses.url("storefront");
        let own = extra.iter().filter(|(name, value)| *name != "CATALOG_URL" || *value != door);
        all.extend(own.map(|(name, value)| (*name, (*value).to_owned())));
        all
    }

    /// Where the ledger behind a shop is read: it is not public.
    pub(crate) fn ledger_of(&self, process: &Process) -> String {
        let mut all = std::iter::once(process).chain(&process.others);
        all.find(|process| process.name == "billing")
            .map_or_else(|| self.addresses.url("billing"), |billing| billing.url.clone())
    }
}
