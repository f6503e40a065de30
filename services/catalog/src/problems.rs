//! Catalog's refusals, as clients see them.

use shotengai_contracts::api::parameter::IF_MATCH;
use shotengai_contracts::api::products::PRODUCT_EXISTS;
use shotengai_contracts::api::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE, PRECONDITION_FAILED};
use shotengai_runtime::Problem;
use shotengai_runtime::http::Named;

use crate::domain::{DetailsError, Refusal};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotFound => Self::not_found(detail),
            Refusal::IdTaken | Refusal::IdRetired => Self::of(&PRODUCT_EXISTS).detail(detail),
            Refusal::Stale { .. } => {
                Self::of(&PRECONDITION_FAILED).detail(detail).at_header(IF_MATCH.name.to_ascii_lowercase())
            }
            Refusal::KeyReused => Self::of(&IDEMPOTENCY_KEY_REUSED).detail(detail),
        }
    }
}

/// One answer about every bad field, of the type of the first.
pub(crate) fn bad_fields(faults: &[DetailsError]) -> Problem {
    let of = match faults.first() {
        Some(DetailsError::Price(_) | DetailsError::Stock | DetailsError::Categories) | None => &OUT_OF_RANGE,
        Some(_) => &INVALID_TEXT,
    };
    let named = faults.iter().map(|fault| Named::pointer(fault.pointer(), fault.to_string()));
    Problem::of(of).errors(named)
}
