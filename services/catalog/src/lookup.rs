//! What other services are told of a product.

use serde::Serialize;
use shotengai_kernel::{AggregateId, Currency, Names, ProductId, Version};
use shotengai_messaging::Fault;

use crate::aggregate::Products;

/// A product as `GET /internal/products/{id}` answers it.
#[derive(Debug, Serialize)]
pub struct InternalProduct {
    product_id: ProductId,
    name: String,
    #[serde(skip_serializing_if = "Names::is_empty")]
    names: Names,
    price: serde_json::Number,
    currency: Currency,
    version: Version,
    deleted: bool,
}

/// The product now, deleted ones included: read from the event store, never behind. None if there never was one.
///
/// # Errors
/// A [`Fault`] of the store.
pub async fn internal_product(products: &Products, id: &ProductId) -> Result<Option<InternalProduct>, Fault> {
    let loaded = products.load(&AggregateId::from(id)).await?;
    let Some(known) = loaded.state.known() else { return Ok(None) };
    let price = known.details.price();
    Ok(Some(InternalProduct {
        product_id: known.product_id.clone(),
        name: known.details.name().to_owned(),
        names: known.details.names().clone(),
        price: price.to_major_number(),
        currency: price.currency(),
        version: loaded.version,
        deleted: known.deleted,
    }))
}
