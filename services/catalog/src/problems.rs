//! Catalog's refusals, as clients see them.

use actix_web::http::StatusCode;
use shotengai_runtime::Problem;
use shotengai_runtime::http::Named;

use crate::domain::{DetailsError, Refusal};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotFound => Self::not_found(detail),
            Refusal::IdTaken => Self::conflict("product-exists", detail),
            Refusal::KeyReused => Self::unprocessable("idempotency-key-reused", detail),
        }
    }
}

/// One answer about every bad field, of the type of the first.
pub(crate) fn bad_fields(faults: &[DetailsError]) -> Problem {
    let slug = match faults.first() {
        Some(DetailsError::Name(_) | DetailsError::Names(_) | DetailsError::Description(_)) => "invalid-text",
        _ => "out-of-range",
    };
    let named = faults.iter().map(|fault| Named::pointer(fault.pointer(), fault.to_string()));
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, slug, "Not acceptable").errors(named)
}
