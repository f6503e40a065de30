//! A customer's cart, and the orders that it becomes.

use std::time::Duration;

use shotengai_contracts::payment::PaymentToken;
use shotengai_kernel::{CartId, OrderId, Precondition, ProductId, Quantity, UserId};
use shotengai_messaging::CommandError;
use shotengai_order::carts::domain::{CartRefusal, Standing};
use shotengai_order::carts::ordering::{OrderCart, OrderCartRefusal};
use shotengai_order::carts::service::AddItem;
use shotengai_order::orders::domain::Refusal;
use shotengai_order::orders::idempotency;
use shotengai_order::orders::place::PlaceRefusal;

use super::{Attempt, Person};
use crate::cart_ledger::cart_user;
use crate::mishap::Mishap;
use crate::plan::{Basket, Click, Step};

/// After how many days a cart may have expired that somebody was still looking at.
const EXPIRED_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);

impl Person {
    /// Fills a cart, orders it, and perhaps does so again.
    pub(super) async fn shop_by_cart(&self, index: usize, basket: Basket) {
        self.until(basket.errand.at).await;
        let Ok(user) = UserId::parse(&cart_user(index)) else { return };
        if !basket.as_guest.is_empty() {
            let Ok(guest) = UserId::parse(&format!("usr_guest-{index}")) else { return };
            self.fill(&guest, "guest", &basket.as_guest).await;
            // Two windows that both sign in.
            tokio::join!(self.take_over(&user, &guest), self.take_over(&user, &guest));
            if let Some(left) = self.look(&guest).await.lines().first() {
                self.world.violation(format!("{left:?} of {guest} stayed behind"));
            }
        }
        for round in 0..=usize::from(basket.again) {
            let [one, other] = ["one", "other"].map(|device| format!("{device}-{round}"));
            tokio::join!(self.fill(&user, &one, &basket.steps), self.fill(&user, &other, &basket.elsewhere));
            tokio::time::sleep(basket.hesitates).await;
            let Some(order) = self.order_cart(&user, round, &basket).await else { continue };
            self.accepted(&order, &basket.errand);
            Box::pin(self.follow(&user, &order, &basket.errand)).await;
        }
    }

    /// What is in a cart, as somebody is shown it.
    async fn look(&self, user: &UserId) -> Standing {
        let shown = self
            .ask(
                |services| services.carts.is_some(),
                |open| async move {
                    let Some((carts, _)) = &open.services.carts else { return Attempt::Again };
                    carts.show(user).await.map_or(Attempt::Again, Attempt::Settled)
                },
            )
            .await;
        self.world.cart_ledger.answer(&shown);
        shown
    }

    async fn fill(&self, user: &UserId, device: &str, steps: &[Step]) {
        for (number, step) in steps.iter().enumerate() {
            let (Step::Add(index, _) | Step::Change(index, _) | Step::Remove(index)) = step;
            let Some(product) = self.world.product(*index) else { return };
            let pieces = |pieces: u32| Quantity::new(pieces).ok();
            match step {
                Step::Add(_, wanted) => {
                    let Some(quantity) = pieces(*wanted) else { return };
                    let key = Some(format!("{device}-{number}"));
                    self.put_in(user, &AddItem { product_id: product, quantity, key }).await;
                }
                Step::Change(_, wanted) => self.set(user, &product, pieces(*wanted)).await,
                Step::Remove(_) => self.set(user, &product, None).await,
            }
        }
    }

    /// Puts pieces in, unless the product is not for sale any more.
    async fn put_in(&self, user: &UserId, item: &AddItem) {
        let addition = (CartId::of_user(user), item.product_id.clone(), item.quantity);
        self.world.cart_ledger.ask(&addition);
        let cart = self
            .ask(
                |services| services.carts.is_some(),
                |open| async move {
                    let Some((carts, _)) = &open.services.carts else { return Attempt::Again };
                    match carts.add(user, item.clone(), None, &self.meta(&open)).await {
                        Ok(cart) => Attempt::Settled(Some(cart)),
                        Err(CommandError::Refused(CartRefusal::NotForSale(_))) => Attempt::Settled(None),
                        Err(CommandError::Refused(refusal)) => {
                            self.world.violation(format!("{user} can't fill a cart: {refusal}"));
                            Attempt::Settled(None)
                        }
                        Err(_) => Attempt::Again,
                    }
                },
            )
            .await;
        let Some(cart) = cart else { return };
        self.world.cart_ledger.answer(&cart);
        self.world.cart_ledger.tell(&addition);
    }

    /// Has so many pieces of a product in the cart, or none, as somebody does who has looked; whoever is late looks again.
    async fn set(&self, user: &UserId, product: &ProductId, quantity: Option<Quantity>) {
        loop {
            let read = self.look(user).await;
            if read.lines().iter().all(|line| line.product_id != *product) {
                return;
            }
            let at = &Precondition::OneOf(vec![read.version()]);
            let answer = self
                .ask(
                    |services| services.carts.is_some(),
                    |open| async move {
                        let (Some((carts, _)), meta) = (&open.services.carts, self.meta(&open)) else {
                            return Attempt::Again;
                        };
                        let answer = match quantity {
                            Some(quantity) => carts.change(user, product, quantity, at, &meta).await,
                            None => carts.remove(user, product, at, &meta).await,
                        };
                        match answer {
                            Ok(cart) => Attempt::Settled(Ok(cart)),
                            Err(CommandError::Refused(refusal)) => Attempt::Settled(Err(refusal)),
                            Err(_) => Attempt::Again,
                        }
                    },
                )
                .await;
            match answer {
                Ok(cart) => {
                    self.world.cart_ledger.answer(&cart);
                    let there = cart.lines().iter().find(|line| line.product_id == *product);
                    if there.map(|line| line.quantity) != quantity && !cart.has_expired() {
                        self.world.violation(format!("{user} set {product} to {quantity:?}, and has {there:?}"));
                    }
                    return;
                }
                Err(CartRefusal::Stale(stale)) => self.is_late(&stale.0),
                Err(CartRefusal::NotInCart(_)) => {}
                Err(refusal) => return self.world.violation(format!("{user} can't change a cart: {refusal}")),
            }
        }
    }

    fn is_late(&self, cart: &Standing) {
        self.world.count(Mishap::CartMovedOn);
        self.world.cart_ledger.answer(cart);
    }

    async fn take_over(&self, user: &UserId, guest: &UserId) {
        let cart = self
            .ask(
                |services| services.carts.is_some(),
                |open| async move {
                    let Some((carts, _)) = &open.services.carts else { return Attempt::Again };
                    carts.merge(user, guest, &self.meta(&open)).await.map_or(Attempt::Again, Attempt::Settled)
                },
            )
            .await;
        self.world.cart_ledger.answer(&cart);
        self.world.note(&self.name, || format!("{user} has what {guest} had: {:?}", cart.lines()));
    }

    /// Orders what is in the cart; none where there is nothing, or nothing that can be ordered.
    async fn order_cart(&self, user: &UserId, round: usize, basket: &Basket) -> Option<OrderId> {
        let read = self.look(user).await;
        if read.lines().is_empty() {
            return None;
        }
        let token = basket.errand.token;
        match basket.click {
            Click::Keyed => {
                let key = format!("cart-{round}");
                let order = self.click(user, Some(&key), None, token).await;
                if order.as_ref().is_some_and(|order| *order != idempotency::order_id(user, &key)) {
                    self.world.violation(format!("{key} of {user} made {order:?}"));
                }
                order
            }
            Click::Twice => {
                let (one, other) =
                    tokio::join!(self.click(user, None, None, token), self.click(user, None, None, token));
                if one.is_some() && other.is_some() && one != other {
                    self.world.violation(format!("the cart of {user} became {one:?} and {other:?}"));
                }
                one.or(other)
            }
            Click::AsRead => {
                let more = read.lines().first().map(|line| line.product_id.clone());
                let adding = async {
                    if let (Some(product_id), Ok(quantity)) = (more, Quantity::new(1)) {
                        let key = Some(format!("more-{round}"));
                        self.put_in(user, &AddItem { product_id, quantity, key }).await;
                    }
                };
                let (order, ()) = tokio::join!(self.click(user, None, Some(&read), token), adding);
                order
            }
            Click::Once => self.click_once(user, token).await,
        }
    }

    /// Asks until there is an answer that settles it: prices that have changed are taken, a cart that has moved on is read.
    async fn click(
        &self,
        user: &UserId,
        key: Option<&str>,
        read: Option<&Standing>,
        token: Option<&str>,
    ) -> Option<OrderId> {
        let (mut accept_prices, mut at) = (false, read.map(Standing::version));
        loop {
            let wanted = || {
                let at = at.map(|version| Precondition::OneOf(vec![version]));
                wanted(user, key, at, accept_prices, token)
            };
            let wanted = &wanted()?;
            let answer = self
                .ask(
                    |services| services.carts.is_some(),
                    |open| async move {
                        let Some((_, ordering)) = &open.services.carts else { return Attempt::Again };
                        match ordering.order(wanted, &self.meta(&open)).await {
                            Ok(accepted) => Attempt::Settled(Ok(accepted.order_id)),
                            Err(CommandError::Refused(refusal)) => Attempt::Settled(Err(refusal)),
                            Err(_) => Attempt::Again,
                        }
                    },
                )
                .await;
            match answer {
                Ok(order) => return Some(order),
                Err(OrderCartRefusal::PricesChanged(_)) if !accept_prices => {
                    self.world.count(Mishap::CartPricesChanged);
                    self.world.cart_ledger.accept_prices(user);
                    accept_prices = true;
                }
                Err(OrderCartRefusal::Cart(CartRefusal::Stale(stale))) if at.is_some() => {
                    self.is_late(&stale.0);
                    at = Some(stale.0.version());
                }
                Err(refusal) => {
                    if !self.may_refuse(user, &refusal) {
                        self.world.violation(format!("{user} can't order a cart: {refusal}"));
                    }
                    return None;
                }
            }
        }
    }

    /// Whether a cart that had something in it may be refused so: what is in it is not for sale any more; its time is over;
    /// or it became an order by a request with other words, since it took prices that this one was not shown.
    fn may_refuse(&self, user: &UserId, refusal: &OrderCartRefusal) -> bool {
        let days = self.world.plan.absence.map_or(Duration::ZERO, |it| it.morning - it.evening);
        let has_other_words = self.world.cart_ledger.accepts_prices(user);
        match refusal {
            OrderCartRefusal::Cart(CartRefusal::NotForSale(_)) => true,
            OrderCartRefusal::Place(PlaceRefusal::Order(Refusal::KeyReused)) => has_other_words,
            OrderCartRefusal::Empty(order) => (has_other_words && order.is_some()) || days > EXPIRED_AFTER,
            _ => false,
        }
    }

    /// Asks one process once, and never hears of it again if that has no answer.
    async fn click_once(&self, user: &UserId, token: Option<&str>) -> Option<OrderId> {
        let wanted = &wanted(user, None, None, false, token)?;
        let open = self.doors.any(&self.world, |services| services.carts.is_some())?;
        let asked = |open: super::Open| async move {
            let Some((_, ordering)) = &open.services.carts else { return Attempt::Again };
            ordering.order(wanted, &self.meta(&open)).await.map_or(Attempt::Again, Attempt::Settled)
        };
        let Attempt::Settled(accepted) = self.once(open, asked).await else { return None };
        Some(accepted.order_id)
    }
}

fn wanted(
    user: &UserId,
    key: Option<&str>,
    at: Option<Precondition>,
    accept_prices: bool,
    token: Option<&str>,
) -> Option<OrderCart> {
    // As the door does, by what the body says.
    let body = format!("{token:?} {accept_prices}");
    Some(OrderCart {
        user_id: user.clone(),
        key: key.map(str::to_owned),
        fingerprint: idempotency::fingerprint(body.as_bytes()),
        at,
        accept_prices,
        payment_token: token.map(PaymentToken::parse).transpose().ok()?,
    })
}
