//! Plans over histories that come twice, out of order, cut anywhere and sometimes decided on stale states.

use std::collections::BTreeMap;

use proptest::prelude::*;
use shotengai_contracts::InventoryEvent;
use shotengai_contracts::events::StockLine;
use shotengai_kernel::{AggregateId, OrderId, ProductId, Quantity, Version};
use shotengai_messaging::{Aggregate, Loaded};
use uuid::Uuid;

use super::{Addition, MAX_ITEMS, Outcome, Plan, Request, Reservation, Returned, States, Stock, Wait, plan};

fn product(n: usize) -> ProductId {
    ProductId::parse(&format!("prod_{n}")).unwrap()
}

fn order(n: usize) -> OrderId {
    OrderId::parse(&format!("ord_{n}")).unwrap()
}

fn line(n: usize, pieces: u32) -> StockLine {
    StockLine { product_id: product(n), quantity: Quantity::new(pieces).unwrap() }
}

fn introduce(n: usize, pieces: u32) -> Request {
    let quantity = Quantity::new(pieces).ok();
    Request::Introduce { product: product(n), addition: Uuid::from_u128(u128::try_from(n).unwrap()), quantity }
}

fn reserve(n: usize, lines: Vec<StockLine>) -> Request {
    Request::Reserve { order: order(n), lines }
}

/// Carries a plan out as one transaction: all of it, or nothing when any slot is taken.
fn write(states: &mut States, plan: &Plan) -> bool {
    fn fold<K: Ord, A: Aggregate<Event = InventoryEvent>>(
        map: &mut BTreeMap<K, Loaded<A>>,
        key: K,
        id: &AggregateId,
        events: &[InventoryEvent],
    ) {
        let entry = map.entry(key).or_insert_with(|| Loaded::unwritten(id.clone()));
        for event in events {
            entry.state.apply(event).unwrap();
            entry.version = entry.version.next();
        }
    }
    let version = |id: &AggregateId| {
        let text = id.as_str();
        let stocks = states.stocks.values().map(|l| (&l.id, l.version));
        let reservations = states.reservations.values().map(|l| (&l.id, l.version));
        let additions = states.additions.values().map(|l| (&l.id, l.version));
        let mut all = stocks.chain(reservations).chain(additions);
        all.find(|(other, _)| other.as_str() == text).map_or(Version::ZERO, |(_, version)| version)
    };
    let judged = plan.judged.iter().map(|judged| (&judged.id, judged.version));
    let mut relied_on = plan.writes.iter().map(|write| (&write.id, write.current)).chain(judged);
    if relied_on.any(|(id, loaded)| version(id) != loaded) {
        return false;
    }
    for write in &plan.writes {
        let events: Vec<InventoryEvent> = write.events.iter().map(|caused| caused.event.clone()).collect();
        let (kind, name) = write.id.as_str().split_once('/').unwrap();
        match kind {
            "stock" => fold::<_, Stock>(&mut states.stocks, ProductId::parse(name).unwrap(), &write.id, &events),
            "reservation" => {
                fold::<_, Reservation>(&mut states.reservations, OrderId::parse(name).unwrap(), &write.id, &events);
            }
            _ => fold::<_, Addition>(&mut states.additions, Uuid::parse_str(name).unwrap(), &write.id, &events),
        }
    }
    true
}

fn check(states: &States) {
    for (product, stock) in &states.stocks {
        let pieces = |lines: &[StockLine]| -> u64 {
            lines.iter().filter(|l| l.product_id == *product).map(|l| u64::from(l.quantity.get())).sum()
        };
        let all = || states.reservations.values().map(|loaded| &loaded.state);
        let held: u64 = all().map(|state| pieces(state.held())).sum();
        let gone: u64 = all().map(|s| if let Reservation::Deducted { lines } = s { pieces(lines) } else { 0 }).sum();
        let added: u64 = (states.additions.values())
            .map(|loaded| match &loaded.state {
                Addition::Done { product: of, quantity } if of == product => u64::from(quantity.get()),
                _ => 0,
            })
            .sum();
        assert_eq!(stock.state.reserved, held, "every reserved piece belongs to a reservation");
        assert_eq!(stock.state.deducted, gone, "every deducted piece belongs to a shipped order");
        assert_eq!(stock.state.available + stock.state.reserved + stock.state.deducted, added, "no piece is lost");
    }
}

/// Handles messages in batches until each is settled; what has to wait comes again.
fn run(messages: &[Request], cuts: &[(usize, bool)]) -> States {
    let mut states = States::default();
    let mut stale = states.clone();
    let mut queue: Vec<Request> = messages.to_vec();
    let mut cuts = cuts.iter().copied().cycle();
    for _ in 0..1_000 {
        if queue.is_empty() {
            return states;
        }
        let (size, use_stale) = cuts.next().unwrap_or((3, false));
        let batch: Vec<Request> = queue.drain(..size.min(queue.len())).collect();
        let decided = plan(if use_stale { &stale } else { &states }, &batch.iter().collect::<Vec<_>>());
        assert!(decided.writes.len() + decided.judged.len() <= MAX_ITEMS);
        assert_eq!(decided.outcomes.len(), batch.len());
        stale = states.clone();
        if !write(&mut states, &decided) {
            queue.extend(batch);
            continue;
        }
        check(&states);
        let again = batch.into_iter().zip(decided.outcomes);
        queue.extend(again.filter(|(_, o)| matches!(o, Outcome::Wait(_) | Outcome::NoRoom)).map(|(r, _)| r));
    }
    panic!("the queue never ran empty");
}

/// The end as far as the saga promises it: a cancelled order holds nothing, whether its release has lines or is a tombstone.
fn ending(states: &States) -> (Vec<Stock>, Vec<String>) {
    let reservations = states.reservations.iter().map(|(order, loaded)| match &loaded.state {
        Reservation::Released { .. } => format!("{order} released"),
        other => format!("{order} {other:?}"),
    });
    (states.stocks.values().map(|loaded| loaded.state).collect(), reservations.collect())
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Stays,
    Cancelled,
    Shipped,
    /// Shipped, and one piece of each line is sold again.
    CameBack,
}

fn restock(n: usize, lines: &[StockLine]) -> Request {
    let returned = |(place, line): (usize, &StockLine)| Returned {
        addition: Uuid::from_u128(1_000 + 10 * u128::try_from(n).unwrap() + u128::try_from(place).unwrap()),
        product: line.product_id.clone(),
        quantity: Quantity::ONE,
    };
    Request::Restock { returns: lines.iter().enumerate().map(returned).collect() }
}

fn history(pieces: std::ops::Range<u32>) -> impl Strategy<Value = Vec<Request>> {
    let lines = prop::collection::btree_map(0..3_usize, 1..6_u32, 1..=3);
    let fate = prop_oneof![Just(Fate::Stays), Just(Fate::Cancelled), Just(Fate::Shipped), Just(Fate::CameBack)];
    (prop::collection::vec(pieces, 3), prop::collection::vec((lines, fate), 1..8)).prop_map(|(stocks, orders)| {
        let mut all: Vec<Request> = stocks.into_iter().enumerate().map(|(n, pieces)| introduce(n, pieces)).collect();
        for (n, (lines, fate)) in orders.into_iter().enumerate() {
            let lines: Vec<_> = lines.into_iter().map(|(product, pieces)| line(product, pieces)).collect();
            all.push(reserve(n, lines.clone()));
            match fate {
                Fate::Stays => {}
                Fate::Cancelled => all.push(Request::Release { order: order(n) }),
                Fate::Shipped => all.push(Request::Deduct { order: order(n) }),
                Fate::CameBack => all.extend([Request::Deduct { order: order(n) }, restock(n, &lines)]),
            }
        }
        all
    })
}

fn disorder(history: Vec<Request>) -> impl Strategy<Value = Vec<Request>> {
    let doubled: Vec<Request> = history.iter().chain(history.iter()).cloned().collect();
    Just(doubled).prop_shuffle()
}

fn cuts() -> impl Strategy<Value = Vec<(usize, bool)>> {
    // The last is never stale, so that every cycle makes progress.
    prop::collection::vec((1..11_usize, prop::bool::weighted(0.3)), 0..8).prop_map(|mut cuts| {
        cuts.push((10, false));
        cuts
    })
}

proptest! {
    #[test]
    fn scarce_stock_is_never_oversold_and_orders_are_reserved_whole(
        messages in history(0..12).prop_flat_map(disorder),
        cuts in cuts(),
    ) {
        let states = run(&messages, &cuts);
        for message in &messages {
            if let Request::Reserve { order, lines } = message {
                let held = states.reservations[order].state.held();
                prop_assert!(held.is_empty() || held == &lines[..]);
            }
        }
    }

    #[test]
    fn ample_stock_comes_to_one_end_in_any_order(
        (history, messages) in history(40..50).prop_flat_map(|h| (Just(h.clone()), disorder(h))),
        cuts in cuts(),
    ) {
        prop_assert_eq!(ending(&run(&messages, &cuts)), ending(&run(&history, &[(1, false)])));
    }
}

#[test]
fn a_shortage_names_every_product_that_is_short() {
    let states = run(&[introduce(0, 1), introduce(1, 5), introduce(2, 0)], &[]);
    let request = reserve(1, vec![line(0, 2), line(1, 5), line(2, 1)]);
    let decided = plan(&states, &[&request]);
    let [write] = &decided.writes[..] else { panic!("only the rejection is written: {decided:?}") };
    let InventoryEvent::StockRejected(rejected) = &write.events[0].event else { panic!("{write:?}") };
    let short: Vec<_> = rejected.shortages.iter().map(|s| (s.product_id.clone(), s.requested, s.available)).collect();
    assert_eq!(short, [(product(0), 2, 1), (product(2), 1, 0)]);
}

#[test]
fn a_rejection_relies_on_the_numbers_that_were_short_and_on_no_others() {
    let states = run(&[introduce(0, 1), introduce(1, 5), introduce(2, 0)], &[(10, false)]);
    let short = reserve(1, vec![line(0, 2), line(1, 5), line(2, 1)]);
    let judged = |requests: &[&Request]| {
        plan(&states, requests).judged.iter().map(|it| (it.id.to_string(), it.version.get())).collect::<Vec<_>>()
    };
    assert_eq!(judged(&[&short]), [("stock/prod_0".to_owned(), 1), ("stock/prod_2".to_owned(), 1)]);
    // What the same plan moves has its slot in it.
    let last_piece = reserve(2, vec![line(0, 1)]);
    assert_eq!(judged(&[&short, &last_piece]), [("stock/prod_2".to_owned(), 1)]);
    assert_eq!(judged(&[&last_piece]), []);
}

#[test]
fn guards_have_their_place_in_a_transaction() {
    let introductions: Vec<Request> = (0..90).map(|n| introduce(n, 0)).collect();
    let states = run(&introductions, &[(10, false)]);
    let orders: Vec<Request> =
        (0..3).map(|n| reserve(n, (n * 30..n * 30 + 50.min(90 - n * 30)).map(|p| line(p, 1)).collect())).collect();
    let decided = plan(&states, &orders.iter().collect::<Vec<_>>());
    assert_eq!(decided.outcomes, [Outcome::Done; 3]);
    assert_eq!((decided.writes.len(), decided.judged.len()), (3, 90));
    let more: Vec<Request> = (3..12).map(|n| reserve(n, vec![line(0, 1)])).collect();
    let decided = plan(&states, &orders.iter().chain(&more).collect::<Vec<_>>());
    assert_eq!(decided.outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count(), 10);
    assert_eq!(decided.outcomes.last(), Some(&Outcome::NoRoom));
}

#[test]
fn an_order_that_comes_before_its_product_waits() {
    let decided = plan(&States::default(), &[&reserve(1, vec![line(0, 1)])]);
    assert_eq!(decided.outcomes, [Outcome::Wait(Wait::Product)]);
    assert!(decided.writes.is_empty());
}

#[test]
fn a_cancel_that_comes_first_leaves_nothing_to_reserve() {
    let states = run(&[introduce(0, 5), Request::Release { order: order(1) }, reserve(1, vec![line(0, 1)])], &[]);
    assert_eq!(states.reservations[&order(1)].state, Reservation::Released { lines: Vec::new() });
    assert_eq!(states.stocks[&product(0)].state.available, 5);
}

#[test]
fn placed_and_cancelled_in_one_batch_is_one_commit_of_two_events_caused_by_each() {
    let states = run(&[introduce(0, 5)], &[]);
    let requests = [reserve(1, vec![line(0, 5)]), Request::Release { order: order(1) }, reserve(2, vec![line(0, 5)])];
    let decided = plan(&states, &requests.iter().collect::<Vec<_>>());
    assert_eq!(decided.outcomes, [Outcome::Done; 3]);
    let causes: Vec<Vec<usize>> =
        decided.writes.iter().map(|write| write.events.iter().map(|caused| caused.cause).collect()).collect();
    assert_eq!(causes, [vec![0, 1], vec![2], vec![0]], "reservations of both orders, and one sum");
}

#[test]
fn a_plan_is_cut_before_it_outgrows_a_transaction() {
    let introductions: Vec<Request> = (0..120).map(|n| introduce(n, 5)).collect();
    let states = run(&introductions, &[(10, false)]);
    let orders: Vec<Request> =
        (0..3).map(|n| reserve(n, (n * 40..n * 40 + 40).map(|p| line(p, 1)).collect())).collect();
    let decided = plan(&states, &orders.iter().collect::<Vec<_>>());
    assert_eq!(decided.outcomes, [Outcome::Done, Outcome::Done, Outcome::NoRoom]);
    assert_eq!(decided.writes.len(), 82);
    let giant = reserve(9, (0..120).map(|p| line(p, 1)).collect());
    assert!(matches!(plan(&states, &[&giant]).outcomes[..], [Outcome::Impossible(_)]));
}

#[test]
fn an_addition_happens_once_and_refuses_to_be_another() {
    let add = |pieces| Request::Add {
        product: product(0),
        addition: Uuid::from_u128(7),
        quantity: Quantity::new(pieces).unwrap(),
    };
    assert_eq!(plan(&States::default(), &[&add(3)]).outcomes, [Outcome::UnknownProduct]);
    let states = run(&[introduce(0, 0), add(3), add(3)], &[]);
    assert_eq!(states.stocks[&product(0)].state.available, 3);
    assert_eq!(plan(&states, &[&add(4)]).outcomes, [Outcome::OtherAddition]);
}

#[test]
fn pieces_of_a_refund_come_back_together_and_once() {
    let states = run(&[introduce(0, 0), introduce(1, 0)], &[]);
    let both = restock(1, &[line(0, 1), line(1, 1)]);
    let unknown = restock(2, &[line(0, 1), line(9, 1)]);
    assert_eq!(plan(&states, &[&unknown]).outcomes, [Outcome::Wait(Wait::Product)]);
    assert!(plan(&states, &[&unknown]).writes.is_empty(), "all of them, or none");
    let states = run(&[introduce(0, 0), introduce(1, 0), both.clone(), both], &[(1, false)]);
    assert_eq!([0, 1].map(|n| states.stocks[&product(n)].state.available), [1, 1]);
    let products: Vec<StockLine> = (0..50).map(|n| line(n, 1)).collect();
    let introduced: Vec<Request> = (0..50).map(|n| introduce(n, 0)).collect();
    let decided = plan(&run(&introduced, &[]), &[&restock(3, &products)]);
    assert_eq!((decided.outcomes.as_slice(), decided.writes.len()), ([Outcome::Done].as_slice(), MAX_ITEMS));
}

#[test]
fn shipping_what_was_cancelled_is_impossible_and_changes_nothing() {
    let states = run(&[introduce(0, 5), Request::Release { order: order(1) }], &[]);
    let decided = plan(&states, &[&Request::Deduct { order: order(1) }]);
    assert!(matches!(decided.outcomes[..], [Outcome::Impossible(_)]) && decided.writes.is_empty());
}
