//! Order's refusals, as clients see them.

use shotengai_runtime::Problem;

use crate::cancel::NoteError;
use crate::domain::{LinesError, Refusal};
use crate::place::PlaceError;

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

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::Lines(error) => error.into(),
            PlaceError::Fault(fault) => fault.into(),
            PlaceError::Execute(error) => error.into(),
        }
    }
}

impl From<NoteError> for Problem {
    fn from(error: NoteError) -> Self {
        Self::unprocessable("invalid-text", error.to_string()).pointer(error.pointer())
    }
}
