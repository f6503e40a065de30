//! Look-up of a product for other services.

use shotengai_contracts::api::internal::InternalProduct;
use shotengai_kernel::{AggregateId, ProductId};
use shotengai_messaging::Fault;

use crate::aggregate::Products;

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
