//! Any permutation and duplication of what order is told ends in the same orders and the same prices, whenever the
//! customer cancels meanwhile and at however many processes.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join, join_all};
use proptest::prelude::*;
use shotengai_contracts::events::{
    CancelReason, OrderStage, Presentation, ProductCreated, ProductDeleted, ProductPriceChanged, ProductRestored,
    ProductUpdated,
};
use shotengai_contracts::topology::queues;
use shotengai_contracts::{Event, OrderEvent};
use shotengai_kernel::{AggregateId, Names, OrderId};
use shotengai_messaging::{Delivery, Handler, Loaded};
use shotengai_order::orders::cancel::{CancelOrder, cancel_order};
use shotengai_order::orders::domain::{Order, deadline_passed};
use shotengai_order::prices::Offer;
use shotengai_testing::contract::deliver_until_settled;
use shotengai_testing::contract::stories::{Fate, Story, deliveries_to};

use crate::support::{World, delivery, product_id, request, yen};

/// The fates that follow from messages, deadlines and customers; who ships is asked afterwards.
const FATES: [Fate; 10] = [
    Fate::Pending,
    Fate::Confirmed,
    Fate::Paid,
    Fate::OutOfStock,
    Fate::Declined,
    Fate::CaptureRefused,
    Fate::TooLate,
    Fate::CancelledWhilePending,
    Fate::CancelledWhileCapturing,
    Fate::CancelledAfterPaid,
];

/// What happens to a product: (name, price), a new price, an image, which order never hears of, its end, or its
/// return.
#[derive(Debug, Clone, Copy)]
enum Change {
    Details(u32),
    Price(u32),
    Image,
    Deleted,
    Restored,
}

#[derive(Debug, Clone)]
struct Plot {
    fates: Vec<Fate>,
    products: Vec<Vec<Change>>,
}

fn plot() -> impl Strategy<Value = Plot> {
    let change = prop_oneof![
        2 => (1..9_u32).prop_map(Change::Details),
        3 => (1..9_u32).prop_map(Change::Price),
        1 => Just(Change::Image),
        1 => Just(Change::Deleted),
        2 => Just(Change::Restored),
    ];
    let products = prop::collection::vec(prop::collection::vec(change, 0..5), 1..3);
    let fates = prop::collection::vec(prop::sample::select(FATES.to_vec()), 1..6);
    (fates, products).prop_map(|(fates, products)| Plot { fates, products })
}

fn name(number: usize) -> String {
    format!("sweet{number}")
}

/// The events of a product in order, with their versions, and the offer that they leave. Between a deletion and a
/// return nothing happens.
fn product_history(number: usize, changes: &[Change]) -> (Vec<Delivery>, u64, Option<Offer>) {
    let product_id = product_id(&name(number));
    let (first, description) = ("first".to_owned(), String::new());
    let created = ProductCreated {
        product_id: product_id.clone(),
        name: first.clone(),
        names: Names::default(),
        description,
        presentation: Presentation::default(),
        price: yen(200),
        stock: 9,
    };
    let mut events: Vec<(u64, Event)> = vec![(1, created.into())];
    let (mut version, mut is_deleted) = (1, false);
    let mut offer = Offer { name: first, names: Names::default(), price: yen(200) };
    for change in changes {
        if is_deleted != matches!(change, Change::Restored) {
            continue;
        }
        version += 1;
        let product_id = product_id.clone();
        match change {
            Change::Restored => {
                is_deleted = false;
                let Offer { name, names, price } = offer.clone();
                let (description, presentation) = (String::new(), Presentation::default());
                let restored = ProductRestored { product_id, name, names, description, presentation, price };
                events.push((version, restored.into()));
            }
            Change::Details(n) => {
                let (name, price) = (format!("name {n}"), yen(i64::from(*n) * 100));
                offer = Offer { name: name.clone(), names: Names::default(), price };
                let description = String::new();
                events.push((
                    version,
                    ProductUpdated {
                        product_id,
                        name,
                        names: Names::default(),
                        description,
                        presentation: Presentation::default(),
                        price,
                    }
                    .into(),
                ));
            }
            Change::Price(n) => {
                let price = yen(i64::from(*n) * 10);
                offer.price = price;
                events.push((version, ProductPriceChanged { product_id, price, source_sequence: None }.into()));
            }
            Change::Image => {}
            Change::Deleted => {
                is_deleted = true;
                events.push((version, ProductDeleted { product_id }.into()));
            }
        }
    }
    let subject = product_id.to_string();
    let number = u128::try_from(number).unwrap();
    let ids = |version: u64| 1_000_000 + number * 1_000 + u128::from(version);
    let deliveries = events.into_iter().map(|(version, event)| delivery(ids(version), &subject, version, event));
    (deliveries.collect(), version, (!is_deleted).then_some(offer))
}

/// A wish that comes by itself.
#[derive(Debug, Clone)]
enum Wish {
    Cancel(OrderId),
    Deadline(OrderId),
}

impl Plot {
    fn stories(&self) -> Vec<Story> {
        let lines = [(product_id("sweet0"), 2)];
        (0..).zip(&self.fates).map(|(number, fate)| Story::new(number, *fate, &lines)).collect()
    }

    fn messages(&self) -> Vec<Delivery> {
        let envelopes: Vec<_> = self.stories().iter().flat_map(Story::envelopes).collect();
        let mut messages = deliveries_to(&queues::ORDER, &envelopes);
        for (number, changes) in self.products.iter().enumerate() {
            messages.extend(product_history(number, changes).0);
        }
        messages
    }

    fn wishes(&self) -> Vec<Wish> {
        let wish = |story: Story| match story.fate.cancellation()?.0 {
            CancelReason::CustomerRequest => Some(Wish::Cancel(story.order_id)),
            CancelReason::DeadlineExceeded => Some(Wish::Deadline(story.order_id)),
            _ => None,
        };
        self.stories().into_iter().filter_map(wish).collect()
    }

    /// A shop where the orders have been placed, and catalog knows its products as they are in the end.
    async fn open(&self) -> World {
        let world = World::new();
        for story in self.stories() {
            let placed = &story.envelopes()[0];
            let (id, event) = (AggregateId::from(&story.order_id), placed.event().unwrap());
            let place = |_: &Loaded<Order>| {
                Ok::<_, std::convert::Infallible>(vec![OrderEvent::try_from(event.clone()).unwrap()])
            };
            world.orders.execute(&id, &request(), place).await.unwrap();
        }
        for (number, changes) in self.products.iter().enumerate() {
            let (_, version, offer) = product_history(number, changes);
            let offer = offer.as_ref().map(|offer| (offer.name.as_str(), offer.price.minor()));
            world.catalog.set(&name(number), version, offer);
        }
        world
    }

    /// Stage and reason of every order, and every offer.
    async fn end(&self, world: &World) -> End {
        let mut orders = BTreeMap::new();
        for story in self.stories() {
            let types = world.event_types(&story.order_id).await;
            assert_eq!(types.len(), types.iter().collect::<BTreeSet<_>>().len(), "each at most once: {types:?}");
            let order = world.order(&story.order_id).await;
            let order = order.placed().unwrap();
            orders.insert(story.order_id, (order.stage, order.cancel_reason));
        }
        let products: Vec<_> = (0..self.products.len()).map(|number| product_id(&name(number))).collect();
        let asked = world.catalog.times_asked();
        // One by one: those after one that is not for sale need not be told.
        let mut offers = BTreeMap::new();
        for product in products {
            offers.extend(world.prices.offers(&[product]).await.unwrap());
        }
        assert_eq!(world.catalog.times_asked(), asked, "the table knew all of them");
        (orders, offers.into_iter().map(|(product, offer)| (product.to_string(), offer)).collect())
    }

    /// What is to be the end.
    fn expected(&self) -> End {
        let ends = self.stories().into_iter().map(|story| {
            let reason = story.fate.cancellation().map(|(reason, _)| reason);
            (story.order_id, (story.fate.stage(), reason))
        });
        let offers = self.products.iter().enumerate().filter_map(|(number, changes)| {
            let (_, _, offer) = product_history(number, changes);
            Some((product_id(&name(number)).to_string(), offer?))
        });
        (ends.collect(), offers.collect())
    }
}

type End = (BTreeMap<OrderId, (OrderStage, Option<CancelReason>)>, BTreeMap<String, Offer>);

async fn come_true(world: &World, wish: &Wish) {
    match wish {
        Wish::Cancel(order_id) => {
            let wanted = CancelOrder { order_id: order_id.clone(), owner: None, note: None };
            cancel_order(&world.orders, wanted, &request()).await.unwrap();
        }
        Wish::Deadline(order_id) => {
            let pass = |order: &Loaded<Order>| Ok::<_, std::convert::Infallible>(deadline_passed(&order.state));
            world.orders.execute(&AggregateId::from(order_id), &request(), pass).await.unwrap();
        }
    }
}

#[derive(Debug, Clone)]
struct Disorder {
    plot: Plot,
    messages: Vec<Delivery>,
    sizes: Vec<usize>,
    processes: usize,
    /// How many of the messages come before the wishes.
    before: usize,
}

fn disorder() -> impl Strategy<Value = Disorder> {
    let sizes = prop::collection::vec(1..11_usize, 0..5);
    (plot(), sizes, 1..4_usize, 1..4_usize, any::<prop::sample::Index>()).prop_flat_map(
        |(plot, sizes, copies, processes, before)| {
            let messages = plot.messages();
            let all: Vec<_> = messages.iter().cycle().take(messages.len() * copies).cloned().collect();
            let before = before.index(all.len() + 1);
            let whole =
                move |messages| Disorder { plot: plot.clone(), messages, sizes: sizes.clone(), processes, before };
            Just(all).prop_shuffle().prop_map(whole)
        },
    )
}

/// Some messages come before the wishes, and all of them, those once more, together with them.
async fn play(disorder: Disorder) -> (End, End) {
    let Disorder { plot, mut messages, sizes, processes, before } = disorder;
    let world = plot.open().await;
    let handlers: Vec<_> = (0..processes).map(|_| world.another_process()).collect();
    let handlers: Vec<&dyn Handler> = handlers.iter().map(|handler| handler.as_ref()).collect();
    let rest = messages.split_off(before);
    for batch in messages.chunks(7) {
        handlers[0].handle(batch).await;
    }
    messages.extend(rest);
    let wishes = plot.wishes();
    let wishes = join_all(wishes.iter().map(|wish| come_true(&world, wish)));
    join(wishes, deliver_until_settled(&handlers, messages, &sizes)).await;
    (plot.end(&world).await, plot.expected())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_disorder_of_a_history_ends_in_the_same_orders_and_prices(disorder in disorder()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (end, expected) = runtime.block_on(play(disorder));
        prop_assert_eq!(end, expected);
    }
}
