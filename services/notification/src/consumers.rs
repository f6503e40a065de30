//! What notification does with `notification-queue`.

use async_trait::async_trait;
use shotengai_messaging::{Delivery, Disposition, Handler, each};

use crate::domain::mail::OrderMail;
use crate::send_order_mail::SendOrderMail;

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
impl Handler for NotificationHandler {
    async fn handle(&self, batch: &[Delivery]) -> Vec<Disposition> {
        each(batch, |delivery| {
            let send = self.send.clone();
            async move {
                match OrderMail::for_event(&delivery.event) {
                    Some(mail) => send.run(&mail, delivery.receive_count, delivery.envelope.traceparent.clone()).await,
                    // The subscription's filter is wider than needed for a moment during a release; nothing is lost.
                    None => Disposition::Done,
                }
            }
        })
        .await
    }
}
