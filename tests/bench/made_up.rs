//! An order that nobody placed, as event and as message.

use std::time::Duration;

use shotengai_contracts::events::{OrderItem, OrderPlaced};
use shotengai_contracts::{Envelope, Event, Metadata};
use shotengai_kernel::{
    AggregateId, Currency, EventId, Money, Names, OrderId, Ports, ProductId, Quantity, UserId, Version,
};
use shotengai_messaging::Message;

/// An order of two lines.
pub(crate) fn placed(n: usize) -> OrderPlaced {
    let price = Money::from_minor(200, Currency::JPY).unwrap();
    let item = |id: &str, name: &str| OrderItem {
        product_id: ProductId::parse(id).unwrap(),
        name: name.to_owned(),
        names: Names::default(),
        quantity: Quantity::new(1).unwrap(),
        price,
    };
    OrderPlaced {
        order_id: OrderId::parse(&format!("ord_step{n}")).unwrap(),
        user_id: UserId::parse("usr_1").unwrap(),
        items: vec![item("prod_kinoko", "きのこの山"), item("prod_takenoko", "たけのこの里")],
        total: Money::from_minor(400, Currency::JPY).unwrap(),
        has_payment_token: false,
        request_fingerprint: String::new(),
    }
}

/// Metadata of a request.
pub(crate) fn metadata(ports: &Ports) -> Metadata {
    Metadata::request(ports.ids.uuid_v7(), None)
}

/// The message of an order's first event.
pub(crate) fn message(ports: &Ports, placed: &OrderPlaced) -> Message {
    let (subject, id) = (AggregateId::from(&placed.order_id), EventId::new(ports.ids.uuid_v7()));
    let event = Event::from(placed.clone());
    let envelope = Envelope::wrap(id, ports.clock.now(), subject, Version::new(1), &metadata(ports), &event);
    let attributes = [("event_type".to_owned(), event.event_type().to_string())].into();
    Message { body: envelope.to_json(), attributes, delay: Duration::ZERO }
}
