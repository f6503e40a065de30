//! Gathering of what happened to an order: its own events, those of its reservation and its payment, and its mails.

use std::sync::Arc;

use futures::future::try_join_all;
use serde_json::{Map, Value};
use shotengai_contracts::api::journey::{Happened, OrderHistory};
use shotengai_contracts::mails::MailRecord;
use shotengai_contracts::shown::shown;
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Envelope, Event, EventType, Owner, aggregates};
use shotengai_kernel::{AggregateId, OrderId, PaymentId, UserId, Version};
use shotengai_messaging::{EventStore, Fault, FaultKind, Infrastructure, Row, Table};
use uuid::Uuid;

use super::causes_first;

/// The most commits of one aggregate that are read. An order with all its refunds has about a hundred.
const COMMITS: usize = 500;
/// The most mails of an order that are read: one a kind, and one a refund.
const MAILS: usize = 100;
/// Additions of refunds that are read at once.
const ADDITIONS: usize = 25;
/// Where ids of mails live that derive from an order and the kind of mail (RFC 9562, version 5).
const MAIL_IDS: Uuid = Uuid::from_u128(0x52c1_9e07_3f4d_4a86_9b2e_70d8_15af_c3e4);
/// The type of a mail among events.
const MAIL: &str = "Mail";

/// Histories of orders, read where they are kept. Neither readiness nor the consumer waits for these stores: rows do without.
pub struct Journeys {
    orders: Arc<dyn EventStore>,
    stock: Arc<dyn EventStore>,
    payments: Arc<dyn EventStore>,
    mails: Arc<dyn Table>,
}

impl Journeys {
    /// Reads the stores of this installation.
    #[must_use]
    pub fn new(infra: &dyn Infrastructure) -> Self {
        Self {
            orders: infra.event_store(Owner::Order),
            stock: infra.event_store(Owner::Inventory),
            payments: infra.event_store(Owner::Billing),
            mails: infra.table(tables::NOTIFICATION_CLAIMS.name),
        }
    }

    /// Everything that happened to an order, causes before effects; none where there is no such order, or its owner's is not
    /// to be seen. Consistent, but not of one moment.
    ///
    /// # Errors
    /// A [`Fault`] of a store.
    pub async fn history(&self, id: &OrderId, sees: impl Fn(&UserId) -> bool) -> Result<Option<OrderHistory>, Fault> {
        let own = events(self.orders.as_ref(), &AggregateId::from(id)).await?;
        let owner = own.iter().find_map(owner_of);
        if !owner.is_some_and(|owner| sees(&owner)) {
            return Ok(None);
        }
        let (reservation, payment) = (aggregates::reservation(id), AggregateId::from(&PaymentId::of_order(id)));
        let (reserved, paid, mails, returned) = futures::try_join!(
            events(self.stock.as_ref(), &reservation),
            events(self.payments.as_ref(), &payment),
            self.mails.list(id.as_str(), "", None, MAILS),
            self.returned(&own),
        )?;
        let mut items: Vec<_> = own.into_iter().chain(reserved).chain(paid).chain(returned).map(happened).collect();
        let mails = mails.iter().map(|row| mail(id, row, &items)).collect::<Result<Vec<_>, _>>()?;
        items.extend(mails);
        Ok(Some(OrderHistory { order_id: id.clone(), items: causes_first(items) }))
    }

    /// Additions of pieces that are sold again after a refund.
    async fn returned(&self, own: &[Envelope]) -> Result<Vec<Envelope>, Fault> {
        let mut ids: Vec<AggregateId> = Vec::new();
        for envelope in own {
            if let Ok(Event::OrderRefunded(refunded)) = envelope.event() {
                let again = refunded.lines.iter().filter(|line| line.restock);
                ids.extend(
                    again.map(|line| aggregates::addition(aggregates::returned(refunded.refund_id, &line.product_id))),
                );
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let mut returned = Vec::new();
        for some in ids.chunks(ADDITIONS) {
            let found = try_join_all(some.iter().map(|id| events(self.stock.as_ref(), id))).await?;
            returned.extend(found.into_iter().flatten());
        }
        Ok(returned)
    }
}

async fn events(store: &dyn EventStore, id: &AggregateId) -> Result<Vec<Envelope>, Fault> {
    let page = store.load_some(id, Version::ZERO, COMMITS).await?;
    Ok(page.commits.into_iter().flat_map(|commit| commit.events).collect())
}

fn owner_of(envelope: &Envelope) -> Option<UserId> {
    match envelope.event() {
        Ok(Event::OrderPlaced(placed)) => Some(placed.user_id),
        _ => None,
    }
}

fn happened(envelope: Envelope) -> Happened {
    // Written by a newer release: shown as it stands.
    let data = envelope.event().map_or_else(|_| envelope.data.clone(), |event| event.to_data());
    Happened {
        id: envelope.id.uuid(),
        source: envelope.source.rsplit('/').next().unwrap_or_default().to_owned(),
        event_type: envelope.event_type,
        subject: Some(envelope.subject.as_str().to_owned()),
        version: Some(envelope.aggregateversion),
        time: Some(envelope.time),
        caused_by: Some(envelope.causationid),
        received_at: envelope.receivedtime,
        receives: envelope.receivedcount,
        data: shown(data),
    }
}

/// A mail, behind the event that asks for its kind.
fn mail(order: &OrderId, row: &Row, items: &[Happened]) -> Result<Happened, Fault> {
    let unreadable = |error| Fault::new(FaultKind::Permanent, "query.mails", error);
    let record: MailRecord = serde_json::from_value(row.doc.clone()).map_err(unreadable)?;
    let (kind, refund) = row.key.sk.split_once('/').map_or((row.key.sk.as_str(), None), |(kind, id)| (kind, Some(id)));
    let cause = asked_by(kind).and_then(|asking| {
        let is_of = |item: &&Happened| refund.is_none_or(|id| item.data["refund_id"] == id);
        items.iter().filter(|item| item.event_type == asking.as_str()).find(is_of)
    });
    let mut data = Map::from_iter([("mail".to_owned(), kind.into()), ("state".to_owned(), record.state.into())]);
    data.extend(record.why.map(|why| ("why".to_owned(), why.into())));
    data.extend(refund.map(|id| ("refund_id".to_owned(), id.into())));
    Ok(Happened {
        id: Uuid::new_v5(&MAIL_IDS, format!("{order}\n{}", row.key.sk).as_bytes()),
        source: tables::NOTIFICATION_CLAIMS.service.as_str().to_owned(),
        event_type: MAIL.to_owned(),
        subject: None,
        version: None,
        time: record.at,
        caused_by: cause.map(|cause| cause.id),
        received_at: record.received_at,
        receives: record.receives,
        data: Value::Object(data),
    })
}

/// The event that asks for this kind of mail.
fn asked_by(kind: &str) -> Option<EventType> {
    Some(match kind {
        "received" => EventType::OrderPlaced,
        "receipt" => EventType::OrderPaid,
        "shipped" => EventType::OrderShipped,
        "cancelled" => EventType::OrderCancelled,
        "refunded" => EventType::OrderRefunded,
        _ => return None,
    })
}
