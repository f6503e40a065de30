//! Customers and the administrator: they repeat what got no answer, under the same key, until it has one.
//!
//! `administrator`: lists, adds, prices and takes away. `shopper`: orders, and what follows. `basket`:
//! carts, and what they become. `price_source`: prices from outside. `refunds`: what goes back.

mod administrator;
mod basket;
mod price_source;
mod refunds;
mod shopper;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shotengai_contracts::Metadata;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::mishap::Mishap;
use crate::network::Network;
use crate::roles::Services;
use crate::world::World;

/// A process that can be asked.
#[derive(Clone)]
pub struct Open {
    /// Its line.
    pub network: Network,
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
        let open: Vec<_> =
            doors.iter().flatten().filter(|door| !door.network.is_dead() && has(&door.services)).collect();
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
    for (index, basket) in world.plan.baskets.clone().into_iter().enumerate() {
        let person = Person { world: Arc::clone(&world), doors: Arc::clone(&doors), name: format!("cart-{index}") };
        people.spawn(async move { person.shop_by_cart(index, basket).await });
    }
    if !world.plan.prices.is_empty() {
        people.spawn(price_source::put_prices(Arc::clone(&world)));
    }
    while let Some(ended) = people.join_next().await {
        if let Err(error) = ended {
            world.violation(format!("a customer's errand broke off: {error}"));
        }
    }
}

impl Person {
    async fn until(&self, at: Duration) {
        tokio::time::sleep_until(self.world.moment(at)).await;
    }

    fn meta(&self, open: &Open) -> Metadata {
        let id = open.services.ports.as_ref().map_or_else(Uuid::nil, |ports| ports.ids.uuid_v7());
        Metadata::request(id, None)
    }

    /// Asks a process once.
    async fn once<T, Fut: Future<Output = Attempt<T>>>(&self, open: Open, ask: impl Fn(Open) -> Fut) -> Attempt<T> {
        let network = open.network.clone();
        tokio::select! {
            biased;
            () = network.died() => Attempt::Again,
            answer = ask(open) => answer,
            // A client that waits no longer; what it asked for may still happen.
            () = tokio::time::sleep(Duration::from_secs(10)) => Attempt::Again,
        }
    }

    /// Asks processes that can do it, one after the other, until one gives an answer.
    async fn ask<T, Fut: Future<Output = Attempt<T>>>(
        &self,
        can: impl Fn(&Services) -> bool,
        ask: impl Fn(Open) -> Fut,
    ) -> T {
        loop {
            self.world.day().await;
            if let Some(open) = self.doors.any(&self.world, &can) {
                let answer = self.once(open, &ask).await;
                if let Attempt::Settled(settled) = answer {
                    if !self.world.per_mille(self.world.plan.rates.lost) {
                        return settled;
                    }
                    self.world.count(Mishap::CustomerUnanswered);
                }
            }
            tokio::time::sleep(Duration::from_millis(500 + self.world.below(3000))).await;
        }
    }
}
