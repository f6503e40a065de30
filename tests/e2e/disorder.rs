//! Every message three times, late and shuffled, over two processes of everything: the same end.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use reqwest::StatusCode;
use serde_json::{Value, json};
use shotengai_contracts::Event;
use shotengai_contracts::events::OrderStage;
use shotengai_tests::chaotic_bridge::{COPIES, ChaoticBridge, OVERTAKEN_TOKEN};
use shotengai_tests::facts::{self, Balance, StockFacts};
use shotengai_tests::shop::{Person, Shop, order_body, text};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const ROLES: &str = "storefront,order,catalog,inventory,billing,notification,tally,query";
/// Enough of it for every order.
const PLENTY: (&str, u32, i64) = ("prod_plenty", 200, 1000);
/// Fewer pieces than any order wants.
const SCARCE: (&str, u32, i64) = ("prod_scarce", 300, 5);

/// What is done to an order, which decides how it must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paid,
    Shipped,
    Declined,
    CaptureRefused,
    OutOfStock,
    /// Cancelled by its customer once it has this many events: 1 placed, 2 one half secured, 4 confirmed, 5 paid.
    CancelledAt(usize),
}

use Kind::{CancelledAt, CaptureRefused, Declined, OutOfStock, Paid, Shipped};

/// Ten of these, five times.
const KINDS: [Kind; 10] = [
    Paid,
    CancelledAt(1),
    Shipped,
    Declined,
    CancelledAt(2),
    OutOfStock,
    CaptureRefused,
    CancelledAt(4),
    Shipped,
    CancelledAt(5),
];
const ORDERS: usize = 50;

impl Kind {
    /// Pieces of plenty and of scarce.
    const fn pieces(self, n: usize) -> (u32, u32) {
        let plenty = if n.is_multiple_of(2) { 1 } else { 3 };
        (plenty, if matches!(self, OutOfStock) { 6 } else { 0 })
    }

    const fn token(self) -> Option<&'static str> {
        match self {
            Declined => Some("tok_declined"),
            CaptureRefused => Some("tok_capture_declined"),
            // Inventory or billing hears of the cancellation first.
            CancelledAt(1) => Some(OVERTAKEN_TOKEN),
            _ => None,
        }
    }

    const fn end(self) -> (OrderStage, Option<&'static str>) {
        match self {
            Paid => (OrderStage::Paid, None),
            Shipped => (OrderStage::Shipped, None),
            Declined => (OrderStage::Cancelled, Some("payment_declined")),
            CaptureRefused => (OrderStage::Cancelled, Some("capture_refused")),
            OutOfStock => (OrderStage::Cancelled, Some("out_of_stock")),
            CancelledAt(_) => (OrderStage::Cancelled, Some("customer_request")),
        }
    }
}

struct Bought {
    id: String,
    kind: Kind,
    plenty: i64,
}

/// Places an order and does to it what its kind says.
async fn live(shop: &Shop, admin: &Person, buyer: &Person, n: usize) -> Bought {
    let kind = KINDS[n % KINDS.len()];
    let (plenty, scarce) = kind.pieces(n);
    let mut lines = vec![(PLENTY.0, plenty)];
    lines.extend((scarce > 0).then_some((SCARCE.0, scarce)));
    let mut body = order_body(&lines);
    if let Some(token) = kind.token() {
        body["payment_token"] = json!(token);
    }
    let id = text(&shop.post("/orders", Some(buyer), &body).await.expect(202), "order_id");
    match kind {
        Shipped => {
            until_events(shop, buyer, &id, 5).await;
            assert_eq!(shop.post(&format!("/orders/{id}/ship"), Some(admin), &json!({})).await.status, 202);
        }
        CancelledAt(events) => {
            until_events(shop, buyer, &id, events).await;
            let answer = shop.post(&format!("/orders/{id}/cancel"), Some(buyer), &json!({})).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        }
        Paid | Declined | CaptureRefused | OutOfStock => {}
    }
    Bought { id, kind, plenty: i64::from(plenty) }
}

/// By order's own history, which is as new as it gets.
async fn until_events(shop: &Shop, buyer: &Person, order: &str, count: usize) {
    until(&format!("{order} has {count} events"), Duration::from_secs(90), || async {
        let answer = shop.get(&format!("/orders/{order}/events"), Some(buyer)).await;
        let seen = answer.body["items"].as_array().map_or(0, Vec::len);
        if seen >= count { Ok(()) } else { Err(answer) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_come_three_times_and_in_any_order_lead_to_the_same_end() {
    let cluster = TestCluster::provisioned().await;
    let bridge = ChaoticBridge::start(&cluster);
    let (one, two) = tokio::join!(cluster.serve(ROLES, &[]), cluster.serve(ROLES, &[]));
    let shops = [cluster.shop(&one), cluster.shop(&two)];
    let [shop, _] = &shops;
    let admin = shop.admin().await;
    for (id, price, stock) in [PLENTY, SCARCE] {
        shop.product(&admin, id, id, price, u32::try_from(stock).unwrap()).await;
    }
    let buyer = shop.guest(Some("hanako@example.com"), "ja").await;

    let started = tokio::time::Instant::now();
    let orders: Vec<Bought> = futures::stream::iter(0..ORDERS)
        .map(|n| live(&shops[n % 2], &admin, &buyer, n))
        .buffer_unordered(ORDERS)
        .collect()
        .await;
    let lived = started.elapsed();
    bridge.until_quiet(&cluster, Duration::from_secs(120)).await;
    let seen = bridge.progress();
    println!("{ORDERS} orders done after {lived:?}, quiet after {:?}; {seen:?}", started.elapsed());
    assert!(seen.sent >= COPIES * seen.records && seen.overtaken > 0, "there was disorder: {seen:?}");

    let mut plenty = StockFacts { added: PLENTY.2, available: PLENTY.2, ..StockFacts::default() };
    let (mut sold, mut returned, mut tombstones) = (0, 0, (0, 0));
    let mut mails = Vec::new();
    for order in &orders {
        let Bought { id, kind, plenty: pieces } = order;
        let facts = facts::order(&cluster, id).await;
        let reason = facts.cancelled.as_ref().map(|(reason, _)| reason.as_str());
        assert_eq!((facts.stage, reason), kind.end(), "{id} {kind:?}");
        let keeps = facts.cancelled.is_none();

        // The money: taken once at the most, kept if and only if the order lives.
        let balance = facts::balance(shop, id).await;
        let net = if keeps { facts.total } else { 0 };
        assert_eq!((balance.net, balance.held), (net, false), "{id} {kind:?} {balance:?}");
        assert!(balance.captures <= 1 && balance.refunds <= balance.captures, "{id} {kind:?} {balance:?}");
        if matches!(kind, Declined | CaptureRefused | OutOfStock) {
            assert_eq!(balance, Balance::default(), "{id} {kind:?}");
        }
        assert!(!facts.was_paid || balance.captures == 1, "{id} {kind:?}");

        // The stock.
        let reservation = facts::reservation(&cluster, id).await;
        let last = reservation.last().unwrap_or_else(|| panic!("{id} {kind:?} has no reservation"));
        let is_right = match kind {
            Paid => matches!(last, Event::StockReserved(_)),
            Shipped => matches!(last, Event::StockDeducted(_)),
            OutOfStock => matches!(last, Event::StockRejected(_)),
            _ => matches!(last, Event::StockReleased(_)),
        };
        assert!(is_right, "{id} {kind:?}: {reservation:?}");
        tombstones.0 += usize::from(matches!(reservation.as_slice(), [Event::StockReleased(_)]));
        tombstones.1 += usize::from(matches!(facts::payment(&cluster, id).await.as_slice(), [Event::PaymentVoided(_)]));
        if keeps {
            plenty.available -= pieces;
            *(if *kind == Shipped { &mut plenty.deducted } else { &mut plenty.reserved }) += pieces;
        }

        // The tally counts what was paid, and gives back what was paid and then cancelled.
        let was_returned = matches!(&facts.cancelled, Some((_, OrderStage::Paid)));
        sold += if facts.was_paid { *pieces } else { 0 };
        returned += if was_returned { *pieces } else { 0 };
        assert!(!was_returned || balance.refunds == 1, "{id} {kind:?}");

        // The read model.
        let shown = shop.get(&format!("/orders/{id}"), Some(&buyer)).await.expect(200);
        let wanted = (json!(facts.stage.as_str()), json!(facts.version), json!(facts.total), json!(reason));
        let shown = |key: &str| shown.get(key).cloned().unwrap_or(Value::Null);
        assert_eq!((shown("status"), shown("version"), shown("total"), shown("reason")), wanted, "{id}");

        mails.push(format!("{id}.received@shotengai"));
        mails.extend(facts.was_paid.then(|| format!("{id}.receipt@shotengai")));
        mails.extend((*kind == Shipped).then(|| format!("{id}.shipped@shotengai")));
        mails.extend((!keeps).then(|| format!("{id}.cancelled@shotengai")));
    }
    println!("cancellations that came before their orders, to inventory and to billing: {tombstones:?}");
    let overtaken = orders.iter().filter(|order| order.kind == CancelledAt(1)).count();
    assert!(tombstones.0 + tombstones.1 >= overtaken, "{overtaken} cancellations came before their orders");

    // One mail a kind an order, and no other.
    let mut sent: Vec<_> = cluster.inbox.list(0, 0).messages.into_iter().map(|mail| mail.message_id).collect();
    sent.sort();
    mails.sort();
    assert_eq!(sent, mails);

    let scarce = StockFacts { added: SCARCE.2, available: SCARCE.2, ..StockFacts::default() };
    for ((id, ..), expected) in [(PLENTY, plenty), (SCARCE, scarce)] {
        assert_eq!(facts::stock(&cluster, id).await, expected, "{id}");
        assert_eq!(shop.get(&format!("/products/{id}"), None).await.body["stock"], expected.available, "{id}");
    }
    assert_eq!(plenty.available + plenty.reserved + plenty.deducted, plenty.added);
    assert_eq!(sold - returned, plenty.reserved + plenty.deducted);
    for shop in &shops {
        let tally = shop.get("/tally", None).await.expect(200);
        let products = tally["products"].as_array().unwrap().iter();
        let counted: BTreeMap<_, _> = products
            .map(|entry| (text(entry, "product_id"), (entry["sold"].clone(), entry["returned"].clone())))
            .collect();
        assert_eq!(counted, BTreeMap::from([(PLENTY.0.to_owned(), (json!(sold), json!(returned)))]));
    }
    cluster.assert_tidy().await;
}
