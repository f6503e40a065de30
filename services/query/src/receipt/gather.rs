//! Gathering of what the processes of all roles have booked for an order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::api::INTERNAL_RECEIPT;
use shotengai_contracts::api::receipt::{MeteredOrder, MissingRole};
use shotengai_contracts::topology::{SHOTENGAI, Service};
use shotengai_kernel::OrderId;
use shotengai_runtime::http::metered;
use shotengai_runtime::{Context, Neighbour};

use crate::prices::PriceTable;

/// How long a role is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Roles that do nothing for single orders, and are not part of every installation.
const FOR_ALL: [Service; 1] = [Service::ARCHIVER];
/// Why a process that answers has nothing to say.
const NOT_KEPT: &str = "receipts are not kept (RECEIPT_ORDERS)";

/// Receipts of orders, from the processes that are known.
pub struct Receipts {
    neighbours: BTreeMap<Service, Neighbour>,
    pub(super) prices: PriceTable,
    /// The installation's own region.
    pub(super) region: String,
}

/// Answers of the processes that were asked.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Bookings of the processes, each process once.
    pub(super) metered: Vec<MeteredOrder>,
    /// Roles of which none has answered.
    pub(super) missing: Vec<MissingRole>,
}

impl Receipts {
    /// Of the roles that this process knows an address of.
    ///
    /// # Errors
    /// When the table of prices can't be read.
    pub fn new(context: &Context) -> anyhow::Result<Self> {
        let known = context.settings.neighbours.addresses().into_keys();
        let neighbours = known.map(|service| (service, context.neighbour(service))).collect();
        Ok(Self { neighbours, prices: PriceTable::known()?, region: context.settings.aws.region.clone() })
    }

    /// Asks each role that is not in this process for what it has booked for an order. An address that several processes share
    /// answers for one of them.
    pub(super) async fn gather(&self, order: &OrderId) -> Gathered {
        let own = metered(order);
        let here: BTreeSet<String> = roles(&own).collect();
        let away = self.neighbours.iter().filter(|(service, _)| !here.contains(service.as_str()));
        let asked = away.map(|(service, neighbour)| async move { (*service, ask(neighbour, order).await) });
        let mut metered = vec![own];
        let mut why: BTreeMap<&str, String> = BTreeMap::new();
        for (service, answer) in join_all(asked).await {
            match answer {
                Ok(part) if part.process.is_none() => {
                    why.insert(service.as_str(), NOT_KEPT.to_owned());
                }
                Ok(part) if metered.iter().any(|known| is_same(known, &part)) => {}
                Ok(part) => metered.push(part),
                Err(error) => {
                    why.insert(service.as_str(), error);
                }
            }
        }
        let unknown = if here.is_empty() { NOT_KEPT } else { "no address of it is known" };
        let answered: BTreeSet<String> = metered.iter().flat_map(roles).collect();
        let all = SHOTENGAI.services.iter().chain(self.neighbours.keys()).copied().collect::<BTreeSet<Service>>();
        let missing = all
            .into_iter()
            .filter(|service| !FOR_ALL.contains(service))
            .filter(|service| !answered.contains(service.as_str()))
            .map(|service| MissingRole {
                role: service.as_str().to_owned(),
                why: why.remove(service.as_str()).unwrap_or_else(|| unknown.to_owned()),
            });
        Gathered { missing: missing.collect(), metered }
    }
}

async fn ask(neighbour: &Neighbour, order: &OrderId) -> Result<MeteredOrder, String> {
    match neighbour.ask("receipt.Get", INTERNAL_RECEIPT, order, PATIENCE).await {
        Ok(Ok(part)) => Ok(part),
        Ok(Err(answer)) => Err(answer.refusal("receipt.Get").to_string()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn roles(part: &MeteredOrder) -> impl Iterator<Item = String> + use<> {
    part.process.clone().into_iter().flat_map(|process| process.roles)
}

fn is_same(one: &MeteredOrder, other: &MeteredOrder) -> bool {
    let process = |part: &MeteredOrder| part.process.as_ref().map(|process| process.process);
    process(one) == process(other)
}
