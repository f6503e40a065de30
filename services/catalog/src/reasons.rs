//! Why catalog sets a record of the price stream aside, beside the reasons that every consumer has.

use shotengai_messaging::Reason;

/// JSON, but no price of a product.
pub const NOT_A_PRICE: Reason = Reason::new("not_a_price", "JSON, but no price of a product in the shop's currency");
/// There never was such a product.
pub const UNKNOWN_PRODUCT: Reason = Reason::new("unknown_product", "a price of a product that there never was");
/// The product was deleted.
pub const DELETED_PRODUCT: Reason = Reason::new("deleted_product", "a price of a product that was deleted");

/// All of them.
pub const REASONS: [Reason; 3] = [NOT_A_PRICE, UNKNOWN_PRODUCT, DELETED_PRODUCT];
