//! What notification does with `notification-queue`.

use async_trait::async_trait;
use shotengai_contracts::EventType;
use shotengai_messaging::{Delivery, Disposition, EventHandler, Reason};

use crate::domain::mail::OrderMail;
use crate::reasons::REASONS;
use crate::send_order_mail::{Asked, SendOrderMail};

/// Reacts to order's events with mails; those of a batch go out side by side, as many as the mailer has connections.
pub struct NotificationHandler {
    send: SendOrderMail,
}

impl NotificationHandler {
    /// A handler that sends mails like this.
    #[must_use]
    pub const fn new(send: SendOrderMail) -> Self {
        Self { send }
    }
}

#[async_trait]
impl EventHandler for NotificationHandler {
    const EVENTS: &'static [EventType] = &[
        EventType::OrderPlaced,
        EventType::OrderPaid,
        EventType::OrderShipped,
        EventType::OrderCancelled,
        EventType::OrderRefunded,
    ];
    const REASONS: &'static [Reason] = &REASONS;

    async fn handle(&self, delivery: &Delivery) -> Disposition {
        let Some(mail) = OrderMail::for_event(&delivery.event) else { return Disposition::unexpected(delivery) };
        let asked = Asked {
            attempt: delivery.receive_count,
            received_at: delivery.received_at,
            traceparent: delivery.envelope.traceparent.clone(),
        };
        self.send.run(&mail, &asked).await
    }
}
