//! An administrator adds pieces to a known product.

use shotengai_contracts::{Metadata, aggregates};
use shotengai_kernel::{ProductId, Quantity, UserId, Version};
use shotengai_messaging::CommandError;
use uuid::Uuid;

use crate::domain::{Declined, Request};
use crate::stock_service::{Asked, StockService};

/// The namespace of additions that are named by an idempotency key (RFC 9562, version 5). Must never change.
const KEYED_ADDITIONS: Uuid = Uuid::from_u128(0x5f0c_9b2e_3d41_4c87_9a6e_71d2_08b4_c3f5);

/// Why pieces can't be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddRefusal {
    /// Nobody has introduced the product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The key has been used for another quantity.
    #[error("the idempotency key was used for another quantity")]
    KeyReused,
    /// The product has more pieces than can be counted.
    #[error("{0}")]
    Impossible(&'static str),
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
/// [`CommandError`]; repeat after a fault, with the same addition id.
pub async fn add_stock(
    stock_service: &StockService,
    product: &ProductId,
    addition_id: Uuid,
    quantity: Quantity,
    meta: Metadata,
) -> Result<Added, CommandError<AddRefusal>> {
    let request = Request::Add { product: product.clone(), addition: addition_id, quantity };
    let answer = stock_service.carry_out(&[Asked { request, meta }]).await.into_iter().next();
    match answer.unwrap_or(Err(CommandError::Contended)) {
        Ok(()) => {
            let stock = stock_service.stocks().load(&aggregates::stock(product)).await?;
            Ok(Added { addition_id, version: stock.version })
        }
        Err(CommandError::Refused(declined)) => Err(refused(declined)),
        Err(CommandError::Fault(fault)) => Err(CommandError::Fault(fault)),
        Err(CommandError::Contended) => Err(CommandError::Contended),
        Err(CommandError::Unwritable(why)) => Err(CommandError::Unwritable(why)),
    }
}

fn refused(declined: Declined) -> CommandError<AddRefusal> {
    CommandError::Refused(match declined {
        Declined::UnknownProduct => AddRefusal::UnknownProduct,
        Declined::OtherAddition => AddRefusal::KeyReused,
        Declined::Impossible(why) => AddRefusal::Impossible(why),
        // No addition waits for anything.
        Declined::Wait(_) => return CommandError::Contended,
    })
}
