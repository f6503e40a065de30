//! A customer's order, and what follows.

use std::time::Duration;

use shotengai_contracts::events::OrderStage;
use shotengai_contracts::payment::PaymentToken;
use shotengai_kernel::{OrderId, Quantity, UserId};
use shotengai_messaging::CommandError;
use shotengai_order::orders::cancel::{CancelOrder, cancel_order};
use shotengai_order::orders::domain::{Lines, Refusal};
use shotengai_order::orders::history::history;
use shotengai_order::orders::idempotency;
use shotengai_order::orders::place::{PlaceError, PlaceOrder, PlaceRefusal};
use shotengai_order::orders::ship::ship_order;

use super::{Attempt, Open, Person};
use crate::plan::{Asking, Errand};
use crate::world::World;

impl Person {
    pub(super) async fn shop(&self, index: usize, errand: Errand) {
        self.until(errand.at).await;
        let Ok(user) = UserId::parse(&format!("usr_{}", errand.customer)) else { return };
        let key = format!("errand-{index}");
        let order = match errand.asking {
            Asking::Keyed => self.place(&user, &key, &errand).await,
            Asking::DoubleClick => {
                let (one, other) = tokio::join!(self.place(&user, &key, &errand), self.place(&user, &key, &errand));
                if one.is_some() && other.is_some() && one != other {
                    self.world.violation(format!("one key made {one:?} and {other:?}"));
                }
                one.or(other)
            }
            Asking::OtherBody => {
                let order = self.place(&user, &key, &errand).await;
                if order.is_some() {
                    self.reuse(&user, &key, &errand).await;
                }
                order
            }
            Asking::Unkeyed => self.place_once(&user, &errand).await,
        };
        if let Some(order) = order {
            Box::pin(self.follow(&user, &order, &errand)).await;
        }
    }

    /// What a customer, or the administrator, does about an order that was accepted.
    pub(super) async fn follow(&self, user: &UserId, order: &OrderId, errand: &Errand) {
        let accepted_at = self.world.elapsed();
        let cancelling = async {
            if let Some(after) = errand.cancels {
                self.until(accepted_at + after).await;
                // Somebody else's wish is none of the order's business.
                self.cancel(None, order).await;
                self.cancel(Some(user), order).await;
            }
        };
        let reading = async {
            if let Some(after) = errand.reads {
                self.until(accepted_at + after).await;
                self.read(user, order).await;
            }
        };
        let shipping = async {
            if let Some(after) = errand.ships {
                self.until(accepted_at + after).await;
                self.ship(order).await;
            }
        };
        let refunding = async {
            for (number, refund) in errand.refunds.iter().enumerate() {
                self.until(accepted_at + refund.after).await;
                self.give_back(order, number, refund).await;
            }
        };
        tokio::join!(cancelling, reading, shipping, refunding);
    }

    /// Places the order; none when it was refused for good.
    async fn place(&self, user: &UserId, key: &str, errand: &Errand) -> Option<OrderId> {
        let expected = idempotency::order_id(user, key);
        let placed = self
            .ask(
                |services| services.orders.is_some(),
                |open| async move {
                    let wanted = wanted(&self.world, user, Some(key), key, errand);
                    match self.try_to_place(&open, wanted).await {
                        Err(CommandError::Refused(PlaceRefusal::Order(refusal))) => {
                            self.world.violation(format!("a repeated order was refused: {refusal}"));
                            Attempt::Settled(None)
                        }
                        other => settled(other),
                    }
                },
            )
            .await;
        match &placed {
            Some(order) if *order == expected => self.accepted(order, errand),
            Some(order) => self.world.violation(format!("the key of {expected} made {order}")),
            None => self.world.note(&self.name, || "the order was refused".to_owned()),
        }
        placed
    }

    /// Asks one process once: nobody could tell a second time from a second order.
    async fn place_once(&self, user: &UserId, errand: &Errand) -> Option<OrderId> {
        let open = self.doors.any(&self.world, |services| services.orders.is_some())?;
        let asked = |open: Open| async move {
            settled(self.try_to_place(&open, wanted(&self.world, user, None, "unkeyed", errand)).await)
        };
        let Attempt::Settled(Some(order)) = self.once(open, asked).await else { return None };
        self.accepted(&order, errand);
        Some(order)
    }

    /// The key of an order under another body: never another order, never the same one.
    async fn reuse(&self, user: &UserId, key: &str, errand: &Errand) {
        self.ask(
            |services| services.orders.is_some(),
            |open| async move {
                match self.try_to_place(&open, wanted(&self.world, user, Some(key), "another body", errand)).await {
                    Err(CommandError::Refused(PlaceRefusal::Order(Refusal::KeyReused))) => Attempt::Settled(()),
                    Ok(other) => {
                        self.world.violation(format!("{key} was used for two bodies: {other:?}"));
                        Attempt::Settled(())
                    }
                    Err(_) => Attempt::Again,
                }
            },
        )
        .await;
    }

    async fn try_to_place(&self, open: &Open, wanted: Option<PlaceOrder>) -> Result<Option<OrderId>, PlaceError> {
        let (Some(wanted), Some((_, placing))) = (wanted, &open.services.orders) else { return Ok(None) };
        placing.place(wanted, &self.meta(open)).await.map(|accepted| Some(accepted.order_id))
    }

    pub(super) fn accepted(&self, order: &OrderId, errand: &Errand) {
        self.world.request_ledger.accept(order, errand);
        self.world.note(&self.name, || format!("{order} is accepted"));
    }

    /// Cancels as the owner, or as somebody else, who must not be able to.
    async fn cancel(&self, user: Option<&UserId>, order: &OrderId) {
        let Ok(somebody) = UserId::parse("usr_somebody") else { return };
        let owner = user.unwrap_or(&somebody);
        if user.is_some() {
            self.world.request_ledger.ask_to_cancel(order);
        }
        self.ask(
            |services| services.orders.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some((orders, _)) = &open.services.orders else { return Attempt::Again };
                    let wish = CancelOrder { order_id: order.clone(), owner: Some(owner.clone()), note: None };
                    match (cancel_order(orders, wish, &meta).await, user) {
                        (Ok(_), Some(_)) => self.told(order, OrderStage::Cancelled),
                        (Err(CommandError::Refused(Refusal::AlreadyShipped)), Some(_)) => {
                            self.told(order, OrderStage::Shipped)
                        }
                        (Err(CommandError::Refused(Refusal::NotFound)), None) => Attempt::Settled(()),
                        (answer @ (Ok(_) | Err(CommandError::Refused(_))), _) => {
                            self.world.violation(format!("{owner} cancels {order}: {answer:?}"));
                            Attempt::Settled(())
                        }
                        (Err(_), _) => Attempt::Again,
                    }
                }
            },
        )
        .await;
        self.world.note(&self.name, || format!("{owner} asked to cancel {order}"));
    }

    /// What was accepted can be read, by its owner and nobody else.
    async fn read(&self, user: &UserId, order: &OrderId) {
        let Ok(somebody) = UserId::parse("usr_somebody") else { return };
        let somebody = &somebody;
        self.ask(
            |services| services.orders.is_some(),
            |open| async move {
                let Some((orders, _)) = &open.services.orders else { return Attempt::Again };
                let (own, others) =
                    (history(orders, order, Some(user)).await, history(orders, order, Some(somebody)).await);
                let (Ok(own), Ok(others)) = (own, others) else { return Attempt::Again };
                if own.is_none_or(|entries| entries.is_empty()) || others.is_some() {
                    self.world.violation(format!("{order} is hidden from its owner, or shown to others"));
                }
                Attempt::Settled(())
            },
        )
        .await;
    }

    /// An answer that no later one may contradict.
    fn told(&self, order: &OrderId, stage: OrderStage) -> Attempt<()> {
        self.world.request_ledger.tell(order, stage);
        Attempt::Settled(())
    }

    async fn ship(&self, order: &OrderId) {
        self.ask(
            |services| services.orders.is_some(),
            |open| {
                let meta = self.meta(&open);
                async move {
                    let Some((orders, _)) = &open.services.orders else { return Attempt::Again };
                    match ship_order(orders, order, &meta).await {
                        Ok(_) => self.told(order, OrderStage::Shipped),
                        Err(CommandError::Refused(Refusal::NotShippable(stage @ OrderStage::Cancelled))) => {
                            self.told(order, stage)
                        }
                        // All of it goes back.
                        Err(CommandError::Refused(Refusal::Refunded)) => Attempt::Settled(()),
                        Err(CommandError::Refused(Refusal::NotShippable(_))) => {
                            tokio::time::sleep(Duration::from_secs(5)).await;
                            Attempt::Again
                        }
                        Err(CommandError::Refused(refusal)) => {
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

fn settled(answer: Result<Option<OrderId>, PlaceError>) -> Attempt<Option<OrderId>> {
    match answer {
        Ok(order) => Attempt::Settled(order),
        Err(CommandError::Refused(PlaceRefusal::Lines(_))) => Attempt::Settled(None),
        Err(_) => Attempt::Again,
    }
}

fn wanted(world: &World, user: &UserId, key: Option<&str>, body: &str, errand: &Errand) -> Option<PlaceOrder> {
    let lines =
        errand.lines.iter().filter_map(|(index, pieces)| Some((world.product(*index)?, Quantity::new(*pieces).ok()?)));
    let payment_token = errand.token.map(PaymentToken::parse).transpose().ok()?;
    Some(PlaceOrder {
        user_id: user.clone(),
        key: key.map(str::to_owned),
        fingerprint: idempotency::fingerprint(body.as_bytes()),
        lines: Lines::merge(lines).ok()?,
        payment_token,
    })
}
