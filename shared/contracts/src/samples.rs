//! One example of every event, the same for ever: what the golden files hold and what documentation shows.

use std::collections::BTreeMap;

use shotengai_kernel::{
    AggregateId, CartId, Currency, EventId, IdError, ImageId, Money, MoneyError, Names, OrderId, PaymentId, ProductId,
    Quantity, QuantityError, RefundId, TextRule, Timestamp, UserId, Version,
};
use uuid::Uuid;

use crate::aggregates;
use crate::envelope::{Envelope, Metadata};
use crate::events::{
    CancelReason, CaptureStarted, CartCleared, CartItemChanged, DeclineStage, Event, EventType, ItemAddedToCart,
    ItemRemovedFromCart, OrderCancelled, OrderConfirmed, OrderItem, OrderPaid, OrderPaymentSecured, OrderPlaced,
    OrderRefundDeclined, OrderRefundRequested, OrderRefunded, OrderShipped, OrderStage, OrderStockSecured,
    PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided, Presentation, ProductCreated,
    ProductDeleted, ProductImageAdded, ProductImageRefused, ProductImageRemoved, ProductImageRequested,
    ProductPriceChanged, ProductRestored, ProductUpdated, RefundLine, RefundStarted, ShopRefundDeclined,
    ShopRefundPaid, ShopRefundStarted, Shortage, StockAdded, StockDeducted, StockLine, StockMoved, StockRejected,
    StockReleased, StockReserved, VoidStarted,
};

/// The constants below are valid; a mistake in one shows here, in the first test that runs.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// An id is not one.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An amount is not one.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A quantity is not one.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
}

/// The example of one event.
///
/// # Errors
/// Never, as long as the constants in this file are valid.
pub fn event(event_type: EventType) -> Result<Event, SampleError> {
    let product_id = ProductId::parse("prod_kinoko")?;
    let order_id = OrderId::parse("ord_019a0000000070008000000000000001")?;
    let payment_id = PaymentId::of_order(&order_id);
    let user_id = UserId::parse("usr_019a0000000070008000000000000002")?;
    let cart_id = CartId::parse("cart_019a0000000070008000000000000003")?;
    let image_id = ImageId::parse("img_019a0000000070008000000000000004")?;
    let price = Money::from_minor(200, Currency::JPY)?;
    let total = Money::from_minor(400, Currency::JPY)?;
    let quantity = Quantity::new(2)?;
    let name = "きのこの山".to_owned();
    let english = BTreeMap::from([("en".to_owned(), "Kinoko no Yama".to_owned())]);
    let names = Names::parse(&english, TextRule::line(1, 200)).unwrap_or_default();
    let description = "Chocolate mushrooms.".to_owned();
    let german = BTreeMap::from([("de".to_owned(), "Pilze aus Schokolade.".to_owned())]);
    let presentation = Presentation {
        descriptions: Names::parse(&german, TextRule::prose(2000)).unwrap_or_default(),
        categories: vec!["sweets/chocolate".to_owned()],
        search_text: "きのこ kinoko mushroom".to_owned(),
    };
    let items = vec![OrderItem {
        product_id: product_id.clone(),
        name: name.clone(),
        names: Names::default(),
        quantity,
        price,
    }];
    let lines = vec![StockLine { product_id: product_id.clone(), quantity }];
    let provider_reference = "ledger-1".to_owned();
    let refund_id = RefundId::new(Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0005));
    let refund_lines = vec![RefundLine { product_id: product_id.clone(), quantity: Quantity::ONE, restock: true }];
    let why = "sent back".to_owned();
    Ok(match event_type {
        EventType::ProductCreated => {
            ProductCreated { product_id, name, names, description, presentation, price, stock: 100 }.into()
        }
        EventType::ProductUpdated => {
            ProductUpdated { product_id, name, names, description, presentation, price }.into()
        }
        EventType::ProductPriceChanged => {
            ProductPriceChanged { product_id, price, source_sequence: Some("4966".to_owned()) }.into()
        }
        EventType::ProductImageRequested => ProductImageRequested {
            product_id,
            image_id,
            content_type: "image/jpeg".to_owned(),
            size: 2_345_678,
            expires_at: Timestamp::from_second(1_767_226_200).unwrap_or_default(),
        }
        .into(),
        EventType::ProductImageAdded => {
            ProductImageAdded { product_id, keys: vec!["products/prod_kinoko/1.webp".to_owned()], image: None }.into()
        }
        EventType::ProductImageRefused => {
            ProductImageRefused { product_id, image_id, reason: "damaged".to_owned() }.into()
        }
        EventType::ProductImageRemoved => {
            ProductImageRemoved { product_id, image_id, keys: vec!["images/prod_kinoko/img_1/2/web.webp".to_owned()] }
                .into()
        }
        EventType::ProductDeleted => ProductDeleted { product_id }.into(),
        EventType::ProductRestored => {
            ProductRestored { product_id, name, names, description, presentation, price }.into()
        }
        EventType::ItemAddedToCart => {
            ItemAddedToCart { cart_id, user_id, product_id, quantity, price, addition_id: None }.into()
        }
        EventType::CartItemChanged => CartItemChanged { cart_id, user_id, product_id, quantity }.into(),
        EventType::ItemRemovedFromCart => ItemRemovedFromCart { cart_id, user_id, product_id }.into(),
        EventType::CartCleared => CartCleared { cart_id, user_id, order_id: Some(order_id) }.into(),
        EventType::OrderPlaced => OrderPlaced {
            order_id,
            user_id,
            items,
            total,
            has_payment_token: true,
            request_fingerprint: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        }
        .into(),
        EventType::OrderStockSecured => OrderStockSecured { order_id }.into(),
        EventType::OrderPaymentSecured => OrderPaymentSecured { order_id, payment_id }.into(),
        EventType::OrderConfirmed => OrderConfirmed { order_id, user_id, total }.into(),
        EventType::OrderPaid => OrderPaid { order_id, user_id, items, total }.into(),
        EventType::OrderShipped => OrderShipped { order_id, user_id, items, total }.into(),
        EventType::OrderCancelled => OrderCancelled {
            order_id,
            user_id,
            items,
            total,
            reason: CancelReason::CustomerRequest,
            cancelled_from: OrderStage::Paid,
            note: Some("changed my mind".to_owned()),
            refunds: Vec::new(),
            refunded_pieces: Vec::new(),
        }
        .into(),
        EventType::OrderRefundRequested => OrderRefundRequested {
            refund_id,
            order_id,
            user_id,
            amount: price,
            lines: refund_lines,
            reason: why,
            request_fingerprint: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".to_owned(),
        }
        .into(),
        EventType::OrderRefunded => OrderRefunded {
            refund_id,
            order_id,
            user_id,
            items,
            total,
            amount: price,
            refunded: price,
            lines: refund_lines,
            reason: why,
            refunded_from: OrderStage::Shipped,
        }
        .into(),
        EventType::OrderRefundDeclined => OrderRefundDeclined { refund_id, order_id, user_id, amount: price }.into(),
        EventType::StockAdded => {
            StockAdded { addition_id: Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0009), product_id, quantity }
                .into()
        }
        EventType::StockMoved => StockMoved { product_id, added: 0, reserved: 2, released: 0, deducted: 0 }.into(),
        EventType::StockReserved => StockReserved { order_id, lines }.into(),
        EventType::StockRejected => {
            StockRejected { order_id, shortages: vec![Shortage { product_id, requested: 2, available: 1 }] }.into()
        }
        EventType::StockReleased => StockReleased { order_id, lines }.into(),
        EventType::StockDeducted => StockDeducted { order_id, lines }.into(),
        EventType::PaymentAuthorized => {
            PaymentAuthorized { payment_id, order_id, amount: total, provider_reference }.into()
        }
        EventType::PaymentDeclined => PaymentDeclined {
            payment_id,
            order_id,
            amount: total,
            stage: DeclineStage::Authorization,
            reason: "declined".to_owned(),
        }
        .into(),
        EventType::CaptureStarted => CaptureStarted { payment_id, order_id, amount: total }.into(),
        EventType::PaymentCaptured => {
            PaymentCaptured { payment_id, order_id, amount: total, provider_reference }.into()
        }
        EventType::VoidStarted => VoidStarted { payment_id, order_id, amount: total }.into(),
        EventType::PaymentVoided => PaymentVoided { payment_id, order_id, amount: Some(total) }.into(),
        EventType::RefundStarted => RefundStarted { payment_id, order_id, amount: total }.into(),
        EventType::PaymentRefunded => {
            PaymentRefunded { payment_id, order_id, amount: total, provider_reference }.into()
        }
        EventType::ShopRefundStarted => ShopRefundStarted { payment_id, order_id, refund_id, amount: price }.into(),
        EventType::ShopRefundPaid => {
            ShopRefundPaid { payment_id, order_id, refund_id, amount: price, provider_reference }.into()
        }
        EventType::ShopRefundDeclined => {
            let reason = "refund_declined".to_owned();
            ShopRefundDeclined { payment_id, order_id, refund_id, amount: price, reason }.into()
        }
    })
}

/// The example of one event as it travels.
///
/// # Errors
/// Never, as long as the constants in this file are valid.
pub fn envelope(event_type: EventType) -> Result<Envelope, SampleError> {
    let event = event(event_type)?;
    let meta = Metadata {
        correlation_id: Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0011),
        causation_id: Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0012),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        receipt: None,
    };
    Ok(Envelope::wrap(
        EventId::new(Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0010)),
        Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH),
        subject(&event)?,
        Version::new(1),
        &meta,
        &event,
    ))
}

fn subject(event: &Event) -> Result<AggregateId, SampleError> {
    match event {
        Event::StockMoved(moved) => return Ok(aggregates::stock(&moved.product_id)),
        Event::StockAdded(added) => return Ok(aggregates::addition(added.addition_id)),
        Event::StockReserved(StockReserved { order_id, .. })
        | Event::StockRejected(StockRejected { order_id, .. })
        | Event::StockReleased(StockReleased { order_id, .. })
        | Event::StockDeducted(StockDeducted { order_id, .. }) => return Ok(aggregates::reservation(order_id)),
        _ => {}
    }
    let data = event.to_data();
    let field = |name: &str| data.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let text = match event.event_type() {
        EventType::ItemAddedToCart
        | EventType::CartItemChanged
        | EventType::ItemRemovedFromCart
        | EventType::CartCleared => field("cart_id"),
        other => match other.owner() {
            crate::events::Owner::Catalog => field("product_id"),
            crate::events::Owner::Billing => field("payment_id"),
            _ => field("order_id"),
        },
    };
    Ok(AggregateId::parse(&text)?)
}
