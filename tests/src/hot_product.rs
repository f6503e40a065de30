//! How fast inventory sells when everybody wants the same: the role as `serve` assembles it, alone over the in-memory
//! adapters, whose appends take as long as a database's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shotengai_contracts::events::{OrderItem, OrderPlaced, Presentation, ProductCreated};
use shotengai_contracts::topology::{Service, queues};
use shotengai_contracts::{Envelope, Event, EventType, Metadata, Owner};
use shotengai_inventory::InventorySettings;
use shotengai_kernel::{
    AggregateId, Currency, EventId, ManualClock, Money, Names, OrderId, Ports, ProductId, Quantity, UserId, Version,
};
use shotengai_messaging::ports::queue::QUEUE_MAX_BATCH;
use shotengai_messaging::{Infrastructure, Message};
use shotengai_runtime::Supply;
use shotengai_testing::memory::{FaultInjector, InjectedFault, MemoryConfig, MemoryInfrastructure};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_millis(1);
const WITHIN: Duration = Duration::from_secs(600);

/// What selling came to.
#[derive(Debug, Clone, Copy)]
pub struct Sales {
    /// Orders reserved.
    pub orders: usize,
    /// From the first receive until the last order was settled.
    pub over: Duration,
    /// Appends tried.
    pub appends: usize,
}

impl Sales {
    /// Orders a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.orders).unwrap()) / self.over.as_secs_f64()
    }
}

/// Every append takes this long, and is counted.
struct SlowAppends {
    delay: Duration,
    appends: AtomicUsize,
}

impl FaultInjector for SlowAppends {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        if operation != "store.append" {
            return None;
        }
        self.appends.fetch_add(1, Ordering::Relaxed);
        Some(InjectedFault::Delay(self.delay))
    }
}

/// Has `orders` one-piece orders, spread evenly over `products`, wait in the queue, then sells.
///
/// In paused time the figure counts waits alone, and repeats exactly; in real time it has the processor's share too.
pub async fn sell(products: usize, orders: usize, append: Duration) -> Sales {
    // Settings of `serve`, clock of a test: no decision here depends on the time.
    let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
    let slow = Arc::new(SlowAppends { delay: append, appends: AtomicUsize::new(0) });
    let config = MemoryConfig { faults: Arc::clone(&slow) as Arc<dyn FaultInjector>, ..MemoryConfig::default() };
    let infra = Arc::new(MemoryInfrastructure::with(ports.clone(), config));
    let deps = Supply::new(Arc::clone(&infra) as _, ports.clone()).deps(Service::INVENTORY);
    let role = shotengai_inventory::assemble(deps, &InventorySettings::default()).role;

    let pieces = u32::try_from(orders).unwrap();
    feed(&infra, &ports, (0..products).map(|n| created(n, pieces).into())).await;
    let stop = CancellationToken::new();
    let workers: Vec<_> = role.workers.clone().into_iter().map(|worker| spawn(worker, &stop)).collect();
    until_sold(&infra).await;
    stop.cancel();
    for worker in workers {
        worker.await.unwrap();
    }

    slow.appends.store(0, Ordering::Relaxed);
    feed(&infra, &ports, (0..orders).map(|n| placed(n, n % products).into())).await;
    let (stop, started) = (CancellationToken::new(), Instant::now());
    let workers: Vec<_> = role.workers.into_iter().map(|worker| spawn(worker, &stop)).collect();
    until_sold(&infra).await;
    let over = started.elapsed();
    stop.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(reserved(&infra), orders, "every order is reserved, once");
    assert_eq!(infra.leftovers(), Vec::<String>::new());
    Sales { orders, over, appends: slow.appends.load(Ordering::Relaxed) }
}

fn spawn(worker: shotengai_messaging::Worker, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
    let stop = stop.clone();
    tokio::spawn(async move { worker.run(stop).await })
}

async fn until_sold(infra: &MemoryInfrastructure) {
    let deadline = Instant::now() + WITHIN;
    while infra.memory_queue(queues::INVENTORY.name).depth_now().total() > 0 {
        assert!(Instant::now() < deadline, "{} is not empty after {WITHIN:?}", queues::INVENTORY.name);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn reserved(infra: &MemoryInfrastructure) -> usize {
    let commits = infra.memory_event_store(Owner::Inventory).all_commits();
    let is_reserved = |envelope: &Envelope| envelope.known_type().is_ok_and(|kind| kind == EventType::StockReserved);
    commits.iter().flat_map(|commit| &commit.events).filter(|envelope| is_reserved(envelope)).count()
}

async fn feed(infra: &MemoryInfrastructure, ports: &Ports, events: impl Iterator<Item = Event>) {
    let messages: Vec<_> = events.map(|event| message(ports, &event)).collect();
    for batch in messages.chunks(QUEUE_MAX_BATCH) {
        assert!(infra.queue(queues::INVENTORY.name).send(batch).await.unwrap().iter().all(Result::is_ok));
    }
}

fn message(ports: &Ports, event: &Event) -> Message {
    let subject = match event {
        Event::OrderPlaced(placed) => AggregateId::from(&placed.order_id),
        Event::ProductCreated(created) => AggregateId::from(&created.product_id),
        other => panic!("{} is not fed", other.event_type()),
    };
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    let id = EventId::new(ports.ids.uuid_v7());
    let envelope = Envelope::wrap(id, ports.clock.now(), subject, Version::new(1), &meta, event);
    let attributes = [("event_type".to_owned(), event.event_type().to_string())].into();
    Message { body: envelope.to_json(), attributes, delay: Duration::ZERO }
}

fn product(n: usize) -> ProductId {
    ProductId::parse(&format!("prod_{n}")).unwrap()
}

fn price() -> Money {
    Money::from_minor(200, Currency::JPY).unwrap()
}

fn created(n: usize, stock: u32) -> ProductCreated {
    let (name, description) = ("きのこの山".to_owned(), String::new());
    ProductCreated {
        product_id: product(n),
        name,
        names: Names::default(),
        description,
        presentation: Presentation::default(),
        price: price(),
        stock,
    }
}

fn placed(n: usize, of: usize) -> OrderPlaced {
    let name = "きのこの山".to_owned();
    let item = OrderItem {
        product_id: product(of),
        name,
        names: Names::default(),
        quantity: Quantity::new(1).unwrap(),
        price: price(),
    };
    OrderPlaced {
        order_id: OrderId::parse(&format!("ord_{n}")).unwrap(),
        user_id: UserId::parse("usr_1").unwrap(),
        items: vec![item],
        total: price(),
        has_payment_token: false,
        request_fingerprint: String::new(),
    }
}
