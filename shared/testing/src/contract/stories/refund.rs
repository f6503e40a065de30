//! Refund by the shop in a story.

use shotengai_contracts::Event;
use shotengai_contracts::events::{
    EarlierRefund, OrderRefundRequested, OrderRefunded, OrderStage, RefundLine, ShopRefundPaid, ShopRefundStarted,
    StockLine,
};
use shotengai_kernel::{Money, PaymentId, Quantity, RefundId, UserId};
use uuid::Uuid;

use super::{FINGERPRINT, Story};

/// Price of a piece of the first line, given back.
pub(super) struct StoryRefund<'a> {
    story: &'a Story,
    refund_id: RefundId,
    user_id: UserId,
    pub(super) amount: Money,
    lines: Vec<RefundLine>,
}

impl<'a> StoryRefund<'a> {
    pub(super) fn of(story: &'a Story) -> Self {
        let restock = story.fate.is_shipped();
        let first = story.items.first().expect("an order has a line");
        Self {
            story,
            refund_id: RefundId::new(Uuid::new_v5(&Uuid::NAMESPACE_URL, story.order_id.as_str().as_bytes())),
            user_id: UserId::parse("usr_1").unwrap(),
            amount: first.price,
            lines: vec![RefundLine { product_id: first.product_id.clone(), quantity: Quantity::ONE, restock }],
        }
    }

    pub(super) fn requested(&self) -> Event {
        OrderRefundRequested {
            refund_id: self.refund_id,
            order_id: self.story.order_id.clone(),
            user_id: self.user_id.clone(),
            amount: self.amount,
            lines: self.lines.clone(),
            reason: "broken".to_owned(),
            request_fingerprint: FINGERPRINT.to_owned(),
        }
        .into()
    }

    pub(super) fn earlier(&self, is_paid: bool) -> EarlierRefund {
        EarlierRefund { refund_id: self.refund_id, amount: self.amount, is_paid }
    }

    pub(super) fn pieces(&self) -> Vec<StockLine> {
        let line = |line: &RefundLine| StockLine { product_id: line.product_id.clone(), quantity: line.quantity };
        self.lines.iter().map(line).collect()
    }

    /// Events that billing and then order write about it.
    pub(super) fn paid(&self, refunded_from: OrderStage) -> [Event; 3] {
        let (refund_id, amount, order_id) = (self.refund_id, self.amount, self.story.order_id.clone());
        let (payment_id, provider_reference) = (PaymentId::of_order(&order_id), "ledger".to_owned());
        let items = self.story.items.clone();
        let pieces: u32 = items.iter().map(|item| item.quantity.get()).sum();
        [
            ShopRefundStarted { payment_id: payment_id.clone(), order_id: order_id.clone(), refund_id, amount }.into(),
            ShopRefundPaid { payment_id, order_id: order_id.clone(), refund_id, amount, provider_reference }.into(),
            OrderRefunded {
                refund_id,
                order_id,
                user_id: self.user_id.clone(),
                total: amount.times(pieces).unwrap(),
                items,
                amount,
                refunded: amount,
                lines: self.lines.clone(),
                reason: "broken".to_owned(),
                refunded_from,
            }
            .into(),
        ]
    }
}
