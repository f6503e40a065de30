//! The words every part of Shotengai shares: ids, money, quantities, and the ports through which time, randomness and
//! new ids enter the program. No I/O and no async.
//!
//! - [`ids`]: prefixed, typed ids; an `OrderId` can't be passed where a `ProductId` is wanted.
//! - [`decimal`]: numbers as they were written, with all their digits.
//! - [`mailbox`]: e-mail addresses as mail servers take them.
//! - [`money`]: amounts that carry their currency and refuse to overflow or to mix.
//! - [`quantity`]: whole numbers of pieces, one at least.
//! - [`moment`]: a time or a version of the past.
//! - [`names`]: what something is called in other languages.
//! - [`text`]: what people write for people, bounded and readable.
//! - [`precondition`]: at which version of something a change to it is still wanted.
//! - [`ports`]: [`Clock`], [`Random`] and [`IdGenerator`]. Nothing else in the workspace may ask the system for these
//!   (`clippy.toml` bans it), so that a simulation's seed replays a history exactly.

pub mod decimal;
pub mod ids;
pub mod mailbox;
pub mod moment;
pub mod money;
pub mod names;
pub mod ports;
pub mod precondition;
pub mod quantity;
pub mod text;

pub use decimal::{Decimal, DecimalError};
pub use ids::{
    AggregateId, AggregateKind, CartId, CommitId, EventId, IdError, ImageId, OrderId, PaymentId, PrefixedId, ProductId,
    RefundId, UserId, Version,
};
pub use jiff::Timestamp;
pub use moment::{Moment, MomentError};
pub use money::{Currency, Money, MoneyError};
pub use names::{Names, NamesError};
pub use ports::{Clock, IdGenerator, ManualClock, Ports, Random, SeededRandom, SystemClock, SystemRandom};
pub use precondition::Precondition;
pub use quantity::{Quantity, QuantityError};
pub use text::{TextError, TextRule};
