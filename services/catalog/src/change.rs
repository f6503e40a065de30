//! Updating and deleting a product.

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, Names, Precondition, ProductId, Version};
use shotengai_messaging::{CommandError, Loaded};

use crate::aggregate::Products;
use crate::domain::{Details, Expected, Product, Refusal, delete, update};

/// Sets name, description and price anew, and the names in other languages if they are given; returns the product's version afterwards.
///
/// # Errors
/// [`CommandError`]; repeat after a fault.
pub async fn update_product(
    products: &Products,
    product_id: &ProductId,
    wanted: &Precondition,
    details: &Details,
    names: Option<&Names>,
    meta: &Metadata,
) -> Result<Version, CommandError<Refusal>> {
    let decide = |product: &Loaded<Product>| update(&product.state, at(product, wanted), details, names);
    products.execute(&AggregateId::from(product_id), meta, decide).await.map(|executed| executed.loaded.version)
}

/// Takes a product out of the street; returns its version afterwards. Orders that have it go on.
///
/// # Errors
/// [`CommandError`]; repeat after a fault.
pub async fn delete_product(
    products: &Products,
    product_id: &ProductId,
    wanted: &Precondition,
    meta: &Metadata,
) -> Result<Version, CommandError<Refusal>> {
    let decide = |product: &Loaded<Product>| delete(&product.state, at(product, wanted));
    products.execute(&AggregateId::from(product_id), meta, decide).await.map(|executed| executed.loaded.version)
}

const fn at<'a>(product: &Loaded<Product>, wanted: &'a Precondition) -> Expected<'a> {
    Expected { current: product.version, wanted }
}
