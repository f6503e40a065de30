//! Asking catalog.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use shotengai_kernel::{Currency, Money, Names, ProductId, Version};
use shotengai_messaging::{Fault, FaultKind};
use shotengai_runtime::Neighbour;

use crate::domain::Offer;
use crate::prices::Listed;

const OPERATION: &str = "catalog.GetProduct";

/// Catalog, which knows all products. Cheap to clone.
#[derive(Clone)]
pub struct CatalogClient {
    catalog: Neighbour,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    #[serde(default)]
    names: Names,
    price: serde_json::Number,
    currency: Currency,
    version: Version,
    deleted: bool,
}

impl CatalogClient {
    /// Asks this catalog; one question takes at most `timeout`.
    #[must_use]
    pub const fn new(catalog: Neighbour, timeout: Duration) -> Self {
        Self { catalog, timeout }
    }

    /// The product now, as catalog's own consistent read has it; none if there never was one.
    ///
    /// # Errors
    /// A [`Fault`]: transient when catalog is away, permanent when it doesn't take our credentials or answers nonsense.
    pub async fn product(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        // An id has only characters that need no escaping.
        let path = format!("/internal/products/{product}");
        let answer = self.catalog.get(OPERATION, &path, self.timeout).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(answer.refusal(OPERATION)),
        }
        let answer: Answer =
            serde_json::from_slice(&answer.body).map_err(|error| Fault::new(FaultKind::Permanent, OPERATION, error))?;
        listed(answer).map(Some)
    }
}

fn listed(answer: Answer) -> Result<Listed, Fault> {
    let price = Money::from_major_number(&answer.price, answer.currency)
        .map_err(|error| Fault::new(FaultKind::Permanent, OPERATION, error))?;
    let offer = (!answer.deleted).then_some(Offer { name: answer.name, names: answer.names, price });
    Ok(Listed { version: answer.version, offer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_product_has_no_offer() {
        let answer = |deleted| Answer {
            name: "きのこの山".to_owned(),
            names: Names::default(),
            price: 200.into(),
            currency: Currency::JPY,
            version: Version::new(3),
            deleted,
        };
        assert_eq!(listed(answer(true)).unwrap().offer, None);
        assert_eq!(listed(answer(false)).unwrap().offer.unwrap().price.minor(), 200);
    }
}
