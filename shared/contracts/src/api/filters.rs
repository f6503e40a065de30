//! Filters and orders of lists: parameters of the query string that choose entries, and what they are sorted by.

use schemars::{JsonSchema, json_schema};
use serde::{Deserialize, Serialize};
use shotengai_kernel::{ProductId, UserId};

use super::parameter::Parameter;

macro_rules! sorts {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$each])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

sorts! {
    /// What products are sorted by. Those that are equal in it come by id.
    ProductSort {
        /// By when they came on sale, the first one first.
        Oldest = "oldest",
        /// By when they came on sale, the last one first.
        Newest = "newest",
        /// By price, the lowest first.
        Price = "price",
        /// By price, the highest first.
        PriceDown = "-price",
        /// By the product's own name, letter by letter; Latin capitals are as small ones.
        Name = "name",
    }
}

sorts! {
    /// What orders are sorted by. Those that are equal in it come by id.
    OrderSort {
        /// By when they were placed, the last one first.
        Newest = "newest",
        /// By when they were placed, the first one first.
        Oldest = "oldest",
    }
}

sorts! {
    /// What payments are sorted by. Those that are equal in it come by id.
    PaymentSort {
        /// By when they began, the last one first.
        Newest = "newest",
        /// By when they began, the first one first.
        Oldest = "oldest",
        /// By amount, the lowest first.
        Amount = "amount",
        /// By amount, the highest first.
        AmountDown = "-amount",
    }
}

sorts! {
    /// What open carts are sorted by. Those that are equal in it come by id.
    CartSort {
        /// By their last change, the last one first.
        Newest = "newest",
        /// By their last change, the first one first.
        Oldest = "oldest",
        /// By value, the lowest first.
        Value = "value",
        /// By value, the highest first.
        ValueDown = "-value",
    }
}

/// What open carts are sorted by.
pub const CART_SORT: Parameter = Parameter::query(
    "sort",
    "What carts are sorted by: their last change, or what is in them at the prices that they remember, in minor units. Newest first \
     unless said.",
    |generator| generator.subschema_for::<CartSort>(),
    "-value",
);

sorts! {
    /// What stock is sorted by. What is equal in it comes by product.
    StockSort {
        /// By product.
        Product = "product_id",
        /// By how many pieces can be ordered, the lowest first.
        Available = "available",
        /// By how many pieces can be ordered, the highest first.
        AvailableDown = "-available",
    }
}

sorts! {
    /// What customers are sorted by. Those that are equal in it come by id.
    CustomerSort {
        /// By their last order, the last one first.
        Newest = "newest",
        /// By their last order, the first one first.
        Oldest = "oldest",
        /// By what they paid and was not given back, the lowest first.
        Spent = "spent",
        /// By what they paid and was not given back, the highest first.
        SpentDown = "-spent",
        /// By how many orders they placed, the lowest first.
        Orders = "orders",
        /// By how many orders they placed, the highest first.
        OrdersDown = "-orders",
    }
}

/// What stock is sorted by.
pub const STOCK_SORT: Parameter = Parameter::query(
    "sort",
    "What stock is sorted by: the product, or how many pieces can be ordered. By product unless said.",
    |generator| generator.subschema_for::<StockSort>(),
    "available",
);

/// What customers are sorted by.
pub const CUSTOMER_SORT: Parameter = Parameter::query(
    "sort",
    "What customers are sorted by: their last order, how many they placed, or what they paid in the street's currency and was not \
     given back. Newest first unless said.",
    |generator| generator.subschema_for::<CustomerSort>(),
    "-spent",
);

/// What payments are sorted by.
pub const PAYMENT_SORT: Parameter = Parameter::query(
    "sort",
    "What payments are sorted by: when they began, or their amount in minor units. Newest first unless said.",
    |generator| generator.subschema_for::<PaymentSort>(),
    "-amount",
);

/// What products are sorted by.
pub const PRODUCT_SORT: Parameter = Parameter::query(
    "sort",
    "What products are sorted by: when they came on sale, their price, or the product's own name. Oldest first unless said.",
    |generator| generator.subschema_for::<ProductSort>(),
    "price",
);

/// What orders are sorted by.
pub const ORDER_SORT: Parameter = Parameter::query(
    "sort",
    "What orders are sorted by: when they were placed. Newest first unless said.",
    |generator| generator.subschema_for::<OrderSort>(),
    "oldest",
);

/// The longest name of a category: four levels of 40 characters.
pub const LONGEST_CATEGORY: usize = 163;

/// Only products of a category.
pub const CATEGORY: Parameter = Parameter::query(
    "category",
    "Only products of this category, or of one below it: `sweets` has those of `sweets/chocolate`.",
    |_| json_schema!({ "type": "string", "pattern": "^[a-z0-9-]+(/[a-z0-9-]+){0,3}$", "maxLength": LONGEST_CATEGORY }),
    "sweets",
);

/// Only products at this price or a higher one.
pub const MIN_PRICE: Parameter = Parameter::query(
    "min_price",
    "Only products at this price or a higher one, in major units of the street's currency.",
    |_| json_schema!({ "type": "number", "minimum": 0 }),
    "100",
);

/// Only products at this price or a lower one.
pub const MAX_PRICE: Parameter = Parameter::query(
    "max_price",
    "Only products at this price or a lower one, in major units of the street's currency.",
    |_| json_schema!({ "type": "number", "minimum": 0 }),
    "500",
);

/// Only products that can be ordered now, or only those that can't.
pub const IN_STOCK: Parameter = Parameter::query(
    "in_stock",
    "`true` for products that can be ordered now only, `false` for those only that can't.",
    |_| json_schema!({ "type": "boolean" }),
    "true",
);

/// Only orders that were placed after a moment.
pub const PLACED_AFTER: Parameter = Parameter::query(
    "placed_after",
    "Only orders that were placed after this moment (RFC 3339).",
    |_| json_schema!({ "type": "string", "format": "date-time" }),
    "2026-11-01T00:00:00Z",
);

/// Only orders that were placed before a moment.
pub const PLACED_BEFORE: Parameter = Parameter::query(
    "placed_before",
    "Only orders that were placed before this moment (RFC 3339).",
    |_| json_schema!({ "type": "string", "format": "date-time" }),
    "2026-12-01T00:00:00Z",
);

/// Only orders with a product in them.
pub const ORDERED_PRODUCT: Parameter = Parameter::query(
    "product_id",
    "Only orders with this product in them.",
    |generator| generator.subschema_for::<ProductId>(),
    "prod_kinoko",
);

/// Only orders of a person.
pub const ORDERED_BY: Parameter = Parameter::query(
    "user_id",
    "Only orders of this person. Others than one's own are for administrators: 400 `invalid-parameter`.",
    |generator| generator.subschema_for::<UserId>(),
    "usr_019acb5c36b4700088f1a1f7d7f2b0c4",
);
