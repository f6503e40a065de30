//! Decisions: from what is known and what is asked, to events.

use shotengai_contracts::CatalogEvent;
use shotengai_contracts::events::{
    ProductCreated, ProductDeleted, ProductPriceChanged, ProductRestored, ProductUpdated,
};
use shotengai_kernel::{Precondition, ProductId, Version};

use super::{Change, Details, Product};

/// An event that tells all details of a product; several have the same fields.
macro_rules! told {
    ($event:ident, $product_id:expr, $details:expr) => {
        $event {
            product_id: $product_id,
            name: $details.name().to_owned(),
            names: $details.names().clone(),
            description: $details.description().to_owned(),
            presentation: $details.presentation().clone(),
            price: $details.price(),
        }
        .into()
    };
}

/// Where a new product's id comes from: it decides what a repeated request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// An administrator chose it.
    Chosen,
    /// It derives from an administrator and an idempotency key.
    Derived,
    /// It is new.
    Random,
}

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such product, or it left the street.
    #[error("there is no such product")]
    NotFound,
    /// Another product has this id.
    #[error("a product with this id exists and is not the same; choose another id, or change that product with PUT")]
    IdTaken,
    /// A deleted product has this id.
    #[error("this id belongs to a product that was deleted; restore it, or choose another id")]
    IdRetired,
    /// The change is meant for another version.
    #[error("the product is at version {current}, and If-Match names another; read it again")]
    Stale {
        /// The version that it is at.
        current: Version,
    },
    /// The product that this key made was asked for with other content.
    #[error("this Idempotency-Key was already used with another request body")]
    KeyReused,
}

/// The version that a product is at, and the one that a change is meant for.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Where it is.
    pub current: Version,
    /// Where it has to be.
    pub wanted: &'a Precondition,
}

impl Expected<'_> {
    fn check(self) -> Result<(), Refusal> {
        if self.wanted.holds(self.current) { Ok(()) } else { Err(Refusal::Stale { current: self.current }) }
    }
}

/// Creates a product. The same request again creates nothing more.
///
/// # Errors
/// [`Refusal::KeyReused`] for a derived id, else [`Refusal::IdTaken`], when the id names another product;
/// [`Refusal::IdRetired`] when that was deleted: an id never comes to mean something new.
pub fn create(
    product: &Product,
    product_id: &ProductId,
    identity: Identity,
    details: &Details,
    stock: u32,
) -> Result<Vec<CatalogEvent>, Refusal> {
    let Some(known) = product.known() else {
        return Ok(vec![
            ProductCreated {
                product_id: product_id.clone(),
                name: details.name().to_owned(),
                names: details.names().clone(),
                description: details.description().to_owned(),
                presentation: details.presentation().clone(),
                price: details.price(),
                stock,
            }
            .into(),
        ]);
    };
    let same = known.created_as == *details && known.initial_stock == stock;
    match identity {
        Identity::Derived if same => Ok(Vec::new()),
        Identity::Derived => Err(Refusal::KeyReused),
        // A random id is repeated only when an append's answer was lost.
        Identity::Chosen | Identity::Random if same && !known.deleted => Ok(Vec::new()),
        Identity::Chosen | Identity::Random if known.deleted => Err(Refusal::IdRetired),
        Identity::Chosen | Identity::Random => Err(Refusal::IdTaken),
    }
}

/// Makes a change. Nothing happens when nothing differs, whatever version it is meant for: then it was made already, by the
/// same request perhaps, whose answer was lost.
///
/// # Errors
/// [`Refusal::NotFound`], also for a deleted product; [`Refusal::Stale`].
pub fn update(product: &Product, at: Expected<'_>, change: &Change) -> Result<Vec<CatalogEvent>, Refusal> {
    let known = product.known().filter(|known| !known.deleted).ok_or(Refusal::NotFound)?;
    let product_id = known.product_id.clone();
    let details = change.of(&known.details);
    if known.details == details {
        return Ok(Vec::new());
    }
    at.check()?;
    let same_words = known.details.name() == details.name()
        && known.details.names() == details.names()
        && known.details.description() == details.description()
        && known.details.presentation() == details.presentation();
    if same_words {
        let changed = ProductPriceChanged { product_id, price: details.price(), source_sequence: None };
        return Ok(vec![changed.into()]);
    }
    Ok(vec![told!(ProductUpdated, product_id, details)])
}

/// Takes a product out of the street, once.
///
/// # Errors
/// [`Refusal::NotFound`] when there never was one; [`Refusal::Stale`].
pub fn delete(product: &Product, at: Expected<'_>) -> Result<Vec<CatalogEvent>, Refusal> {
    let known = product.known().ok_or(Refusal::NotFound)?;
    if known.deleted {
        return Ok(Vec::new());
    }
    at.check()?;
    Ok(vec![ProductDeleted { product_id: known.product_id.clone() }.into()])
}

/// Brings a deleted product back as it was, once.
///
/// # Errors
/// [`Refusal::NotFound`] when there never was one; [`Refusal::Stale`].
pub fn restore(product: &Product, at: Expected<'_>) -> Result<Vec<CatalogEvent>, Refusal> {
    let known = product.known().ok_or(Refusal::NotFound)?;
    if !known.deleted {
        return Ok(Vec::new());
    }
    at.check()?;
    Ok(vec![told!(ProductRestored, known.product_id.clone(), known.details)])
}
