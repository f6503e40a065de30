//! Order's refusals, as clients see them.

use shotengai_runtime::Problem;

use crate::cancel::NoteError;
use crate::domain::{LinesError, Refusal};
use crate::place::PlaceRefusal;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotFound => Self::not_found(detail),
            Refusal::KeyReused => Self::unprocessable("idempotency-key-reused", detail),
            Refusal::NotShippable(_) => Self::conflict("order-not-shippable", detail),
            Refusal::AlreadyShipped => Self::conflict("order-already-shipped", detail),
        }
    }
}

impl From<LinesError> for Problem {
    fn from(error: LinesError) -> Self {
        let slug = match error {
            LinesError::Empty => "empty-order",
            LinesError::TooMany(_) => "too-many-lines",
            LinesError::TooManyPieces { .. } => "out-of-range",
            LinesError::NotForSale { .. } => "unknown-product",
            LinesError::Total(_) => "total-out-of-range",
        };
        Self::unprocessable(slug, error.to_string()).pointer(error.pointer())
    }
}

impl From<PlaceRefusal> for Problem {
    fn from(refusal: PlaceRefusal) -> Self {
        match refusal {
            PlaceRefusal::Lines(error) => error.into(),
            PlaceRefusal::Order(refusal) => refusal.into(),
        }
    }
}

impl From<NoteError> for Problem {
    fn from(error: NoteError) -> Self {
        Self::unprocessable("invalid-text", error.to_string()).pointer(error.pointer())
    }
}
