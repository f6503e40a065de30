//! Whether a cart became one order each time, whole, and was empty with it; and whether all that anybody was told of one is so.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_contracts::events::{ItemAddedToCart, OrderPlaced};
use shotengai_contracts::{Event, OrderEvent};
use shotengai_kernel::{AggregateId, CartId, OrderId, ProductId, Quantity, UserId, Version};
use shotengai_messaging::Commit;
use shotengai_order::carts::domain::Cart;

use super::events;
use crate::cart_ledger::{Contents, cart_user, contents, orders_by_cart};
use crate::world::World;

/// Whether it is a cart among order's aggregates.
pub(super) fn is_cart(id: &AggregateId) -> bool {
    CartId::parse(id.as_str()).is_ok()
}

/// Carts as their events come, transaction by transaction.
struct Carts<'a> {
    world: &'a World,
    now: BTreeMap<AggregateId, Cart>,
    /// What was in each at each of its versions.
    stories: BTreeMap<(AggregateId, Version), Contents>,
    /// Orders of each person by a cart.
    ordered: BTreeMap<UserId, u64>,
    additions: Vec<ItemAddedToCart>,
}

/// All that must hold of carts, by order's commits.
pub(super) fn keep_what_they_are_told(world: &World, commits: &[Commit]) {
    let mut carts = Carts {
        world,
        now: BTreeMap::new(),
        stories: BTreeMap::new(),
        ordered: BTreeMap::new(),
        additions: Vec::new(),
    };
    for transaction in world.transactions.among(commits) {
        carts.take(transaction);
    }
    carts.are_ordered_as_often_as_wished();
    carts.are_what_was_answered();
    carts.have_each_addition_once();
}

impl Carts<'_> {
    fn take(&mut self, transaction: &[Commit]) {
        let mut placed: BTreeMap<OrderId, OrderPlaced> = BTreeMap::new();
        for (_, event) in events(transaction) {
            if let Event::OrderPlaced(order) = event {
                placed.insert(order.order_id.clone(), order);
            }
        }
        let mut moved = Moved::default();
        for commit in transaction.iter().filter(|commit| is_cart(&commit.aggregate_id)) {
            let id = &commit.aggregate_id;
            let before = self.now.get(id).cloned().unwrap_or_default();
            for (envelope, event) in events(std::slice::from_ref(commit)) {
                if let Event::CartCleared(cleared) = &event
                    && let Some(order) = &cleared.order_id
                {
                    self.became(id, order, placed.remove(order));
                }
                moved.note(&event);
                let Ok(event) = OrderEvent::try_from(event) else { continue };
                let cart = self.now.entry(id.clone()).or_default();
                if let Err(misplaced) = cart.evolve(&event) {
                    self.world.violation(format!("{id}: {misplaced}"));
                }
                self.stories.insert((id.clone(), envelope.aggregateversion), contents(cart.lines()));
                if let OrderEvent::ItemAddedToCart(added) = event
                    && added.addition_id.is_some()
                {
                    self.additions.push(added);
                }
            }
            moved.leave(&before, self.now.get(id));
        }
        if let Some(found) = moved.lost() {
            self.world.violation(format!("what was taken over is not what was there: {found}"));
        }
        for order in placed.values().filter(|order| orders_by_cart(&order.user_id)) {
            self.world.violation(format!("{} was placed, and the cart stays full", order.order_id));
        }
    }

    /// An order empties a cart: both were written together, and the order is what was in it.
    fn became(&mut self, id: &AggregateId, order_id: &OrderId, order: Option<OrderPlaced>) {
        let Some(order) = order else {
            return self.world.violation(format!("{id} was emptied for {order_id}, which was not placed with it"));
        };
        *self.ordered.entry(order.user_id.clone()).or_default() += 1;
        let was_in = self.now.get(id).map(|cart| contents(cart.lines())).unwrap_or_default();
        let items: Contents =
            order.items.iter().map(|item| (item.product_id.clone(), (item.quantity, item.price))).collect();
        let is_same = if self.world.cart_ledger.accepts_prices(&order.user_id) {
            pieces(&items).eq(pieces(&was_in))
        } else {
            items == was_in
        };
        if !is_same || AggregateId::from(&CartId::of_user(&order.user_id)) != *id {
            self.world.violation(format!("{order_id} has {items:?}, and {was_in:?} was in {id}"));
        }
    }

    /// A customer has one wish, or two, one after the other.
    fn are_ordered_as_often_as_wished(&self) {
        for (index, basket) in self.world.plan.baskets.iter().enumerate() {
            let user = cart_user(index);
            let times = self.ordered.iter().find(|(id, _)| id.as_str() == user).map_or(0, |(_, times)| *times);
            if times > 1 + u64::from(basket.again) {
                self.world.violation(format!("the cart of {user} became {times} orders"));
            }
        }
    }

    fn are_what_was_answered(&self) {
        for (cart, version, shown) in self.world.cart_ledger.answers() {
            let story = self.stories.get(&(AggregateId::from(&cart), version)).cloned();
            let was = if version == Version::ZERO { Some(Contents::new()) } else { story };
            if was.as_ref() != Some(&shown) {
                self.world.violation(format!("{cart} was shown at {version} with {shown:?}, and had {was:?}"));
            }
        }
    }

    /// Each that somebody was told of is there, and none that nobody asked for, or twice.
    fn have_each_addition_once(&self) {
        let (mut asked, mut told) = self.world.cart_ledger.additions();
        let mut seen = BTreeSet::new();
        for added in &self.additions {
            let addition = (added.cart_id.clone(), added.product_id.clone(), added.quantity);
            let (is_asked, _) = (take(&mut asked, &addition), take(&mut told, &addition));
            if !seen.insert((added.cart_id.clone(), added.addition_id)) || !is_asked {
                self.world.violation(format!("{addition:?} came into a cart once too often"));
            }
        }
        for addition in told {
            self.world.violation(format!("{addition:?} never came into a cart, and somebody was told so"));
        }
    }
}

fn pieces(contents: &Contents) -> impl Iterator<Item = (&ProductId, &Quantity)> {
    contents.iter().map(|(product, (quantity, _))| (product, quantity))
}

fn take<T: PartialEq>(from: &mut Vec<T>, what: &T) -> bool {
    let place = from.iter().position(|it| it == what);
    place.map(|place| from.swap_remove(place)).is_some()
}

/// What one transaction moves from a cart into another: pieces by product.
#[derive(Default)]
struct Moved {
    came: BTreeMap<ProductId, i64>,
    went: BTreeMap<ProductId, i64>,
    takes: bool,
}

impl Moved {
    /// Pieces that come in under no key were in another cart before.
    fn note(&mut self, event: &Event) {
        if let Event::ItemAddedToCart(added) = event
            && added.addition_id.is_none()
        {
            *self.came.entry(added.product_id.clone()).or_default() += i64::from(added.quantity.get());
        }
        self.takes = matches!(event, Event::ItemAddedToCart(_));
    }

    /// A cart is done; what it gave away, if nothing came into it.
    fn leave(&mut self, before: &Cart, after: Option<&Cart>) {
        let pieces = |cart: &Cart, product: &ProductId| cart.line(product).map_or(0, |it| i64::from(it.quantity.get()));
        if self.takes {
            return;
        }
        for line in before.lines() {
            let left = pieces(before, &line.product_id) - after.map_or(0, |cart| pieces(cart, &line.product_id));
            if left != 0 {
                *self.went.entry(line.product_id.clone()).or_default() += left;
            }
        }
    }

    /// What came and did not go, in words; whatever goes where nothing comes is somebody's wish.
    fn lost(&self) -> Option<String> {
        (!self.came.is_empty() && self.came != self.went).then(|| format!("{:?} of {:?}", self.came, self.went))
    }
}
