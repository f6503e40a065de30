//! Creating a product.

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, IdGenerator, ProductId, UserId};
use shotengai_messaging::{CommandError, Loaded};
use uuid::Uuid;

use crate::aggregate::Products;
use crate::domain::{Details, Identity, Product, Refusal, create};

/// Where ids that derive from a key live: no other derivation in the street uses it.
const NAMESPACE: Uuid = Uuid::from_u128(0x2d94_e1b7_08c3_4a6f_b5d2_71f0_9ce8_4476);

/// A wish for a product.
#[derive(Debug)]
pub struct CreateProduct {
    /// The administrator.
    pub user_id: UserId,
    /// The id, if the administrator chose one.
    pub chosen_id: Option<ProductId>,
    /// Makes a repeated wish without a chosen id the same wish.
    pub key: Option<String>,
    /// Name, description, price.
    pub details: Details,
    /// Pieces it starts with.
    pub stock: u32,
}

impl CreateProduct {
    fn identity(&self, ids: &dyn IdGenerator) -> (ProductId, Identity) {
        match (&self.chosen_id, &self.key) {
            (Some(chosen), _) => (chosen.clone(), Identity::Chosen),
            (None, Some(key)) => {
                // An id has no line break, so no two pairs give one name.
                let name = format!("{}\n{key}", self.user_id);
                (ProductId::from_uuid(Uuid::new_v5(&NAMESPACE, name.as_bytes())), Identity::Derived)
            }
            (None, None) => (ProductId::from_uuid(ids.uuid_v7()), Identity::Random),
        }
    }
}

/// Creates a product, or finds that the same request has created it before. Durable when it returns.
///
/// # Errors
/// [`CommandError`]; repeat after a fault, with the same key or id.
pub async fn create_product(
    products: &Products,
    wanted: &CreateProduct,
    meta: &Metadata,
) -> Result<ProductId, CommandError<Refusal>> {
    let (product_id, identity) = wanted.identity(products.writer().ports().ids.as_ref());
    let decide =
        |product: &Loaded<Product>| create(&product.state, &product_id, identity, &wanted.details, wanted.stock);
    products.execute(&AggregateId::from(&product_id), meta, decide).await?;
    Ok(product_id)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shotengai_kernel::{Currency, ManualClock, Ports};

    use super::*;

    fn identity(user: &str, chosen: Option<&str>, key: Option<&str>, ports: &Ports) -> (ProductId, Identity) {
        let wanted = CreateProduct {
            user_id: UserId::parse(user).unwrap(),
            chosen_id: chosen.map(|id| ProductId::parse(id).unwrap()),
            key: key.map(str::to_owned),
            details: Details::parse("a", "", &200.into(), Currency::JPY).unwrap(),
            stock: 0,
        };
        wanted.identity(ports.ids.as_ref())
    }

    #[test]
    fn a_key_makes_one_product_a_person_unless_an_id_was_chosen() {
        let ports = Ports::seeded(1, Arc::new(ManualClock::default()));
        let derived = identity("usr_1", None, Some("k"), &ports);
        assert_eq!(derived.1, Identity::Derived);
        assert_eq!(derived, identity("usr_1", None, Some("k"), &ports));
        assert_ne!(derived.0, identity("usr_2", None, Some("k"), &ports).0);
        assert_eq!(identity("usr_1", Some("prod_1"), Some("k"), &ports).0.as_str(), "prod_1");
        let random = identity("usr_1", None, None, &ports);
        assert_ne!(random, identity("usr_1", None, None, &ports));
    }
}
