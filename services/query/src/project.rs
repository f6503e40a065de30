//! Brings rows up to the events that came.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use shotengai_contracts::{EventType, Owner, aggregates};
use shotengai_kernel::{AggregateId, PaymentId, ProductId, Version};
use shotengai_messaging::effects;
use shotengai_messaging::handler::Entry;
use shotengai_messaging::outcomes::Ignored;
use shotengai_messaging::{Delivery, Disposition, EventStore, Fault, FaultKind, Group, GroupHandler};

use crate::applied::Applied as Readers;
use crate::domain::{Applied, CartRow, Fold, OrderRow, PaymentRow, ProductRow, StockRow, apply};
use crate::history::{HISTORY_PAGE, fold_history};
use crate::store::{ReadModel, Rows, Session, Sessions};

/// The deliveries of one aggregate, by version.
type Deliveries<'a> = Vec<&'a Delivery>;
type ByAggregate<'a> = BTreeMap<AggregateId, Deliveries<'a>>;
/// What becomes of the deliveries of aggregates whose rows could not be brought up to them.
type Failed = BTreeMap<AggregateId, Disposition>;

/// Deliveries, sorted by what they are about.
#[derive(Default)]
struct Sorted<'a> {
    products: ByAggregate<'a>,
    stock: ByAggregate<'a>,
    orders: ByAggregate<'a>,
    payments: ByAggregate<'a>,
    carts: ByAggregate<'a>,
}

/// The event stores that rows are folded from.
pub struct Histories(BTreeMap<Owner, Arc<dyn EventStore>>);

impl Histories {
    /// Those of these owners.
    pub fn new(owners: impl IntoIterator<Item = Owner>, mut store: impl FnMut(Owner) -> Arc<dyn EventStore>) -> Self {
        Self(owners.into_iter().map(|owner| (owner, store(owner))).collect())
    }

    pub(crate) fn of(&self, owner: Owner) -> Result<&Arc<dyn EventStore>, Fault> {
        let missing = || Fault::new(FaultKind::Permanent, "query.history", format!("no store of {}", owner.as_str()));
        self.0.get(&owner).ok_or_else(missing)
    }

    /// Whether anything ever happened to this product, order, payment or cart; to stock, whether there is a product: the numbers of a new
    /// one follow it.
    ///
    /// # Errors
    /// A [`Fault`] of the store.
    pub async fn has(&self, id: &AggregateId) -> Result<bool, Fault> {
        let product =
            aggregates::STOCK.name_in(id.as_str()).map_or_else(|| ProductId::parse(id.as_str()), ProductId::parse);
        let first = match product {
            Ok(product) => self.of(Owner::Catalog)?.load_some(&AggregateId::from(&product), Version::ZERO, 1).await?,
            Err(_) if PaymentId::parse(id.as_str()).is_ok() => {
                self.of(Owner::Billing)?.load_some(id, Version::ZERO, 1).await?
            }
            Err(_) => self.of(Owner::Order)?.load_some(id, Version::ZERO, 1).await?,
        };
        Ok(!first.commits.is_empty())
    }
}

/// Projects events onto rows. Idempotent: an event that a row knows already changes nothing.
pub struct Projector {
    model: Arc<dyn ReadModel>,
    histories: Arc<Histories>,
    readers: Arc<Readers>,
}

impl Projector {
    /// A projector that wakes those of `readers` who wait for what a batch was about.
    #[must_use]
    pub const fn new(model: Arc<dyn ReadModel>, histories: Arc<Histories>, readers: Arc<Readers>) -> Self {
        Self { model, histories, readers }
    }

    /// Projects deliveries and answers those of whose aggregates the rows are not durable at their version or a later one.
    async fn project(&self, deliveries: &[&Delivery]) -> Result<Failed, Fault> {
        let sorted = sort(deliveries);
        let Sessions { live, beside } = self.model.sessions().await?;
        let failed = self.project_onto(live.as_ref(), &sorted).await?;
        // Its connection goes back: nobody holds one and waits for another.
        drop(live);
        if let Some(beside) = beside {
            // Readers wait for the live rows alone.
            self.wake(deliveries);
            self.project_beside(beside.as_ref(), &sorted).await;
        }
        Ok(failed)
    }

    /// What is not written there is found, and folded anew, before anybody reads that set: it holds up nothing.
    async fn project_beside(&self, model: &dyn ReadModel, sorted: &Sorted<'_>) {
        let written = async { self.project_onto(model.session().await?.as_ref(), sorted).await };
        match written.await {
            Ok(failed) if failed.is_empty() => {}
            Ok(failed) => tracing::warn!(rows = failed.len(), "rows of the set of tables beside are behind"),
            Err(fault) => tracing::warn!(%fault, "the set of tables beside was not written"),
        }
    }

    async fn project_onto(&self, session: &dyn Session, sorted: &Sorted<'_>) -> Result<Failed, Fault> {
        // A statement a kind to read and one to write, pipelined on the one connection. They need no transaction together: each
        // row is right by itself.
        let (products, stock, orders, payments, carts) = futures::try_join!(
            self.advance::<ProductRow>(session, &sorted.products),
            self.advance::<StockRow>(session, &sorted.stock),
            self.advance::<OrderRow>(session, &sorted.orders),
            self.advance::<PaymentRow>(session, &sorted.payments),
            self.advance::<CartRow>(session, &sorted.carts),
        )?;
        Ok(products.into_iter().chain(stock).chain(orders).chain(payments).chain(carts).collect())
    }

    fn wake(&self, deliveries: &[&Delivery]) {
        self.readers.wake(deliveries.iter().map(|delivery| &delivery.envelope.subject));
    }

    /// One aggregate that can't be written must not hold up the others.
    async fn project_each(&self, deliveries: &[&Delivery]) -> Failed {
        let mut by_aggregate = ByAggregate::new();
        for delivery in deliveries {
            by_aggregate.entry(delivery.envelope.subject.clone()).or_default().push(delivery);
        }
        let mut failed = Failed::new();
        for (id, deliveries) in by_aggregate {
            match self.project(&deliveries).await {
                Ok(more) => failed.extend(more),
                Err(fault) => {
                    failed.insert(id, fault.into());
                }
            }
        }
        failed
    }
}

#[async_trait]
impl GroupHandler for Projector {
    const EVENTS: &'static [EventType] = &[
        EventType::ProductCreated,
        EventType::ProductUpdated,
        EventType::ProductPriceChanged,
        EventType::ProductImageRequested,
        EventType::ProductImageAdded,
        EventType::ProductImageRefused,
        EventType::ProductImageRemoved,
        EventType::ProductDeleted,
        EventType::ProductRestored,
        EventType::StockMoved,
        EventType::OrderPlaced,
        EventType::OrderStockSecured,
        EventType::OrderPaymentSecured,
        EventType::OrderConfirmed,
        EventType::OrderPaid,
        EventType::OrderShipped,
        EventType::OrderCancelled,
        EventType::OrderRefundRequested,
        EventType::OrderRefunded,
        EventType::OrderRefundDeclined,
        EventType::PaymentAuthorized,
        EventType::PaymentDeclined,
        EventType::CaptureStarted,
        EventType::PaymentCaptured,
        EventType::VoidStarted,
        EventType::PaymentVoided,
        EventType::RefundStarted,
        EventType::PaymentRefunded,
        EventType::ShopRefundStarted,
        EventType::ShopRefundPaid,
        EventType::ShopRefundDeclined,
        EventType::ItemAddedToCart,
        EventType::CartItemChanged,
        EventType::ItemRemovedFromCart,
        EventType::CartCleared,
    ];

    /// All that come together are projected together.
    type Key = ();

    fn key(&self, _: &Delivery) {}

    async fn handle(&self, (): (), group: &mut Group) {
        let projected = {
            let deliveries: Vec<&Delivery> = group.iter().map(Entry::delivery).collect();
            match self.project(&deliveries).await {
                Err(fault) if fault.kind() == FaultKind::Permanent && deliveries.len() > 1 => {
                    Ok(self.project_each(&deliveries).await)
                }
                projected => projected,
            }
        };
        match projected {
            Ok(failed) => {
                for entry in group.iter_mut() {
                    let answer = failed.get(&entry.envelope.subject).cloned().unwrap_or(Disposition::Done);
                    entry.answer(answer);
                }
            }
            Err(fault) => group.answer_rest(fault),
        }
        let deliveries: Vec<&Delivery> = group.iter().map(Entry::delivery).collect();
        self.wake(&deliveries);
    }
}

impl Projector {
    /// Advances the rows of one kind; returns the deliveries that could not be applied, and what becomes of them.
    async fn advance<R: Fold + Send + Sync>(
        &self,
        session: &(impl Rows<R> + ?Sized),
        groups: &ByAggregate<'_>,
    ) -> Result<Failed, Fault> {
        if groups.is_empty() {
            return Ok(Failed::new());
        }
        let ids: Vec<_> = groups.keys().cloned().collect();
        let mut rows = session.load(&ids).await?;
        let mut advanced = BTreeMap::new();
        let mut gaps = Vec::new();
        for (id, group) in groups {
            match fold(rows.remove(id), group) {
                Ok(Some(row)) => {
                    advanced.insert(id.clone(), row);
                }
                Ok(None) => effects::stood(Ignored::AlreadyApplied),
                Err(Behind(row)) => gaps.push((id, group, row)),
            }
        }
        let store = self.histories.of(R::OWNER)?;
        let refolds = gaps.into_iter().map(|(id, group, row)| {
            let store = store.as_ref();
            async move { (id, catch_up::<R>(store, id, row, last_version(group)).await) }
        });
        let mut failed = Failed::new();
        for (id, caught_up) in join_all(refolds).await {
            match caught_up {
                Ok(row) => {
                    advanced.insert(id.clone(), row);
                }
                Err(answer) => {
                    failed.insert(id.clone(), answer);
                }
            }
        }
        session.save(&advanced).await?;
        if !advanced.is_empty() {
            effects::wrote("read models");
        }
        Ok(failed)
    }
}

/// The row as far as these deliveries carry it: what they miss is in the event store.
struct Behind<R>(Option<R>);

/// The row after the group's events; none when it knew them all.
fn fold<R: Fold>(mut row: Option<R>, group: &[&Delivery]) -> Result<Option<R>, Behind<R>> {
    let mut changed = false;
    for delivery in group {
        match apply(row.clone(), &delivery.envelope, &delivery.event) {
            Applied::Updated(next) => {
                row = Some(next);
                changed = true;
            }
            Applied::Ignored => {}
            Applied::Gap => return Err(Behind(row)),
        }
    }
    Ok(row.filter(|_| changed))
}

fn last_version(group: &[&Delivery]) -> Version {
    group.iter().map(|delivery| delivery.envelope.aggregateversion).max().unwrap_or_default()
}

/// The row as the event store has it now, which must be at `least` or later; otherwise what becomes of the deliveries.
///
/// Reads only what came after the row: consumers don't rely on order, so gaps are common, and histories can be long. A row
/// that stands inside a commit, of which not all events have come, has no such place to read from: it is folded anew.
async fn catch_up<R: Fold>(
    store: &dyn EventStore,
    id: &AggregateId,
    row: Option<R>,
    least: Version,
) -> Result<R, Disposition> {
    if let Some(row) = row {
        let answer = read_on(store, id, Some(row), least).await;
        // A store that is away, or denied to us, is asked no second question.
        let is_elsewhere = matches!(&answer, Err(Disposition::Failed { kind, .. }) if *kind != FaultKind::Permanent);
        if answer.is_ok() || is_elsewhere {
            return answer;
        }
    }
    read_on(store, id, None, least).await
}

async fn read_on<R: Fold>(
    store: &dyn EventStore,
    id: &AggregateId,
    row: Option<R>,
    least: Version,
) -> Result<R, Disposition> {
    let folded = fold_history::<R, _>(row, |after| store.load_some(id, after, HISTORY_PAGE)).await;
    let folded = folded.map_err(|fault| Disposition::from_fault(&fault))?;
    match folded.map_err(|error| Disposition::retry(error.to_string()))? {
        Some(row) if row.version() >= least => Ok(row),
        other => {
            let found = other.as_ref().map_or(Version::ZERO, Fold::version);
            Err(Disposition::retry(format!("the event store has {id} at version {found}, the event says {least}")))
        }
    }
}

/// Sorts by aggregate and version. What no row is made of is left out, and so done.
fn sort<'a>(deliveries: &[&'a Delivery]) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for delivery in deliveries {
        let groups = match delivery.event.event_type() {
            EventType::ProductCreated
            | EventType::ProductUpdated
            | EventType::ProductPriceChanged
            | EventType::ProductImageRequested
            | EventType::ProductImageAdded
            | EventType::ProductImageRefused
            | EventType::ProductImageRemoved
            | EventType::ProductDeleted
            | EventType::ProductRestored => &mut sorted.products,
            EventType::StockMoved => &mut sorted.stock,
            EventType::OrderPlaced
            | EventType::OrderStockSecured
            | EventType::OrderPaymentSecured
            | EventType::OrderConfirmed
            | EventType::OrderPaid
            | EventType::OrderShipped
            | EventType::OrderCancelled
            | EventType::OrderRefundRequested
            | EventType::OrderRefunded
            | EventType::OrderRefundDeclined => &mut sorted.orders,
            EventType::PaymentAuthorized
            | EventType::PaymentDeclined
            | EventType::CaptureStarted
            | EventType::PaymentCaptured
            | EventType::VoidStarted
            | EventType::PaymentVoided
            | EventType::RefundStarted
            | EventType::PaymentRefunded
            | EventType::ShopRefundStarted
            | EventType::ShopRefundPaid
            | EventType::ShopRefundDeclined => &mut sorted.payments,
            EventType::ItemAddedToCart
            | EventType::CartItemChanged
            | EventType::ItemRemovedFromCart
            | EventType::CartCleared => &mut sorted.carts,
            _ => continue,
        };
        groups.entry(delivery.envelope.subject.clone()).or_default().push(delivery);
    }
    let Sorted { products, stock, orders, payments, carts } = &mut sorted;
    for groups in [products, stock, orders, payments, carts] {
        for group in groups.values_mut() {
            group.sort_by_key(|delivery| delivery.envelope.aggregateversion);
        }
    }
    sorted
}
