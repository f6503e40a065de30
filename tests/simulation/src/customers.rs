//! Customers and the administrator: they repeat what got no answer, under the same key, until it has one.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_catalog::change::update_product;
use shotengai_catalog::create::{CreateProduct, create_product};
use shotengai_catalog::domain::Details;
use shotengai_contracts::Metadata;
use shotengai_contracts::events::OrderStage;
use shotengai_inventory::add_stock::{AddStockError, add_stock};
use shotengai_kernel::{Currency, OrderId, ProductId, Quantity, UserId};
use shotengai_messaging::ExecuteError;
use shotengai_order::cancel::{CancelOrder, cancel_order};
use shotengai_order::domain::{Lines, PaymentToken, Refusal};
use shotengai_order::idempotency;
use shotengai_order::place::{PlaceError, PlaceOrder};
use shotengai_order::ship::ship_order;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::line::Line;
use crate::plan::{Errand, Goods};
use crate::roles::Services;
use crate::world::World;

/// A process that can be asked.
#[derive(Clone)]
pub struct Open {
    /// Its line.
    pub line: Line,
    /// What it does.
    pub services: Arc<Services>,
}

/// The front doors of all processes that live.
#[derive(Default)]
pub struct Doors(Mutex<Vec<Option<Open>>>);

impl Doors {
    fn doors(&self) -> MutexGuard<'_, Vec<Option<Open>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens or closes a process's door.
    pub fn set(&self, process: usize, door: Option<Open>) {
        let mut doors = self.doors();
        if doors.len() <= process {
            doors.resize_with(process + 1, || None);
        }
        doors[process] = door;
    }

    fn any(&self, world: &World, has: impl Fn(&Services) -> bool) -> Option<Open> {
        let doors = self.doors();
        let open: Vec<_> = doors.iter().flatten().filter(|door| !door.line.is_dead() && has(&door.services)).collect();
        let bound = u64::try_from(open.len()).unwrap_or(0);
        open.get(usize::try_from(world.below(bound)).unwrap_or(0)).map(|door| (*door).clone())
    }
}

/// What became of one attempt.
enum Attempt<T> {
    /// An answer that settles it.
    Settled(T),
    /// Worth repeating after a while.
    Again,
}

struct Person {
    world: Arc<World>,
    doors: Arc<Doors>,
    name: String,
}

/// Everybody's errands, the administrator's first. Ends when all have their answers.
pub async fn everybody(world: Arc<World>, doors: Arc<Doors>) {
    let mut people = JoinSet::new();
    let mut listed = Vec::new();
    for (index, goods) in world.plan.goods.clone().into_iter().enumerate() {
        let (listing, is_listed) = tokio::sync::oneshot::channel();
        listed.push(is_listed);
        let person = Person { world: Arc::clone(&world), doors: Arc::clone(&doors), name: format!("admin-{index}") };
        people.spawn(async move { person.administer(index, goods, listing).await });
    }
    for is_listed in listed {
        // Whoever lists it sends, or the simulation is over.
        let _ = is_listed.await;
    }
    for (index, errand) in world.plan.errands.clone().into_iter().enumerate() {
        let person = Person { world: Arc::clone(&world), doors: Arc::clone(&doors), name: format!("customer-{index}") };
        people.spawn(async move { person.shop(index, errand).await });
    }
    while let Some(ended) = people.join_next().await {
        if let Err(error) = ended {
            world.violation(format!("a customer's errand broke off: {error}"));
        }
    }
}

fn product(index: usize) -> Option<ProductId> {
    ProductId::parse(&format!("prod_{index}")).ok()
}

impl Person {
    async fn until(&self, at: Duration) {
        tokio::time::sleep_until(self.world.moment(at)).await;
    }

    fn meta(&self, open: &Open) -> Metadata {
        let id = open.services.ports.as_ref().map_or_else(Uuid::nil, |ports| ports.ids.uuid_v7());
        Metadata::request(id, None)
    }

    /// Asks processes that can do it, one after the other, until one gives an answer.
    async fn ask<T, Fut: Future<Output = Attempt<T>>>(
        &self,
        can: impl Fn(&Services) -> bool,
        ask: impl Fn(Open) -> Fut,
    ) -> T {
        loop {
            if let Some(open) = self.doors.any(&self.world, &can) {
                let line = open.line.clone();
                let answer = tokio::select! {
                    biased;
                    () = line.died() => Attempt::Again,
                    answer = ask(open) => answer,
                    // A client that waits no longer; what it asked for may still happen.
                    () = tokio::time::sleep(Duration::from_secs(10)) => Attempt::Again,
                };
                if let Attempt::Settled(settled) = answer
                    && !self.world.per_mille(self.world.plan.rates.lost)
                {
                    return settled;
                }
            }
            tokio::time::sleep(Duration::from_millis(500 + self.world.below(3000))).await;
        }
    }

    async fn administer(&self, index: usize, goods: Goods, listing: tokio::sync::oneshot::Sender<()>) {
        let (Some(product), Ok(user_id)) = (product(index), UserId::parse("usr_admin")) else { return };
        let details = |price: i64| Details::parse(&format!("product {index}"), "", &price.into(), Currency::JPY);
        let Ok(first) = details(200) else { return };
        let (wanted_id, stock) = (product.clone(), goods.stock);
        self.ask(
            |services| services.products.is_some(),
            |open| {
                let wanted = CreateProduct {
                    user_id: user_id.clone(),
                    chosen_id: Some(wanted_id.clone()),
                    key: None,
                    details: first.clone(),
                    stock,
                };
                let meta = self.meta(&open);
                async move {
                    let Some(products) = &open.services.products else { return Attempt::Again };
                    match create_product(products, &wanted, &meta).await {
                        Ok(_) => Attempt::Settled(()),
                        Err(_) => Attempt::Again,
                    }
                }
            },
        )
        .await;
        self.world.note(&self.name, || format!("{product} is listed"));
        // Nobody waits any more only when the simulation is over.
        let _ = listing.send(());
        for (step, (at, pieces)) in goods.additions.into_iter().enumerate() {
            self.until(at).await;
            let Ok(quantity) = Quantity::new(pieces) else { continue };
            let addition = Uuid::from_u128(u128::try_from(index * 100 + step + 1).unwrap_or(1));
            self.add(&product, addition, quantity).await;
        }
        for at in goods.price_changes {
            self.until(at).await;
            if let Ok(changed) = details(300) {
                self.reprice(&product, &changed).await;
            }
        }
    }

    async fn add(&self, product: &ProductId, addition: Uuid, quantity: Quantity) {
        self.ask(
            |services| services.desk.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some(desk) = &open.services.desk else { return Attempt::Again };
                    match add_stock(desk, product, addition, quantity, meta).await {
                        Ok(_) => Attempt::Settled(()),
                        Err(AddStockError::KeyReused) => {
                            self.world.violation(format!("addition {addition} is taken for another"));
                            Attempt::Settled(())
                        }
                        Err(_) => Attempt::Again,
                    }
                }
            },
        )
        .await;
        self.world.note(&self.name, || format!("{quantity} pieces of {product} were added"));
    }

    async fn reprice(&self, product: &ProductId, details: &Details) {
        self.ask(
            |services| services.products.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some(products) = &open.services.products else { return Attempt::Again };
                    match update_product(products, product, details, &meta).await {
                        Ok(_) => Attempt::Settled(()),
                        Err(_) => Attempt::Again,
                    }
                }
            },
        )
        .await;
    }

    async fn shop(&self, index: usize, errand: Errand) {
        self.until(errand.at).await;
        let Ok(user) = UserId::parse(&format!("usr_{}", errand.customer)) else { return };
        let Some(order) = self.place(&user, index, &errand).await else { return };
        let accepted_at = self.world.elapsed();
        let cancelling = async {
            if let Some(after) = errand.cancels {
                self.until(accepted_at + after).await;
                self.cancel(&user, &order).await;
            }
        };
        let shipping = async {
            if let Some(after) = errand.ships {
                self.until(accepted_at + after).await;
                self.ship(&order).await;
            }
        };
        tokio::join!(cancelling, shipping);
    }

    /// Places the order; none when it was refused for good.
    async fn place(&self, user: &UserId, index: usize, errand: &Errand) -> Option<OrderId> {
        let key = format!("errand-{index}");
        let expected = idempotency::order_id(user, &key);
        let placed = self
            .ask(
                |services| services.orders.is_some(),
                |open| {
                    let wanted = wanted(user, &key, errand);
                    let meta = self.meta(&open);
                    async move {
                        let (Some(wanted), Some((_, placing))) = (wanted, &open.services.orders) else {
                            return Attempt::Settled(None);
                        };
                        match placing.place(wanted, &meta).await {
                            Ok(accepted) => Attempt::Settled(Some(accepted.order_id)),
                            Err(PlaceError::Lines(_)) => Attempt::Settled(None),
                            Err(PlaceError::Execute(ExecuteError::Refused(refusal))) => {
                                self.world.violation(format!("a repeated order was refused: {refusal}"));
                                Attempt::Settled(None)
                            }
                            Err(_) => Attempt::Again,
                        }
                    }
                },
            )
            .await;
        match &placed {
            Some(order) if *order == expected => {
                self.world.accept(order);
                self.world.note(&self.name, || format!("{order} is accepted"));
            }
            Some(order) => self.world.violation(format!("the key of {expected} made {order}")),
            None => self.world.note(&self.name, || "the order was refused".to_owned()),
        }
        placed
    }

    async fn cancel(&self, user: &UserId, order: &OrderId) {
        self.ask(
            |services| services.orders.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some((orders, _)) = &open.services.orders else { return Attempt::Again };
                    let wish = CancelOrder { order_id: order.clone(), owner: Some(user.clone()), note: None };
                    match cancel_order(orders, wish, &meta).await {
                        Ok(_) | Err(ExecuteError::Refused(Refusal::AlreadyShipped)) => Attempt::Settled(()),
                        Err(ExecuteError::Refused(refusal)) => {
                            self.world.violation(format!("{order} can't be cancelled: {refusal}"));
                            Attempt::Settled(())
                        }
                        Err(_) => Attempt::Again,
                    }
                }
            },
        )
        .await;
        self.world.note(&self.name, || format!("asked to cancel {order}"));
    }

    async fn ship(&self, order: &OrderId) {
        self.ask(
            |services| services.orders.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some((orders, _)) = &open.services.orders else { return Attempt::Again };
                    match ship_order(orders, order, &meta).await {
                        Ok(_) | Err(ExecuteError::Refused(Refusal::NotShippable(OrderStage::Cancelled))) => {
                            Attempt::Settled(())
                        }
                        Err(ExecuteError::Refused(Refusal::NotShippable(_))) => {
                            tokio::time::sleep(Duration::from_secs(5)).await;
                            Attempt::Again
                        }
                        Err(ExecuteError::Refused(refusal)) => {
                            self.world.violation(format!("{order} can't be shipped: {refusal}"));
                            Attempt::Settled(())
                        }
                        Err(_) => Attempt::Again,
                    }
                }
            },
        )
        .await;
        self.world.note(&self.name, || format!("asked to ship {order}"));
    }
}

fn wanted(user: &UserId, key: &str, errand: &Errand) -> Option<PlaceOrder> {
    let lines =
        errand.lines.iter().filter_map(|(index, pieces)| Some((product(*index)?, Quantity::new(*pieces).ok()?)));
    let payment_token = errand.token.map(PaymentToken::parse).transpose().ok()?;
    Some(PlaceOrder {
        user_id: user.clone(),
        key: Some(key.to_owned()),
        fingerprint: idempotency::fingerprint(key.as_bytes()),
        lines: Lines::merge(lines).ok()?,
        payment_token,
    })
}
