//! Every event of the street. Each belongs to one service, the only one that writes it.

mod billing;
mod catalog;
mod images;
mod inventory;
mod order;
mod owned;
mod refunds;

use std::fmt;

pub use billing::{
    CaptureStarted, DeclineStage, PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentRefunded, PaymentVoided,
    RefundStarted, ShopRefundDeclined, ShopRefundPaid, ShopRefundStarted, VoidStarted,
};
pub use catalog::{Presentation, ProductCreated, ProductDeleted, ProductPriceChanged, ProductRestored, ProductUpdated};
pub use images::{AddedImage, ProductImageAdded, ProductImageRefused, ProductImageRemoved, ProductImageRequested};
pub use inventory::{
    Shortage, StockAdded, StockDeducted, StockLine, StockMoved, StockRejected, StockReleased, StockReserved,
};
pub use order::{
    CancelReason, CartCleared, CartItemChanged, ItemAddedToCart, ItemRemovedFromCart, OrderCancelled, OrderConfirmed,
    OrderItem, OrderPaid, OrderPaymentSecured, OrderPlaced, OrderShipped, OrderStage, OrderStockSecured,
};
pub use owned::{ForeignEvent, Misplaced, OwnedEvent};
pub use refunds::{EarlierRefund, OrderRefundDeclined, OrderRefundRequested, OrderRefunded, RefundLine};
use schemars::{Schema, SchemaGenerator};
use serde::Deserialize as _;
use serde_json::Value;

use crate::topology::Service;

/// The service that owns an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// catalog
    Catalog,
    /// order
    Order,
    /// inventory
    Inventory,
    /// billing
    Billing,
}

impl Owner {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Catalog, Self::Order, Self::Inventory, Self::Billing];

    /// The service.
    #[must_use]
    pub const fn service(self) -> Service {
        match self {
            Self::Catalog => Service::CATALOG,
            Self::Order => Service::ORDER,
            Self::Inventory => Service::INVENTORY,
            Self::Billing => Service::BILLING,
        }
    }

    /// What this service owns, where it owns events.
    #[must_use]
    pub fn of(service: Service) -> Option<Self> {
        Self::ALL.into_iter().find(|owner| owner.service() == service)
    }

    /// The service's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.service().as_str()
    }

    /// The table of its commits, without an installation's prefix.
    #[must_use]
    pub fn events_table(self) -> String {
        format!("{self}-events")
    }

    /// The table of its snapshots, without an installation's prefix.
    #[must_use]
    pub fn snapshots_table(self) -> String {
        format!("{self}-snapshots")
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! events {
    ($($owner:ident $owned:ident { $($name:ident = $version:literal),* $(,)? })*) => {
        /// Any event.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $($(
            #[doc = concat!("See [`", stringify!($name), "`].")]
            $name($name),
        )*)* }

        /// Which event; `type` in the envelope and `event_type` among a message's attributes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventType { $($(
            #[doc = concat!("See [`", stringify!($name), "`].")]
            $name,
        )*)* }

        impl EventType {
            /// All of them.
            pub const ALL: &[Self] = &[$($(Self::$name),*),*];

            /// Its name as it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$name => stringify!($name),)*)* }
            }

            /// The type of this name, if there is one.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($(stringify!($name) => Some(Self::$name),)*)* _ => None }
            }

            /// The only service that writes it.
            #[must_use]
            pub const fn owner(self) -> Owner {
                match self { $($(Self::$name => Owner::$owner,)*)* }
            }

            /// The newest version of its payload.
            #[must_use]
            pub const fn version(self) -> u32 {
                match self { $($(Self::$name => $version,)*)* }
            }

            /// The JSON Schema of its payload, whose parts are the generator's.
            #[must_use]
            pub fn schema_within(self, generator: &mut SchemaGenerator) -> Schema {
                match self { $($(Self::$name => generator.subschema_for::<$name>(),)*)* }
            }

            /// The JSON Schema of its payload.
            #[must_use]
            pub fn schema(self) -> Schema {
                match self { $($(Self::$name => schemars::schema_for!($name),)*)* }
            }
        }

        impl Event {
            /// Which event this is.
            #[must_use]
            pub const fn event_type(&self) -> EventType {
                match self { $($(Self::$name(_) => EventType::$name,)*)* }
            }

            /// The payload as JSON.
            #[must_use]
            pub fn to_data(&self) -> Value {
                // Payloads are plain structs with text keys: they always serialize.
                match self { $($(Self::$name(data) => serde_json::to_value(data).unwrap_or_default(),)*)* }
            }

            /// Reads a payload of the newest version.
            ///
            /// # Errors
            /// When the data don't fit the type.
            pub fn from_data(event_type: EventType, data: &Value) -> Result<Self, serde_json::Error> {
                match event_type { $($(EventType::$name => $name::deserialize(data).map(Self::$name),)*)* }
            }
        }

        $($(impl From<$name> for Event {
            fn from(data: $name) -> Self {
                Self::$name(data)
            }
        })*)*

        $(
            #[doc = concat!("Any event that [`Owner::", stringify!($owner), "`] writes.")]
            #[derive(Debug, Clone, PartialEq)]
            pub enum $owned { $(
                #[doc = concat!("See [`", stringify!($name), "`].")]
                $name($name),
            )* }

            impl OwnedEvent for $owned {
                const OWNER: Owner = Owner::$owner;

                fn event_type(&self) -> EventType {
                    match self { $(Self::$name(_) => EventType::$name,)* }
                }
            }

            impl From<$owned> for Event {
                fn from(event: $owned) -> Self {
                    match event { $($owned::$name(data) => Self::$name(data),)* }
                }
            }

            impl TryFrom<Event> for $owned {
                type Error = ForeignEvent;

                fn try_from(event: Event) -> Result<Self, ForeignEvent> {
                    match event {
                        $(Event::$name(data) => Ok(Self::$name(data)),)*
                        other => Err(ForeignEvent { event_type: other.event_type(), wanted: Owner::$owner }),
                    }
                }
            }

            $(impl From<$name> for $owned {
                fn from(data: $name) -> Self {
                    Self::$name(data)
                }
            })*
        )*
    };
}

events! {
    Catalog CatalogEvent {
        ProductCreated = 3,
        ProductUpdated = 3,
        ProductPriceChanged = 1,
        ProductImageRequested = 1,
        ProductImageAdded = 1,
        ProductImageRefused = 1,
        ProductImageRemoved = 1,
        ProductDeleted = 1,
        ProductRestored = 1,
    }
    Order OrderEvent {
        ItemAddedToCart = 1,
        CartItemChanged = 1,
        ItemRemovedFromCart = 1,
        CartCleared = 1,
        OrderPlaced = 2,
        OrderStockSecured = 1,
        OrderPaymentSecured = 1,
        OrderConfirmed = 1,
        OrderPaid = 1,
        OrderShipped = 1,
        OrderCancelled = 1,
        OrderRefundRequested = 1,
        OrderRefunded = 1,
        OrderRefundDeclined = 1,
    }
    Inventory InventoryEvent {
        StockAdded = 1,
        StockMoved = 1,
        StockReserved = 1,
        StockRejected = 1,
        StockReleased = 1,
        StockDeducted = 1,
    }
    Billing BillingEvent {
        PaymentAuthorized = 1,
        PaymentDeclined = 1,
        CaptureStarted = 1,
        PaymentCaptured = 1,
        VoidStarted = 1,
        PaymentVoided = 1,
        RefundStarted = 1,
        PaymentRefunded = 1,
        ShopRefundStarted = 1,
        ShopRefundPaid = 1,
        ShopRefundDeclined = 1,
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
