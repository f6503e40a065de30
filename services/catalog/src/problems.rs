//! Catalog's refusals, as clients see them.

use shotengai_runtime::Problem;

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

impl From<DetailsError> for Problem {
    fn from(error: DetailsError) -> Self {
        let slug = match error {
            DetailsError::Name | DetailsError::Description => "invalid-text",
            DetailsError::Price(_) | DetailsError::Stock => "out-of-range",
        };
        Self::unprocessable(slug, error.to_string()).pointer(error.pointer())
    }
}
