//! What DynamoDB takes, checked before anything is sent: a refusal half-way is harder to explain.

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::Item;

/// The most bytes of an item, names included.
pub(super) const ITEM_MAX_BYTES: usize = 400 * 1024;
/// The most items of a transaction.
pub(super) const TRANSACT_MAX_ITEMS: usize = 100;
/// The most bytes of a transaction's items.
pub(super) const TRANSACT_MAX_BYTES: usize = 4 * 1024 * 1024;
/// The most statements of one `BatchExecuteStatement`.
pub(super) const BATCH_STATEMENTS_MAX: usize = 25;
/// The most keys of one `BatchGetItem`.
pub(super) const BATCH_GET_MAX: usize = 100;
/// Indexing and framing that DynamoDB counts beside names and values, by the outside.
const ITEM_OVERHEAD: usize = 100;

/// An item's size as DynamoDB counts it, a little too large rather than too small.
pub(super) fn size(item: &Item) -> usize {
    let attributes: usize = item
        .iter()
        .map(|(name, value)| {
            let bytes = match value {
                AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
                _ => 1,
            };
            name.len() + bytes
        })
        .sum();
    attributes + ITEM_OVERHEAD
}
