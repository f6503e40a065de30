//! The real roles over one process's line. What the services' own `build` does, without HTTP and settings.

use std::sync::Arc;
use std::time::Duration;

use shotengai_billing::provider::Ledger;
use shotengai_billing::settle::Payments;
use shotengai_catalog::aggregate::Products;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{QueueSpec, STREAM, queues, tables};
use shotengai_inventory::desk::Desk;
use shotengai_kernel::{Ports, UserId};
use shotengai_messaging::shard::{RecordHandler, ShardConfig, StreamConsumer};
use shotengai_messaging::{
    Aggregates, Checkpoints, CommitWriter, Consumer, ConsumerConfig, Handler, Infrastructure, Outbox, OutboxConfig,
    Probe, Publisher, Worker,
};
use shotengai_notification::claims::Claims;
use shotengai_notification::consumers::NotificationHandler;
use shotengai_notification::contacts::Contacts;
use shotengai_notification::mailer::Mailer;
use shotengai_notification::render::{OrderLinks, Templates};
use shotengai_notification::send_order_mail::{SendOrderMail, Slots};
use shotengai_order::aggregate::Orders;
use shotengai_order::deadline::{Deadlines, Reminders};
use shotengai_order::place::Placing;
use shotengai_order::prices::Prices;
use shotengai_query::project::Projector;
use shotengai_tally::consumers::TallyHandler;
use shotengai_tally::count_orders::CountOrders;
use tokio::sync::Notify;

use crate::bugs::{Bug, Deaf, Gapless, Hasty, Overreaching};
use crate::line::Line;
use crate::outside::{CatalogDesk, Everybody, MailServer};
use crate::plan::Dependency;
use crate::ports::{LinedInfrastructure, LinedRows};
use crate::robber::Robbed;

/// What customers and administrators can ask of a process.
#[derive(Default)]
pub struct Services {
    /// Orders, where it runs order.
    pub orders: Option<(Orders, Placing)>,
    /// Products, where it runs catalog.
    pub products: Option<Products>,
    /// Stock, where it runs inventory.
    pub desk: Option<Arc<Desk>>,
    /// The ports of this life.
    pub ports: Option<Ports>,
}

struct Assembly<'a> {
    line: &'a Line,
    infra: Arc<dyn Infrastructure>,
    ports: Ports,
    services: Services,
    workers: Vec<Worker>,
}

/// Builds a process's roles.
#[must_use]
pub fn assemble(line: &Line, roles: &[&str]) -> (Services, Vec<Worker>) {
    let ports = line.world().ports(line.process(), line.life());
    let mut assembly = Assembly {
        line,
        infra: Arc::new(LinedInfrastructure(line.clone())),
        services: Services { ports: Some(ports.clone()), ..Services::default() },
        ports,
        workers: Vec::new(),
    };
    for role in roles {
        match *role {
            "order" => assembly.order(),
            "catalog" => assembly.catalog(),
            "inventory" => assembly.inventory(),
            "billing" => assembly.billing(),
            "notification" => assembly.notification(),
            "tally" => assembly.tally(),
            "query" => assembly.query(),
            "bridge" => assembly.bridge(),
            other => line.world().violation(format!("there is no role {other}")),
        }
    }
    (assembly.services, assembly.workers)
}

impl Assembly<'_> {
    fn has(&self, bug: Bug) -> bool {
        self.line.world().bug == Some(bug)
    }

    fn writer(&mut self, owner: Owner) -> CommitWriter {
        let store = self.infra.event_store(owner);
        if !self.infra.marks_outbox() {
            return CommitWriter::new(store, Outbox::disabled(), self.ports.clone());
        }
        // An idle sweep costs sixteen calls; over an hour's outage that is most of the work.
        let config = OutboxConfig { sweep_every: Duration::from_secs(30), ..OutboxConfig::default() };
        let (outbox, publisher) =
            Publisher::new(owner.as_str(), Arc::clone(&store), self.infra.stream_writer(), config, self.ports.clone());
        self.workers.extend(publisher.workers());
        CommitWriter::new(store, outbox, self.ports.clone())
    }

    fn consume(&mut self, name: &'static str, queue: &QueueSpec, handler: Arc<dyn Handler>, probes: &[Probe]) {
        let handler = if self.has(Bug::AcknowledgeBeforeCommit) { Arc::new(Hasty(handler)) } else { handler };
        let config = probes.iter().fold(ConsumerConfig::new(name), ConsumerConfig::probing);
        let consumer = Consumer::new(
            config,
            self.infra.queue(queue.name),
            self.infra.queue(&queue.dead_letters()),
            handler,
            self.ports.clone(),
        );
        self.workers.push(consumer.worker());
    }

    fn store(&self, owner: Owner) -> Probe {
        Probe::store(owner.as_str(), &self.infra.event_store(owner))
    }

    fn table(&self, name: &str) -> Probe {
        Probe::table(name, &self.infra.table(name))
    }

    fn order(&mut self) {
        let orders = Orders::new(self.writer(Owner::Order));
        let queue = self.infra.queue(queues::ORDER_DEADLINE.name);
        let probes = [
            self.store(Owner::Order),
            Probe::queue(queues::ORDER_DEADLINE.name, &queue),
            self.table(tables::ORDER_PRICES.name),
        ];
        let catalog = Arc::new(CatalogDesk(self.line.clone()));
        let prices = Prices::new(self.infra.table(tables::ORDER_PRICES.name), catalog);
        let placing = Placing::new(orders.clone(), prices.clone(), Arc::clone(&self.ports.ids));
        let patience = self.line.world().plan.patience;
        let reminders = Reminders::new(queue, Arc::clone(&self.ports.clock), patience);
        let deadlines = Deadlines::new(orders.clone(), reminders.clone());
        let events = shotengai_order::consumers::OrderEvents::new(orders.clone(), prices, reminders);
        let events: Arc<dyn Handler> = Arc::new(events);
        let events = if self.has(Bug::DeafToPayments) { Arc::new(Deaf(events)) } else { events };
        self.consume("order", &queues::ORDER, events, &probes);
        self.consume("order-deadline", &queues::ORDER_DEADLINE, Arc::new(deadlines), &probes[..2]);
        self.services.orders = Some((orders, placing));
    }

    fn catalog(&mut self) {
        self.services.products = Some(Products::new(self.writer(Owner::Catalog)));
    }

    fn inventory(&mut self) {
        let desk = Arc::new(Desk::new(self.writer(Owner::Inventory)));
        let events = shotengai_inventory::consumers::StockEvents::new(Arc::clone(&desk));
        self.consume("inventory", &queues::INVENTORY, Arc::new(events), &[self.store(Owner::Inventory)]);
        self.services.desk = Some(desk);
    }

    fn billing(&mut self) {
        let ledger = Arc::new(Ledger::new(self.infra.table(tables::BILLING_LEDGER.name)));
        let payments = Arc::new(Payments::new(Aggregates::new(self.writer(Owner::Billing)), ledger));
        let events = shotengai_billing::consumers::OrderEvents::new(payments);
        self.consume(
            "billing",
            &queues::BILLING,
            Arc::new(events),
            &[self.store(Owner::Billing), self.table(tables::BILLING_LEDGER.name)],
        );
    }

    fn notification(&mut self) {
        let templates = match Templates::new("https://shop.example.com", OrderLinks::new(&"of the simulation".into())) {
            Ok(templates) => templates,
            Err(error) => return self.line.world().violation(format!("templates: {error}")),
        };
        let mailer: Arc<dyn Mailer> = Arc::new(MailServer(self.line.clone()));
        let contacts: Arc<dyn Contacts> = Arc::new(Everybody(self.line.clone()));
        let probes = [self.table(tables::NOTIFICATION_CLAIMS.name), mail_probe(&mailer), contacts_probe(&contacts)];
        let handler = NotificationHandler::new(SendOrderMail {
            claims: Claims::new(self.infra.table(tables::NOTIFICATION_CLAIMS.name), self.ports.clone()),
            contacts,
            templates: Arc::new(templates),
            mailer,
            domain: "shop.example.com".into(),
            ports: self.ports.clone(),
            slots: Slots::default(),
        });
        self.consume("notification", &queues::NOTIFICATION, Arc::new(handler), &probes);
    }

    fn tally(&mut self) {
        let table = self.infra.table(tables::TALLY_COUNTERS.name);
        let probe = Probe::table(tables::TALLY_COUNTERS.name, &table);
        let orders = Arc::new(CountOrders::new(table, self.ports.clone()));
        self.consume("tally", &queues::TALLY, Arc::new(TallyHandler::new(orders)), &[probe]);
    }

    fn query(&mut self) {
        let model = Arc::new(LinedRows(self.line.clone()));
        let projector = Projector::new(model, Arc::clone(&self.infra), Arc::new(Notify::new()));
        let mut handler: Arc<dyn Handler> = Arc::new(projector);
        if self.has(Bug::NoGapCheck) {
            handler = Arc::new(Gapless { inner: handler, world: Arc::clone(self.line.world()) });
        }
        let rows = self.line.clone();
        let rows = Probe::new("postgres", move || {
            let line = rows.clone();
            async move { line.call(Dependency::Postgres, "postgres.ping", "rows", async { Ok(()) }).await }
        });
        let stores = [Owner::Catalog, Owner::Inventory, Owner::Order].map(|owner| self.store(owner));
        self.consume("query", &queues::QUERY, handler, &[&[rows], &stores[..]].concat());
    }

    fn bridge(&mut self) {
        let letters = self.infra.queue(queues::BRIDGE_DEAD_LETTERS.name);
        let bridge = Arc::new(shotengai_bridge::Bridge::new(self.infra.topic(), letters, self.ports.clone()));
        let handler: Arc<dyn RecordHandler> =
            if self.has(Bug::CheckpointTooFar) { Arc::new(Overreaching(bridge)) } else { bridge };
        let handler: Arc<dyn RecordHandler> = Arc::new(Robbed { inner: handler, line: self.line.clone() });
        let checkpoints = Checkpoints::new(self.infra.table(tables::CHECKPOINTS.name), "bridge", STREAM);
        let config = ShardConfig {
            idle_poll: Duration::from_secs(2),
            list_every: Duration::from_secs(5),
            ..ShardConfig::default()
        };
        let reader = self.infra.stream_reader();
        let consumer = StreamConsumer::new("bridge", config, reader, checkpoints, handler, self.ports.clone());
        self.workers.push(consumer.worker());
    }
}

fn mail_probe(mailer: &Arc<dyn Mailer>) -> Probe {
    let mailer = Arc::clone(mailer);
    Probe::new("smtp", move || {
        let mailer = Arc::clone(&mailer);
        async move { mailer.ping().await }
    })
}

fn contacts_probe(contacts: &Arc<dyn Contacts>) -> Probe {
    let contacts = Arc::clone(contacts);
    Probe::new("contacts", move || {
        let contacts = Arc::clone(&contacts);
        async move {
            match UserId::parse("usr_nobody") {
                Ok(nobody) => contacts.contact(&nobody).await.map(drop),
                Err(_) => Ok(()),
            }
        }
    })
}
