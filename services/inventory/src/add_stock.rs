//! An administrator adds pieces to a known product.

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, ProductId, Quantity, UserId, Version};
use shotengai_messaging::{Fault, FaultKind};
use uuid::Uuid;

use crate::desk::{Asked, Desk, Undecided};
use crate::domain::{Outcome, Request};

/// The namespace of additions that are named by an idempotency key (RFC 9562, version 5). Must never change.
const KEYED_ADDITIONS: Uuid = Uuid::from_u128(0x5f0c_9b2e_3d41_4c87_9a6e_71d2_08b4_c3f5);

/// Why pieces were not added.
#[derive(Debug, thiserror::Error)]
pub enum AddStockError {
    /// Nobody has introduced the product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The key has been used for another quantity.
    #[error("the idempotency key was used for another quantity")]
    KeyReused,
    /// The product has more pieces than can be counted.
    #[error("{0}")]
    Impossible(&'static str),
    /// Other writers were first every time; try again.
    #[error("too many writers on the same stock")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Fault(Fault),
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The addition.
    pub addition_id: Uuid,
    /// A version of the product's stock that has the pieces.
    pub version: Version,
}

/// The id of the addition that a person asks for under a key. The same key of another person or for another product is
/// another addition.
#[must_use]
pub fn keyed_addition(user: &UserId, key: &str, product: &ProductId) -> Uuid {
    // Neither id can hold a line break, so the parts can't run into each other.
    Uuid::new_v5(&KEYED_ADDITIONS, format!("{user}\n{product}\n{key}").as_bytes())
}

/// Adds pieces, once an addition id.
///
/// # Errors
/// [`AddStockError`].
pub async fn add_stock(
    desk: &Desk,
    product: &ProductId,
    addition_id: Uuid,
    quantity: Quantity,
    meta: Metadata,
) -> Result<Added, AddStockError> {
    let request = Request::Add { product: product.clone(), addition: addition_id, quantity };
    match desk.carry_out(&[Asked { request, meta }]).await.into_iter().next() {
        Some(Ok(Outcome::Done)) => {
            let stock = desk.stocks().load(&AggregateId::stock(product)).await;
            let stock = stock.map_err(AddStockError::Fault)?;
            Ok(Added { addition_id, version: stock.version })
        }
        Some(Ok(Outcome::UnknownProduct)) => Err(AddStockError::UnknownProduct),
        Some(Ok(Outcome::OtherAddition)) => Err(AddStockError::KeyReused),
        Some(Ok(Outcome::Impossible(why))) => Err(AddStockError::Impossible(why)),
        Some(Ok(Outcome::Wait(_) | Outcome::NoRoom | Outcome::Stale) | Err(Undecided::Contended)) | None => {
            Err(AddStockError::Contended)
        }
        Some(Err(Undecided::Fault(fault))) => Err(AddStockError::Fault(fault)),
        Some(Err(Undecided::Unwritable(why))) => {
            Err(AddStockError::Fault(Fault::new(FaultKind::Permanent, "add stock", why)))
        }
    }
}
