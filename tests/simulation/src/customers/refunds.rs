//! The administrator, who gives something back of an order that was paid.

use std::time::Duration;

use shotengai_contracts::events::{OrderStage, RefundLine};
use shotengai_kernel::{AggregateId, OrderId, Quantity, RefundId, UserId};
use shotengai_messaging::CommandError;
use shotengai_order::orders::domain::{RefundRefusal, Refusal, Wanted};
use shotengai_order::orders::idempotency;
use shotengai_order::orders::refund::RefundOrder;

use super::{Attempt, Person};
use crate::plan::{GivesBack, Refund};

impl Person {
    /// Asks for each refund until it is answered.
    pub(super) async fn give_back(&self, order: &OrderId, number: usize, refund: &Refund) {
        let key = format!("refund-{number}");
        if refund.twice {
            let (one, other) =
                tokio::join!(self.refund(order, &key, refund.what), self.refund(order, &key, refund.what));
            if one.is_some() && other.is_some() && one != other {
                self.world.violation(format!("{key} of {order} made {one:?} and {other:?}"));
            }
        } else {
            self.refund(order, &key, refund.what).await;
        }
    }

    async fn refund(&self, order: &OrderId, key: &str, what: GivesBack) -> Option<RefundId> {
        let by = UserId::parse("usr_admin").ok()?;
        let asked = self
            .ask(
                |services| services.refunding.is_some(),
                |open| {
                    let (by, meta) = (by.clone(), self.meta(&open));
                    async move {
                        let (Some(refunding), Some((orders, _))) = (&open.services.refunding, &open.services.orders)
                        else {
                            return Attempt::Again;
                        };
                        let what = match what {
                            GivesBack::Rest(restock) => Wanted::Rest { restock },
                            GivesBack::Money(yen) => Wanted::Money(i64::from(yen).into()),
                            GivesBack::Piece(restock) => {
                                let Ok(loaded) = orders.load(&AggregateId::from(order)).await else {
                                    return Attempt::Again;
                                };
                                let first = loaded.state.placed().and_then(|it| it.items.first()).cloned();
                                let (Some(item), Ok(quantity)) = (first, Quantity::new(1)) else {
                                    return Attempt::Again;
                                };
                                let line = RefundLine { product_id: item.product_id, quantity, restock };
                                Wanted::Pieces { lines: vec![line], amount: None }
                            }
                        };
                        let wanted = RefundOrder {
                            order_id: order.clone(),
                            by,
                            key: Some(key.to_owned()),
                            fingerprint: idempotency::fingerprint(key.as_bytes()),
                            what,
                            reason: "of the simulation".to_owned(),
                        };
                        match refunding.refund(wanted, &meta).await {
                            Ok(requested) => Attempt::Settled(Some(requested.refund_id)),
                            Err(CommandError::Refused(RefundRefusal::NotRefundable(
                                OrderStage::Pending | OrderStage::Confirmed,
                            ))) => {
                                tokio::time::sleep(Duration::from_secs(5)).await;
                                Attempt::Again
                            }
                            Err(CommandError::Refused(RefundRefusal::Order(refusal @ Refusal::KeyReused))) => {
                                self.world.violation(format!("{key} of {order}: {refusal}"));
                                Attempt::Settled(None)
                            }
                            // It was cancelled, or has nothing left of this.
                            Err(CommandError::Refused(_)) => Attempt::Settled(None),
                            Err(_) => Attempt::Again,
                        }
                    }
                },
            )
            .await;
        if let Some(refund) = asked {
            self.world.request_ledger.ask_to_refund(order, refund);
            self.world.note(&self.name, || format!("{what:?} of {order} goes back by {refund}"));
        }
        asked
    }
}
