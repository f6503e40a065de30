//! The roles of one process, as the services themselves assemble them, at the end of the process's line. Nothing is
//! wired here: only what lies outside of a role is put in, and planted bugs are put around what is inside.

use std::sync::Arc;
use std::time::Duration;

use shotengai_billing::BillingSettings;
use shotengai_catalog::{CatalogSettings, Products};
use shotengai_contracts::EventType;
use shotengai_contracts::topology::{QueueSpec, SHOTENGAI, Service, queues, tables};
use shotengai_inventory::{InventorySettings, StockService};
use shotengai_kernel::Ports;
use shotengai_messaging::outcomes::Outcomes;
use shotengai_messaging::{Handler, Hints, OutboxConfig, Worker};
use shotengai_messaging::{Infrastructure, RecordHandler};
use shotengai_notification::{Mailing, Templates};
use shotengai_order::orders::refund::Refunding;
use shotengai_order::reasons::NOT_CAPTURED;
use shotengai_order::{CartOrdering, CartService, OrderSettings, Orders, Placing};
use shotengai_runtime::{Decorator, OrderLinks, Pseudonyms, Role, SharedSettings, Supply};
use shotengai_streaming::shard::ShardConfig;
use shotengai_tally::TallySettings;

use crate::bugs::{Bug, Dawdling, Deaf, Dismissive, Gapless, Hasty, Impatient, Overreaching, Wholesale};
use crate::network::Network;
use crate::outside::{MailServer, SimulatedNeighbours};
use crate::ports::{NetworkedInfrastructure, NetworkedRows};
use crate::receipts::Overheard;
use crate::rival;
use crate::robber::Robbed;

/// Where links in mails lead.
const PUBLIC_URL: &str = "https://shop.example.com";

/// What customers and administrators can ask of a process.
#[derive(Default)]
pub struct Services {
    /// Orders, where it runs order.
    pub orders: Option<(Orders, Placing)>,
    /// Carts, and orders of them, where it runs order.
    pub carts: Option<(CartService, CartOrdering)>,
    /// What the shop gives back, where it runs order.
    pub refunding: Option<Refunding>,
    /// Products, where it runs catalog.
    pub products: Option<Products>,
    /// Stock, where it runs inventory.
    pub stock_service: Option<Arc<StockService>>,
    /// The ports of this life.
    pub ports: Option<Ports>,
}

/// Assembles a process's roles.
#[must_use]
pub fn assemble(network: &Network, roles: &[Service]) -> (Services, Vec<Worker>) {
    let ports = network.world().ports(network.process(), network.life());
    let infra = NetworkedInfrastructure(network.clone());
    let outcomes = Outcomes::into_table(infra.table(tables::LETTER_OUTCOMES.name));
    let supply = Supply::new(Arc::new(infra), ports.clone())
        .with_outcomes(outcomes)
        .with_settings(settings())
        .with_neighbours(Arc::new(SimulatedNeighbours(network.clone())))
        .with_hints(network.world().plan.gives_hints().then(Hints::default))
        .with_decorator(Arc::new(Planted(network.clone())));
    let mut services = Services { ports: Some(ports.clone()), ..Services::default() };
    let mut workers = Vec::new();
    for role in roles.iter().filter_map(|role| role_of(network, &supply, *role, &mut services)) {
        if let Err(mismatch) = role.check_subscriptions() {
            network.world().violation(mismatch.to_string());
        }
        workers.extend(role.workers);
    }
    workers.extend(rival::workers(network, &ports, settings()));
    (services, workers)
}

fn settings() -> SharedSettings {
    // An idle sweep costs sixteen calls; over an hour's outage that is most of the work.
    let outbox = OutboxConfig { sweep_every: Duration::from_secs(30), ..OutboxConfig::default() };
    SharedSettings { outbox, ..SharedSettings::default() }
}

fn role_of(network: &Network, supply: &Supply, service: Service, services: &mut Services) -> Option<Role> {
    let deps = supply.deps(service);
    Some(match service {
        Service::ORDER => {
            let seconds = u32::try_from(network.world().plan.timeout.as_secs()).unwrap_or(u32::MAX);
            let capture = u32::try_from(network.world().plan.capture_timeout.as_secs()).unwrap_or(u32::MAX);
            let settings = OrderSettings {
                order_deadline_seconds: seconds,
                order_capture_deadline_seconds: capture,
                ..OrderSettings::default()
            };
            let order = shotengai_order::assemble(deps, &settings);
            services.orders = Some((order.orders, order.placing));
            services.carts = Some((order.carts, order.ordering));
            services.refunding = Some(order.refunding);
            order.role
        }
        Service::CATALOG => {
            let catalog = shotengai_catalog::assemble(deps, &catalog_settings(!network.world().plan.prices.is_empty()));
            services.products = Some(catalog.products);
            catalog.role
        }
        Service::INVENTORY => {
            let inventory = shotengai_inventory::assemble(deps, &InventorySettings::default());
            services.stock_service = Some(inventory.stock_service);
            inventory.role
        }
        Service::BILLING => shotengai_billing::assemble(deps, &BillingSettings::default()).role,
        Service::NOTIFICATION => {
            let templates = match Templates::new(PUBLIC_URL, OrderLinks::new(&"of the simulation".into())) {
                Ok(templates) => Arc::new(templates),
                Err(error) => {
                    network.world().violation(format!("templates: {error}"));
                    return None;
                }
            };
            let mailer = Arc::new(MailServer::new(network.clone()));
            let mailing = Mailing {
                mailer,
                templates,
                domain: "shop.example.com".into(),
                pseudonyms: Pseudonyms::new(&"of the simulation".into()),
                mails_per_address: 40,
            };
            shotengai_notification::assemble(deps, mailing)
        }
        Service::TALLY => shotengai_tally::assemble(deps, &TallySettings::default()).role,
        Service::QUERY => shotengai_query::assemble(deps, Arc::new(NetworkedRows(network.clone()))).role,
        Service::BRIDGE => shotengai_bridge::assemble(deps, bridge_shards(network)),
        other => {
            network.world().violation(format!("there is no role {other}"));
            return None;
        }
    })
}

/// How bridges read here.
pub(crate) fn bridge_shards(network: &Network) -> ShardConfig {
    ShardConfig {
        idle_poll: Duration::from_secs(2),
        list_every: Duration::from_secs(5),
        push: network.world().plan.subscribes(),
        ..ShardConfig::default()
    }
}

/// What a seed has around the handlers of a process: bugs, and a robber of leases.
struct Planted(Network);

impl Planted {
    fn has(&self, bug: Bug) -> bool {
        self.0.world().bug == Some(bug)
    }
}

impl Decorator for Planted {
    fn handler(&self, queue: &QueueSpec, mut handler: Arc<dyn Handler>) -> Arc<dyn Handler> {
        if self.has(Bug::DeafToPayments) && *queue == queues::ORDER {
            handler = Arc::new(Deaf(handler, EventType::PaymentAuthorized));
        }
        if self.has(Bug::NothingRestocked) && *queue == queues::INVENTORY {
            handler = Arc::new(Deaf(handler, EventType::OrderRefunded));
        }
        if self.has(Bug::NoGapCheck) && *queue == queues::QUERY {
            handler = Arc::new(Gapless { inner: handler, world: Arc::clone(self.0.world()) });
        }
        if self.has(Bug::Dawdles) && *queue == queues::INVENTORY {
            handler = Arc::new(Dawdling { inner: handler, world: Arc::clone(self.0.world()) });
        }
        if self.has(Bug::DeniedIsTheMessagesOwn) {
            handler = Arc::new(Impatient(handler));
        }
        if self.has(Bug::RefusedMailIsDone) {
            handler = Arc::new(Dismissive(handler, "refused_address"));
        }
        if self.has(Bug::NobodyTold) {
            handler = Arc::new(Dismissive(handler, NOT_CAPTURED.word));
        }
        if self.has(Bug::AcknowledgeBeforeCommit) {
            handler = Arc::new(Hasty(handler));
        }
        if self.has(Bug::FailsTogether) {
            handler = Arc::new(Wholesale(handler));
        }
        let Some(queue) = SHOTENGAI.queues.iter().copied().find(|spec| *spec == queue) else { return handler };
        Arc::new(Overheard { inner: handler, network: self.0.clone(), queue })
    }

    fn records(&self, mut handler: Arc<dyn RecordHandler>) -> Arc<dyn RecordHandler> {
        if self.has(Bug::CheckpointTooFar) {
            handler = Arc::new(Overreaching(handler));
        }
        Arc::new(Robbed { inner: handler, network: self.0.clone() })
    }
}

/// Catalog as it runs here; the price stream is read where somebody writes to it.
pub(crate) fn catalog_settings(price_stream: bool) -> CatalogSettings {
    CatalogSettings { price_stream, price_idle_poll_ms: 2000, images: false, ..CatalogSettings::default() }
}
