//! Moments of the past: orders, products and stock as of a moment, folded from the event stores as the rows are.

use std::sync::Arc;

use shotengai_contracts::api::as_of::{AS_OF, AS_OF_AHEAD, NOT_THERE_YET};
use shotengai_contracts::api::orders::Order;
use shotengai_contracts::api::products::Product;
use shotengai_contracts::{Envelope, aggregates};
use shotengai_kernel::{AggregateId, Clock, Moment, OrderId, ProductId, Timestamp, Version};
use shotengai_messaging::{EventStore, Fault, FaultKind, LookBackError, LookBacks};
use shotengai_runtime::Problem;

use crate::domain::{Fold, OrderRow, ProductRow, StockRow, fold_on};
use crate::http::no_such_order;
use crate::orders;
use crate::project::Histories;

/// An aggregate at a moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Then<R> {
    /// It never was.
    Never,
    /// It came later: here is its beginning.
    Later(R),
    /// Its row then, and when its last event was decided.
    Was(R, Timestamp),
    /// So it is now: the version that was asked for is still to come.
    Ahead(R),
}

/// Looks at what was. The event stores are read, not the rows: those know only what is.
pub struct Past {
    histories: Arc<Histories>,
    clock: Arc<dyn Clock>,
    looks: LookBacks,
}

impl Past {
    /// Looks into these histories, by this clock.
    #[must_use]
    pub fn new(histories: Arc<Histories>, clock: Arc<dyn Clock>) -> Self {
        Self { histories, clock, looks: LookBacks::default() }
    }

    /// An order as it was, for whoever `sees` it.
    ///
    /// # Errors
    /// A [`Problem`]: there is no such order for them, it came later, or the moment is still to come.
    pub async fn order(&self, id: &OrderId, moment: Moment, sees: impl Fn(&Order) -> bool) -> Result<Order, Problem> {
        self.has_come(moment)?;
        let then = self.then::<OrderRow>(&AggregateId::from(id), moment).await?;
        let row = match &then {
            Then::Never => None,
            Then::Later(row) | Then::Was(row, _) | Then::Ahead(row) => Some(orders::shown(row.clone())),
        };
        // Before anything is said about its times and versions.
        let order = row.filter(sees).ok_or_else(|| no_such_order(id))?;
        match then {
            Then::Never | Then::Was(..) => Ok(order),
            Then::Later(_) => Err(came_later(id, order.placed_at)),
            Then::Ahead(row) => Err(still_to_come(id, row.version)),
        }
    }

    /// A product as it was on sale, with the stock of that time. Of a version, that is when it was written.
    ///
    /// # Errors
    /// A [`Problem`]: it never was or was not on sale, it came later, or the moment is still to come.
    pub async fn product(&self, id: &ProductId, moment: Moment) -> Result<Product, Problem> {
        self.has_come(moment)?;
        let (row, written) = match self.then::<ProductRow>(&AggregateId::from(id), moment).await? {
            Then::Never => return Err(Problem::not_found(format!("there is no product {id}"))),
            Then::Later(row) => return Err(came_later(id, row.created_at)),
            Then::Ahead(row) => return Err(still_to_come(id, row.version)),
            Then::Was(row, _) if row.deleted => {
                return Err(Problem::not_found(format!("the product {id} was not on sale then")));
            }
            Then::Was(row, written) => (row, written),
        };
        let time = match moment {
            Moment::Time(time) => time,
            Moment::Version(_) => written,
        };
        let stock = match self.then::<StockRow>(&aggregates::stock(id), Moment::Time(time)).await? {
            Then::Was(stock, _) => stock.available,
            Then::Never | Then::Later(_) | Then::Ahead(_) => 0,
        };
        Ok(shown(row, stock))
    }

    /// Nobody knows what will be.
    fn has_come(&self, moment: Moment) -> Result<(), Problem> {
        match moment {
            Moment::Time(time) if time > self.clock.now() => {
                Err(Problem::of(&AS_OF_AHEAD).detail("as_of is later than now").parameter(AS_OF.name))
            }
            Moment::Time(_) | Moment::Version(_) => Ok(()),
        }
    }

    /// The row of an aggregate at a moment.
    ///
    /// # Errors
    /// [`LookBackError`].
    pub async fn then<R: Fold + Send + Sync>(
        &self,
        id: &AggregateId,
        moment: Moment,
    ) -> Result<Then<R>, LookBackError> {
        let store = self.histories.of(R::OWNER)?;
        let mut row: Option<R> = None;
        let reached = self.looks.fold(store.as_ref(), id, moment, |envelope| one_more(&mut row, envelope)).await?;
        Ok(match (row, reached.time, moment) {
            (Some(row), Some(_), Moment::Version(wanted)) if reached.version < wanted => Then::Ahead(row),
            (Some(row), Some(time), _) => Then::Was(row, time),
            _ => first(store.as_ref(), id).await?.map_or(Then::Never, Then::Later),
        })
    }
}

fn one_more<R: Fold>(row: &mut Option<R>, envelope: &Envelope) -> Result<(), Fault> {
    let event = envelope.event().map_err(unfoldable)?;
    *row = fold_on(row.take(), [(envelope, &event)]).map_err(unfoldable)?;
    Ok(())
}

/// The row after an aggregate's first event.
async fn first<R: Fold>(store: &dyn EventStore, id: &AggregateId) -> Result<Option<R>, Fault> {
    let mut row = None;
    let page = store.load_some(id, Version::ZERO, 1).await?;
    if let Some(envelope) = page.commits.iter().flat_map(|commit| &commit.events).next() {
        one_more(&mut row, envelope)?;
    }
    Ok(row)
}

fn unfoldable(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::new(FaultKind::Permanent, "query.as_of", error)
}

fn came_later(id: &impl std::fmt::Display, began: Timestamp) -> Problem {
    Problem::of(&NOT_THERE_YET).detail(format!("{id} came to be at {began}")).parameter(AS_OF.name)
}

fn still_to_come(id: &impl std::fmt::Display, version: Version) -> Problem {
    Problem::of(&AS_OF_AHEAD).detail(format!("{id} is at version {version}")).parameter(AS_OF.name)
}

fn shown(row: ProductRow, stock: i64) -> Product {
    Product {
        product_id: row.product_id,
        name: row.name,
        names: row.names,
        description: row.description,
        descriptions: row.presentation.descriptions,
        categories: row.presentation.categories,
        search_text: row.presentation.search_text,
        price: row.price.to_major_number(),
        currency: row.price.currency(),
        stock,
        images: row.image_keys,
        version: row.version,
    }
}
