//! Histories of aggregates, from short scripts.

use jiff::SignedDuration;
use shotengai_contracts::aggregates;
use shotengai_contracts::api::payments::PaymentStatus;
use shotengai_contracts::events::CancelReason;
use shotengai_contracts::events::{
    CaptureStarted, CartCleared, CartItemChanged, DeclineStage, ItemAddedToCart, ItemRemovedFromCart,
    PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided, RefundStarted,
    ShopRefundDeclined, ShopRefundPaid, ShopRefundStarted, VoidStarted,
};
use shotengai_contracts::events::{
    OrderCancelled, OrderConfirmed, OrderItem, OrderPaid, OrderPaymentSecured, OrderPlaced, OrderRefundDeclined,
    OrderRefundRequested, OrderRefunded, OrderShipped, OrderStage, OrderStockSecured, Presentation, ProductCreated,
    ProductDeleted, ProductImageAdded, ProductPriceChanged, ProductRestored, ProductUpdated, RefundLine, StockMoved,
};
use shotengai_contracts::{Envelope, Event, Metadata};
use shotengai_kernel::{
    AggregateId, CartId, CommitId, Currency, EventId, Money, Names, OrderId, PaymentId, ProductId, Quantity, RefundId,
    Timestamp, UserId, Version,
};
use shotengai_messaging::Commit;
use uuid::Uuid;

pub(crate) fn yen(amount: i64) -> Money {
    Money::from_minor(amount, Currency::JPY).unwrap()
}

pub(crate) fn product_id(name: &str) -> ProductId {
    ProductId::parse(&format!("prod_{name}")).unwrap()
}

pub(crate) fn order_id(name: &str) -> OrderId {
    OrderId::parse(&format!("ord_{name}")).unwrap()
}

pub(crate) fn user_id(name: &str) -> UserId {
    UserId::parse(&format!("usr_{name}")).unwrap()
}

/// Wraps events as the first of their aggregate, a second apart, each a commit of its own.
pub(crate) fn commits(id: &AggregateId, start_second: i64, events: Vec<Event>) -> Vec<Commit> {
    let mut version = Version::ZERO;
    let mut time = Timestamp::from_second(1_767_225_600 + start_second).unwrap();
    events
        .into_iter()
        .map(|event| {
            version = version.next();
            time += SignedDuration::from_secs(1);
            let salt = format!("{id}#{version}");
            let uuid = Uuid::new_v5(&Uuid::NAMESPACE_URL, salt.as_bytes());
            let meta = Metadata::request(uuid, None);
            Commit {
                aggregate_id: id.clone(),
                first_version: version,
                commit_id: CommitId::new(uuid),
                created_at: time,
                events: [Envelope::wrap(EventId::new(uuid), time, id.clone(), version, &meta, &event)]
                    .into_iter()
                    .collect(),
            }
        })
        .collect()
}

pub(crate) fn envelopes(commits: &[Commit]) -> Vec<Envelope> {
    commits.iter().flat_map(|commit| commit.events.clone()).collect()
}

/// An English name. Whatever stands in an event was not judged by us, and PostgreSQL takes no NUL.
fn english(name: &str) -> Names {
    serde_json::from_value(serde_json::json!({ "en": name })).unwrap()
}

/// Texts of all kinds, as somebody else may have written them.
fn presentation(text: &str) -> Presentation {
    Presentation { descriptions: english(text), categories: vec![text.to_owned()], search_text: text.to_owned() }
}

/// A product's history: its creation, then a step a byte.
pub(crate) fn product(name: &str, start_second: i64, steps: &[u8]) -> Vec<Commit> {
    let id = product_id(name);
    let created = ProductCreated {
        product_id: id.clone(),
        name: format!("sweet {name}"),
        names: english("tasty\0"),
        description: "with\0nul".to_owned(),
        presentation: presentation("with\0nul"),
        price: yen(200),
        stock: 10,
    };
    let mut events = vec![created.clone().into()];
    events.extend(steps.iter().map(|step| {
        let product_id = id.clone();
        let price = yen(i64::from(*step));
        match step % 6 {
            0 => ProductUpdated {
                product_id,
                name: format!("v{step}"),
                names: english("v"),
                description: String::new(),
                presentation: Presentation::default(),
                price,
            }
            .into(),
            1 => ProductPriceChanged { product_id, price, source_sequence: None }.into(),
            2 => ProductImageAdded { product_id, keys: vec![format!("k{}", step % 7)], image: None }.into(),
            3 => ProductDeleted { product_id }.into(),
            4 => ProductRestored {
                product_id,
                name: format!("back{step}"),
                names: english("back"),
                description: String::new(),
                presentation: presentation("back"),
                price,
            }
            .into(),
            _ => created.clone().into(),
        }
    }));
    commits(&AggregateId::from(&id), start_second, events)
}

/// A stock's history: ten pieces, then a movement a byte.
pub(crate) fn stock(name: &str, steps: &[u8]) -> Vec<Commit> {
    let product_id = product_id(name);
    let moved = |added, reserved, released, deducted| {
        StockMoved { product_id: product_id.clone(), added, reserved, released, deducted }.into()
    };
    let mut events = vec![moved(10, 0, 0, 0)];
    events.extend(steps.iter().map(|step| match step % 4 {
        0 => moved(u32::from(*step), 0, 0, 0),
        1 => moved(0, 3, 1, 0),
        2 => moved(0, 0, 1, 0),
        _ => moved(0, 0, 0, 1),
    }));
    commits(&aggregates::stock(&product_id), 0, events)
}

/// An order of two sweets at 200 yen, as far as `stage`.
pub(crate) fn order(name: &str, user: &str, start_second: i64, stage: OrderStage) -> Vec<Commit> {
    let (order_id, user_id) = (order_id(name), user_id(user));
    let items = vec![OrderItem {
        product_id: product_id("kinoko"),
        name: "きのこの山".to_owned(),
        names: english("Kinoko\0"),
        quantity: Quantity::new(2).unwrap(),
        price: yen(200),
    }];
    let total = yen(400);
    let placed = OrderPlaced {
        order_id: order_id.clone(),
        user_id: user_id.clone(),
        items: items.clone(),
        total,
        has_payment_token: false,
        request_fingerprint: String::new(),
    };
    let mut events: Vec<Event> = vec![placed.into()];
    if stage == OrderStage::Cancelled {
        let reason = CancelReason::OutOfStock;
        let note = Some("sorry\0".to_owned());
        let cancelled_from = OrderStage::Pending;
        events.push(
            OrderCancelled {
                order_id,
                user_id,
                items,
                total,
                reason,
                cancelled_from,
                note,
                refunds: Vec::new(),
                refunded_pieces: Vec::new(),
            }
            .into(),
        );
    } else if stage != OrderStage::Pending {
        let payment_id = PaymentId::of_order(&order_id);
        events.push(OrderPaymentSecured { order_id: order_id.clone(), payment_id }.into());
        events.push(OrderStockSecured { order_id: order_id.clone() }.into());
        events.push(OrderConfirmed { order_id: order_id.clone(), user_id: user_id.clone(), total }.into());
        if stage != OrderStage::Confirmed {
            let (order_id, user_id, items) = (order_id.clone(), user_id.clone(), items.clone());
            events.push(OrderPaid { order_id, user_id, items, total }.into());
        }
        if stage == OrderStage::Shipped {
            events.push(OrderShipped { order_id, user_id, items, total }.into());
        }
    }
    commits(&AggregateId::from(&placed_id(name)), start_second, events)
}

/// A shipped order of two sweets at 200 yen, of which one was refunded and another refund was declined.
pub(crate) fn refunded_order(name: &str, user: &str) -> Vec<Commit> {
    let mut events: Vec<Event> = order(name, user, 0, OrderStage::Shipped)
        .iter()
        .flat_map(|commit| &commit.events)
        .map(|envelope| envelope.event().unwrap())
        .collect();
    let Some(Event::OrderShipped(shipped)) = events.last().cloned() else { panic!("it is shipped") };
    let OrderShipped { order_id, user_id, items, total } = shipped;
    let lines = vec![RefundLine { product_id: product_id("kinoko"), quantity: Quantity::ONE, restock: true }];
    let ids = [1, 2].map(|number| RefundId::new(Uuid::from_u128(number)));
    let (reason, refunded_from) = ("broken\0".to_owned(), OrderStage::Shipped);
    for refund_id in ids {
        let asked = OrderRefundRequested {
            refund_id,
            order_id: order_id.clone(),
            user_id: user_id.clone(),
            amount: yen(200),
            lines: lines.clone(),
            reason: reason.clone(),
            request_fingerprint: String::new(),
        };
        events.push(asked.into());
    }
    let (refund_id, amount, declined) = (ids[0], yen(200), ids[1]);
    let (id, user_id_of) = (order_id.clone(), user_id.clone());
    events.push(OrderRefundDeclined { refund_id: declined, order_id: id, user_id: user_id_of, amount }.into());
    let id = AggregateId::from(&order_id);
    let refunded = amount;
    events.push(
        OrderRefunded { refund_id, order_id, user_id, items, total, amount, refunded, lines, reason, refunded_from }
            .into(),
    );
    commits(&id, 0, events)
}

/// A payment of 400 yen, as far as `status`; a captured one that goes back had 100 of it refunded before.
pub(crate) fn payment(name: &str, start_second: i64, status: PaymentStatus) -> Vec<Commit> {
    use PaymentStatus::{
        Authorized, CaptureDeclined, CaptureStarted as Capturing, Captured, Declined, RefundStarted as Returning,
        Refunded, VoidStarted as Voiding, Voided,
    };
    let order_id = order_id(name);
    let (payment_id, amount) = (PaymentId::of_order(&order_id), yen(400));
    let declined = |stage| PaymentDeclined {
        payment_id: payment_id.clone(),
        order_id: order_id.clone(),
        amount,
        stage,
        reason: "declined\0".to_owned(),
    };
    let reference = || "ref_1".to_owned();
    let (payment_id, order_id) = (|| payment_id.clone(), || order_id.clone());
    let authorized = || {
        let (payment_id, order_id) = (payment_id(), order_id());
        Event::from(PaymentAuthorized { payment_id, order_id, amount, provider_reference: reference() })
    };
    let capturing = || Event::from(CaptureStarted { payment_id: payment_id(), order_id: order_id(), amount });
    let captured = || {
        let (payment_id, order_id) = (payment_id(), order_id());
        Event::from(PaymentCaptured { payment_id, order_id, amount, provider_reference: reference() })
    };
    let voiding = || Event::from(VoidStarted { payment_id: payment_id(), order_id: order_id(), amount });
    let refund_id = RefundId::new(Uuid::from_u128(1));
    let part = yen(100);
    let refunding = || {
        let (payment_id, order_id) = (payment_id(), order_id());
        Event::from(ShopRefundStarted { payment_id, order_id, refund_id, amount: part })
    };
    let refunded = || {
        let (payment_id, order_id) = (payment_id(), order_id());
        Event::from(ShopRefundPaid { payment_id, order_id, refund_id, amount: part, provider_reference: reference() })
    };
    let refused = || {
        let (payment_id, order_id, refund_id) = (payment_id(), order_id(), RefundId::new(Uuid::from_u128(2)));
        Event::from(ShopRefundDeclined { payment_id, order_id, refund_id, amount, reason: "more\0".to_owned() })
    };
    let returning = || Event::from(RefundStarted { payment_id: payment_id(), order_id: order_id(), amount: yen(300) });
    let returned = || {
        let (payment_id, order_id) = (payment_id(), order_id());
        Event::from(PaymentRefunded { payment_id, order_id, amount: yen(300), provider_reference: reference() })
    };
    let voided = || Event::from(PaymentVoided { payment_id: payment_id(), order_id: order_id(), amount: Some(amount) });
    let taken = [authorized(), capturing(), captured()];
    let events = match status {
        Declined => vec![declined(DeclineStage::Authorization).into()],
        Authorized => vec![authorized()],
        Capturing => taken[..2].to_vec(),
        CaptureDeclined => vec![authorized(), capturing(), declined(DeclineStage::Capture).into()],
        Captured => taken.to_vec(),
        Voiding => vec![authorized(), voiding()],
        Voided => vec![authorized(), voiding(), voided()],
        Returning => [&taken[..], &[refunding(), refunded(), refused(), returning()]].concat(),
        Refunded => [&taken[..], &[refunding(), refunded(), refused(), returning(), returned()]].concat(),
    };
    commits(&AggregateId::from(&payment_id()), start_second, events)
}

/// A cart's history: a piece put in, then a step a byte; what can't be done is left out.
pub(crate) fn cart(user: &str, steps: &[u8]) -> Vec<Commit> {
    let user_id = user_id(user);
    let cart_id = CartId::of_user(&user_id);
    let (cart, user) = (|| cart_id.clone(), || user_id.clone());
    let mut inside: Vec<ProductId> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    for step in std::iter::once(&0).chain(steps) {
        let product = product_id(["kinoko", "takenoko", "dango"][usize::from(step / 4) % 3]);
        let (product_id, quantity) = (product.clone(), Quantity::new(u32::from(*step) + 1).unwrap());
        let known = inside.contains(&product);
        match step % 4 {
            0 => {
                let price = yen(100 + i64::from(*step));
                events.push(
                    ItemAddedToCart {
                        cart_id: cart(),
                        user_id: user(),
                        product_id,
                        quantity,
                        price,
                        addition_id: None,
                    }
                    .into(),
                );
                inside.extend((!known).then_some(product));
            }
            1 if known => {
                events.push(CartItemChanged { cart_id: cart(), user_id: user(), product_id, quantity }.into());
            }
            2 if known => {
                events.push(ItemRemovedFromCart { cart_id: cart(), user_id: user(), product_id }.into());
                inside.retain(|other| *other != product);
            }
            3 if !inside.is_empty() => {
                events.push(CartCleared { cart_id: cart(), user_id: user(), order_id: None }.into());
                inside.clear();
            }
            _ => {}
        }
    }
    commits(&AggregateId::from(&cart_id), 0, events)
}

/// A payment that was given up before it began.
pub(crate) fn forestalled(name: &str) -> Vec<Commit> {
    let order_id = order_id(name);
    let payment_id = PaymentId::of_order(&order_id);
    let id = AggregateId::from(&payment_id);
    commits(&id, 0, vec![PaymentVoided { payment_id, order_id, amount: None }.into()])
}

fn placed_id(name: &str) -> OrderId {
    order_id(name)
}
