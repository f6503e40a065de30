//! Updating, deleting and restoring a product.

use shotengai_contracts::Metadata;
use shotengai_kernel::{AggregateId, Precondition, ProductId, Version};
use shotengai_messaging::{CommandError, Loaded};

use crate::aggregate::Products;
use crate::domain::{Change, Expected, Product, Refusal, delete, restore, update};

/// Changes a product; returns its version afterwards.
///
/// # Errors
/// [`CommandError`]; repeat after a fault.
pub async fn update_product(
    products: &Products,
    product_id: &ProductId,
    wanted: &Precondition,
    change: &Change,
    meta: &Metadata,
) -> Result<Version, CommandError<Refusal>> {
    let decide = |product: &Loaded<Product>| update(&product.state, at(product, wanted), change);
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

/// Brings a deleted product back; returns its version afterwards.
///
/// # Errors
/// [`CommandError`]; repeat after a fault.
pub async fn restore_product(
    products: &Products,
    product_id: &ProductId,
    wanted: &Precondition,
    meta: &Metadata,
) -> Result<Version, CommandError<Refusal>> {
    let decide = |product: &Loaded<Product>| restore(&product.state, at(product, wanted));
    products.execute(&AggregateId::from(product_id), meta, decide).await.map(|executed| executed.loaded.version)
}

const fn at<'a>(product: &Loaded<Product>, wanted: &'a Precondition) -> Expected<'a> {
    Expected { current: product.version, wanted }
}
