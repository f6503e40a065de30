//! Why a change of a cart comes to nothing.

use shotengai_kernel::{ProductId, Quantity};

use super::Standing;
use crate::orders::domain::MAX_LINES;

/// A cart that has moved on since the caller read it, as it stands now.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the cart is at version {}, and If-Match names another", .0.version())]
pub struct Stale(pub Box<Standing>);

/// Why a change is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CartRefusal {
    /// Another device was first.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The product to be changed is not in it.
    #[error("{0} is not in the cart")]
    NotInCart(ProductId),
    /// It has as many products as an order can have.
    #[error("a cart has at most {MAX_LINES} products")]
    TooManyLines,
    /// So many pieces of a product can't be ordered.
    #[error("with these, the cart would have more than {max} pieces of {0}", max = Quantity::MAX)]
    TooManyPieces(ProductId),
    /// No such product is for sale.
    #[error("{0} is not for sale")]
    NotForSale(ProductId),
    /// The key has been used for other pieces.
    #[error("this Idempotency-Key was already used for another product or quantity")]
    KeyReused,
}
