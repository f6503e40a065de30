//! Order's refusals, as clients see them.

use shotengai_contracts::api::orders::{
    EMPTY_ORDER, ORDER_ALREADY_SHIPPED, ORDER_NOT_SHIPPABLE, TOO_MANY_LINES, TOO_MANY_PENDING_ORDERS,
    TOTAL_OUT_OF_RANGE, UNKNOWN_PRODUCT,
};
use shotengai_contracts::api::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE};
use shotengai_runtime::Problem;

use crate::orders::cancel::NoteError;
use crate::orders::domain::{LinesError, Refusal};
use crate::orders::place::PlaceRefusal;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotFound => Self::not_found(detail),
            Refusal::KeyReused => Self::of(&IDEMPOTENCY_KEY_REUSED).detail(detail),
            Refusal::NotShippable(_) | Refusal::Refunded => Self::of(&ORDER_NOT_SHIPPABLE).detail(detail),
            Refusal::AlreadyShipped => Self::of(&ORDER_ALREADY_SHIPPED).detail(detail),
        }
    }
}

impl From<LinesError> for Problem {
    fn from(error: LinesError) -> Self {
        let of = match error {
            LinesError::Empty => &EMPTY_ORDER,
            LinesError::TooMany(_) => &TOO_MANY_LINES,
            LinesError::TooManyPieces { .. } => &OUT_OF_RANGE,
            LinesError::NotForSale { .. } => &UNKNOWN_PRODUCT,
            LinesError::Total(_) => &TOTAL_OUT_OF_RANGE,
        };
        Self::of(of).detail(error.to_string()).pointer(error.pointer())
    }
}

impl From<PlaceRefusal> for Problem {
    fn from(refusal: PlaceRefusal) -> Self {
        match refusal {
            PlaceRefusal::Lines(error) => error.into(),
            PlaceRefusal::Order(refusal) => refusal.into(),
            PlaceRefusal::Pending(too_many) => Self::of(&TOO_MANY_PENDING_ORDERS).detail(too_many.to_string()),
        }
    }
}

impl From<NoteError> for Problem {
    fn from(error: NoteError) -> Self {
        Self::of(&INVALID_TEXT).detail(error.to_string()).pointer(error.pointer())
    }
}
