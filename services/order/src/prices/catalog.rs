//! Asking catalog.

use std::time::Duration;

use shotengai_contracts::api::INTERNAL_PRODUCT;
use shotengai_contracts::api::internal::{InternalProduct, NO_SUCH_PRODUCT};
use shotengai_kernel::{Decimal, Money, ProductId};
use shotengai_messaging::{Fault, FaultKind};
use shotengai_runtime::Neighbour;

use crate::prices::{Listed, Offer};

const OPERATION: &str = "catalog.GetProduct";

/// Catalog, which knows all products. Cheap to clone.
#[derive(Clone)]
pub struct CatalogClient {
    catalog: Neighbour,
    timeout: Duration,
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
    /// A [`Fault`]: transient when catalog is away, denied when it doesn't take our credentials or is not catalog at all,
    /// permanent when it answers nonsense.
    pub async fn product(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        match self.catalog.ask(OPERATION, INTERNAL_PRODUCT, product, self.timeout).await? {
            Ok(answer) => listed(answer).map(Some),
            // Other 404s say that there is no such path, from a proxy or from a server that is not catalog: nothing about
            // a product, and customers must not hear that it is not for sale.
            Err(refusal) if refusal.is(&NO_SUCH_PRODUCT) => Ok(None),
            Err(refusal) => Err(refusal.refusal(OPERATION)),
        }
    }
}

fn listed(answer: InternalProduct) -> Result<Listed, Fault> {
    let price = Money::from_major(&Decimal::from(&answer.price), answer.currency)
        .map_err(|error| Fault::new(FaultKind::Permanent, OPERATION, error))?;
    let offer = (!answer.deleted).then_some(Offer { name: answer.name, names: answer.names, price });
    Ok(Listed { version: answer.version, offer })
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::{Currency, Names, Version};

    use super::*;

    #[test]
    fn a_deleted_product_has_no_offer() {
        let answer = |deleted| InternalProduct {
            product_id: ProductId::parse("prod_kinoko").unwrap(),
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
