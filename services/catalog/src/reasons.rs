//! Why catalog sets something aside, a record of the price stream or a message of the image bucket, beside the reasons that
//! every consumer has.

use shotengai_messaging::Reason;

/// JSON, but no price of a product.
pub const NOT_A_PRICE: Reason = Reason::new("not_a_price", "JSON, but no price of a product in the shop's currency");
/// There never was such a product.
pub const UNKNOWN_PRODUCT: Reason = Reason::new("unknown_product", "a price of a product that there never was");
/// The product was deleted.
pub const DELETED_PRODUCT: Reason = Reason::new("deleted_product", "a price of a product that was deleted");

/// A message that is no notification of S3.
pub const NOT_A_NOTIFICATION: Reason =
    Reason::new("not_a_notification", "a message in the queue of the image bucket that is no notification of S3");

/// Those of the price stream.
pub const PRICE_REASONS: [Reason; 3] = [NOT_A_PRICE, UNKNOWN_PRODUCT, DELETED_PRODUCT];
/// Those of images.
pub const IMAGE_REASONS: [Reason; 1] = [NOT_A_NOTIFICATION];
/// All of them.
pub const REASONS: [Reason; 4] = [NOT_A_PRICE, UNKNOWN_PRODUCT, DELETED_PRODUCT, NOT_A_NOTIFICATION];
