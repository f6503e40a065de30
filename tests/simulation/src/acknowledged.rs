//! What a consumer acknowledges, it has done: looked at while the message is deleted, since a later deadline or cancel
//! would hide that it had not.

use shotengai_billing::domain::Payment;
use shotengai_contracts::aggregates;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Envelope, Event, Owner};
use shotengai_inventory::domain::Reservation;
use shotengai_kernel::{AggregateId, OrderId, PaymentId, RefundId, Version};
use shotengai_messaging::{Aggregate, EventStore, Key, Table};
use shotengai_order::orders::domain::{Order, RefundState};

use crate::world::World;

/// Looks whether the deleted message of a queue is done. Queues whose effects stay until the end are looked at then.
pub(crate) async fn look(world: &World, queue: &str, body: &str) {
    let Ok(envelope) = Envelope::from_json(body.as_bytes()) else { return };
    let Ok(event) = envelope.event() else { return };
    let done = match queue {
        "order-queue" => by_order(world, &event).await && knows_price(world, &event, envelope.aggregateversion).await,
        "inventory-queue" => by_inventory(world, &event).await,
        "billing-queue" => by_billing(world, &event).await,
        _ => true,
    };
    if !done {
        world.violation(format!(
            "{queue}: {} of {} is acknowledged and not done",
            envelope.event_type, envelope.subject
        ));
    }
}

async fn by_order(world: &World, event: &Event) -> bool {
    let order = match event {
        Event::StockReserved(it) => &it.order_id,
        Event::StockRejected(it) => &it.order_id,
        Event::PaymentAuthorized(it) => &it.order_id,
        Event::PaymentDeclined(it) => &it.order_id,
        Event::PaymentCaptured(it) => &it.order_id,
        Event::ShopRefundPaid(it) => return refund_is(world, &it.order_id, it.refund_id, RefundState::Paid).await,
        Event::ShopRefundDeclined(it) => {
            return refund_is(world, &it.order_id, it.refund_id, RefundState::Declined).await;
        }
        _ => return true,
    };
    let state: Order = load(world, Owner::Order, &AggregateId::from(order)).await;
    let Some(order) = state.placed() else { return false };
    // Whatever comes after the cancel comes to nothing.
    order.stage == OrderStage::Cancelled
        || match event {
            Event::StockReserved(_) => order.stock_secured,
            Event::PaymentAuthorized(_) => order.payment_secured,
            Event::PaymentCaptured(_) => matches!(order.stage, OrderStage::Paid | OrderStage::Shipped),
            _ => false,
        }
}

/// Whether order knows what came of a refund.
async fn refund_is(world: &World, order: &OrderId, refund: RefundId, state: RefundState) -> bool {
    let order: Order = load(world, Owner::Order, &AggregateId::from(order)).await;
    order.placed().and_then(|order| order.refunds.get(refund)).is_some_and(|refund| refund.state == state)
}

/// Order's prices are those of this event of a product, or later ones.
async fn knows_price(world: &World, event: &Event, version: Version) -> bool {
    let product = match event {
        Event::ProductCreated(it) => &it.product_id,
        Event::ProductUpdated(it) => &it.product_id,
        Event::ProductPriceChanged(it) => &it.product_id,
        Event::ProductDeleted(it) => &it.product_id,
        Event::ProductRestored(it) => &it.product_id,
        _ => return true,
    };
    let row = world.infra.memory_table(tables::ORDER_PRICES.name).get(&Key::new(product.as_str(), "price")).await;
    matches!(row, Ok(Some(row)) if row.version >= version.get())
}

async fn by_inventory(world: &World, event: &Event) -> bool {
    let of = |order: &OrderId| aggregates::reservation(order);
    match event {
        Event::OrderPlaced(it) => {
            load::<Reservation>(world, Owner::Inventory, &of(&it.order_id)).await != Reservation::Open
        }
        Event::OrderCancelled(it) => matches!(
            load(world, Owner::Inventory, &of(&it.order_id)).await,
            Reservation::Rejected | Reservation::Released { .. }
        ),
        Event::OrderShipped(it) => {
            matches!(load(world, Owner::Inventory, &of(&it.order_id)).await, Reservation::Deducted { .. })
        }
        _ => true,
    }
}

async fn by_billing(world: &World, event: &Event) -> bool {
    let of = |order: &OrderId| AggregateId::from(&PaymentId::of_order(order));
    match event {
        Event::OrderPlaced(it) => load::<Payment>(world, Owner::Billing, &of(&it.order_id)).await != Payment::Open,
        Event::OrderConfirmed(it) => !matches!(
            load(world, Owner::Billing, &of(&it.order_id)).await,
            Payment::Open | Payment::Authorized { .. } | Payment::CaptureStarted { .. }
        ),
        Event::OrderCancelled(it) => match load(world, Owner::Billing, &of(&it.order_id)).await {
            Payment::Declined | Payment::Voided | Payment::Forestalled | Payment::Refunded => true,
            // The shop had given all of it back.
            Payment::Captured { amount, refunds } => refunds.left_of(amount).minor() == 0,
            _ => false,
        },
        Event::OrderRefundRequested(it) => match load(world, Owner::Billing, &of(&it.order_id)).await {
            Payment::Captured { refunds, .. } => refunds.has_ended(it.refund_id),
            // The cancel gives back what is left, once each refund before it has ended.
            payment => matches!(payment, Payment::RefundStarted { .. } | Payment::Refunded),
        },
        _ => true,
    }
}

pub(crate) async fn load<A: Aggregate + Default>(world: &World, owner: Owner, id: &AggregateId) -> A {
    let mut state = A::default();
    match world.infra.memory_event_store(owner).load(id, Version::ZERO).await {
        Ok(commits) => {
            let events = commits.iter().flat_map(|commit| &commit.events).filter_map(|envelope| envelope.event().ok());
            for event in events.filter_map(|event| A::Event::try_from(event).ok()) {
                if let Err(misplaced) = state.apply(&event) {
                    world.violation(format!("{id}: {misplaced}"));
                }
            }
        }
        Err(fault) => world.violation(fault.to_string()),
    }
    state
}
