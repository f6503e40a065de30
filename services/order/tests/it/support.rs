//! Order over an installation in memory, and a catalog that tests can fill and take away.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shotengai_contracts::topology::{Service, queues, tables};
use shotengai_contracts::{Envelope, Event, Metadata};
use shotengai_kernel::{
    AggregateId, Currency, EventId, Money, Names, OrderId, Ports, ProductId, Quantity, Timestamp, UserId, Version,
};
use shotengai_kit::{FakeNeighbours, Installation, role};
use shotengai_messaging::{Commit, Delivery, Handler, Infrastructure};
use shotengai_order::orders::aggregate::Orders;
use shotengai_order::orders::domain::{Lines, Order};
use shotengai_order::orders::pending::PendingOrders;
use shotengai_order::orders::place::{PlaceOrder, Placing};
use shotengai_order::prices::Prices;
use shotengai_order::{CartOrdering, CartService, OrderRole, OrderSettings, Refunding};
use shotengai_testing::memory::FaultInjector;
use uuid::Uuid;

/// One process of order, and what is behind it.
pub(crate) struct World {
    pub(crate) catalog: FakeCatalog,
    pub(crate) orders: Orders,
    pub(crate) prices: Prices,
    pub(crate) placing: Placing,
    pub(crate) refunding: Refunding,
    pub(crate) carts: CartService,
    pub(crate) ordering: CartOrdering,
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) deadlines: Arc<dyn Handler>,
    pub(crate) role: shotengai_runtime::Role,
    pub(crate) installation: Installation,
    settings: OrderSettings,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(Installation::new(1), Duration::from_secs(900))
    }

    pub(crate) fn over(ports: Ports, timeout: Duration, faults: Arc<dyn FaultInjector>) -> Self {
        Self::of(Installation::over(ports, faults), timeout)
    }

    fn of(installation: Installation, timeout: Duration) -> Self {
        let installation = installation.leaving(queues::ORDER_DEADLINE.name);
        let order_deadline_seconds = u32::try_from(timeout.as_secs()).unwrap();
        let settings = OrderSettings { order_deadline_seconds, ..OrderSettings::default() };
        let order = shotengai_order::assemble(installation.deps(Service::ORDER), &settings);
        let OrderRole { orders, placing, refunding, carts, ordering, prices, role } = order;
        Self {
            catalog: FakeCatalog(Arc::clone(&installation.neighbours)),
            handler: role::handler(&role, &queues::ORDER),
            deadlines: role::handler(&role, &queues::ORDER_DEADLINE),
            orders,
            prices,
            placing,
            refunding,
            carts,
            ordering,
            role,
            installation,
            settings,
        }
    }

    /// Carts of another process: nothing that it has loaded is known to this one.
    pub(crate) fn carts_elsewhere(&self) -> (CartService, CartOrdering) {
        let order = shotengai_order::assemble(self.installation.deps(Service::ORDER), &self.settings);
        (order.carts, order.ordering)
    }

    /// Refunds of another process: nothing that it has loaded is known to this one.
    pub(crate) fn refunding_elsewhere(&self) -> Refunding {
        shotengai_order::assemble(self.installation.deps(Service::ORDER), &self.settings).refunding
    }

    /// The handler of another process: nothing that it has loaded is known to this one.
    pub(crate) fn another_process(&self) -> Arc<dyn Handler> {
        let order = shotengai_order::assemble(self.installation.deps(Service::ORDER), &self.settings);
        role::handler(&order.role, &queues::ORDER)
    }

    /// The bound on pending orders that `placing` keeps.
    pub(crate) fn pending(&self) -> PendingOrders {
        let table = self.installation.infra.table(tables::ORDER_PENDING.name);
        let clock = Arc::clone(&self.installation.ports.clock);
        PendingOrders::new(table, self.orders.clone(), clock, self.settings.order_max_pending.into())
    }

    pub(crate) async fn order(&self, id: &OrderId) -> Order {
        self.orders.load(&AggregateId::from(id)).await.unwrap().state
    }

    pub(crate) async fn event_types(&self, id: &OrderId) -> Vec<String> {
        let commits = self.commits(id).await;
        commits.into_iter().flat_map(|commit| commit.events).map(|event| event.event_type).collect()
    }

    pub(crate) async fn commits(&self, id: &OrderId) -> Vec<Commit> {
        self.commits_of(&AggregateId::from(id)).await
    }

    pub(crate) async fn commits_of(&self, id: &AggregateId) -> Vec<Commit> {
        self.orders.writer().store().load(id, Version::ZERO).await.unwrap()
    }
}

/// What catalog answers.
pub(crate) struct FakeCatalog(Arc<FakeNeighbours>);

impl FakeCatalog {
    pub(crate) fn set(&self, product: &str, version: u64, offer: Option<(&str, i64)>) {
        self.set_called(product, version, offer, &Names::default());
    }

    /// The same, called so in other languages.
    pub(crate) fn set_called(&self, product: &str, version: u64, offer: Option<(&str, i64)>, names: &Names) {
        let (name, price) = offer.unwrap_or(("gone", 1));
        let product = product_id(product);
        let body = json!({
            "product_id": product, "name": name, "names": names, "price": price, "currency": "JPY",
            "version": version, "deleted": offer.is_none(),
        });
        self.0.answers(Service::CATALOG, format!("/internal/products/{product}"), 200, &body);
    }

    /// There never was a product of this name.
    pub(crate) fn knows_no(&self, product: &str) {
        let body = json!({ "type": "/problems/no-such-product", "status": 404 });
        self.0.answers(Service::CATALOG, format!("/internal/products/{}", product_id(product)), 404, &body);
    }

    pub(crate) fn go_away(&self) {
        self.0.set_away(true);
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.0.times_asked()
    }
}

pub(crate) fn yen(minor: i64) -> Money {
    Money::from_minor(minor, Currency::JPY).unwrap()
}

pub(crate) fn product_id(name: &str) -> ProductId {
    ProductId::parse(&format!("prod_{name}")).unwrap()
}

pub(crate) fn wish(key: Option<&str>, body: &str, lines: &[(&str, u32)]) -> PlaceOrder {
    let lines = lines.iter().map(|(name, count)| (product_id(name), Quantity::new(*count).unwrap()));
    PlaceOrder {
        user_id: UserId::parse("usr_1").unwrap(),
        key: key.map(str::to_owned),
        fingerprint: body.to_owned(),
        lines: Lines::merge(lines).unwrap(),
        payment_token: None,
    }
}

pub(crate) fn request() -> Metadata {
    Metadata::request(Uuid::from_u128(7), None)
}

/// A delivery of `event`, the `version`th of `subject`, whose id is `number`.
pub(crate) fn delivery(number: u128, subject: &str, version: u64, event: impl Into<Event>) -> Delivery {
    let envelope = Envelope::wrap(
        EventId::new(Uuid::from_u128(number)),
        Timestamp::UNIX_EPOCH,
        AggregateId::parse(subject).unwrap(),
        Version::new(version),
        &request(),
        &event.into(),
    );
    Delivery::of(envelope).unwrap()
}
