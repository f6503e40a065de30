//! Carts that somebody has put something into and not ordered, for administrators.

use shotengai_contracts::api::Page;
use shotengai_contracts::api::carts::{CartItem, KEPT, OpenCart};
use shotengai_contracts::api::filters::CartSort;
use shotengai_contracts::api::listed::Listed;
use shotengai_kernel::{CartId, Money, Timestamp};
use shotengai_messaging::Fault;

use crate::conditions::Conditions;
use crate::database::Database;
use crate::domain::CartRow;
use crate::domain::cart::CartRowLine;
use crate::page::{Cursor, KeyKind, Sorting, paged, select};
use crate::params::Params;
use crate::store::Stored;

const READ: &str = "postgres.carts";

const TABLE: &str = "read_carts";
/// The columns that [`CartRow`] is read from.
const COLUMNS: &str = "cart_id, user_id, lines, pieces, value_minor, currency, opened_at, updated_at, version";

impl Sorting for CartSort {
    type Id = CartId;
    const ALL: &'static [Self] = Self::ALL;
    const ID: &'static str = "cart_id";

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Newest | Self::Oldest => "updated_at",
            Self::Value | Self::ValueDown => "coalesce(value_minor, 0)",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Newest | Self::Oldest => KeyKind::Moment,
            Self::Value | Self::ValueDown => KeyKind::Number,
        }
    }

    fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::ValueDown)
    }
}

/// Which open carts are wanted; all, unless it says more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CartFilter {
    /// Whose last change came after this moment.
    pub updated_after: Option<Timestamp>,
    /// Whose last change came before this moment: abandoned ones.
    pub updated_before: Option<Timestamp>,
}

impl CartFilter {
    /// Reads the filters of a request.
    pub fn read(params: &mut Params) -> Self {
        Self { updated_after: params.moment("updated_after"), updated_before: params.moment("updated_before") }
    }

    /// The same as conditions on `read_carts`. What has expired by `now` counts as empty, as it does where carts are kept.
    fn conditions(&self, now: Timestamp, conditions: &mut Conditions) {
        conditions.and("pieces > 0");
        let expired = conditions.value(now.checked_sub(KEPT).unwrap_or(Timestamp::UNIX_EPOCH));
        conditions.and(format!("updated_at > {expired}"));
        for (moment, holds) in [(self.updated_after, ">"), (self.updated_before, "<")] {
            if let Some(moment) = moment {
                let moment = conditions.value(moment);
                conditions.and(format!("updated_at {holds} {moment}"));
            }
        }
    }
}

/// A row as it is shown.
fn shown(row: CartRow) -> OpenCart {
    let value = row.value();
    let item =
        |CartRowLine { product_id, quantity, price }| CartItem { product_id, quantity, price: price.to_major_number() };
    OpenCart {
        pieces: row.pieces().unsigned_abs(),
        cart_id: row.cart_id,
        user_id: row.user_id,
        items: row.lines.into_iter().map(item).collect(),
        total: value.map(Money::to_major_number),
        currency: value.map(Money::currency),
        opened_at: row.opened_at,
        updated_at: row.updated_at,
        version: row.version,
    }
}

/// The statement of [`list`], and the values that stand in it.
#[must_use]
pub fn listing(
    filter: &CartFilter,
    now: Timestamp,
    sort: CartSort,
    limit: u32,
    after: Option<&Cursor<CartSort>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    filter.conditions(now, &mut conditions);
    select(COLUMNS, TABLE, conditions, sort, after, limit)
}

/// A page of the carts that are open `now`.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    filter: &CartFilter,
    now: Timestamp,
    sort: CartSort,
    limit: u32,
    after: Option<&Cursor<CartSort>>,
) -> Result<Page<Listed<OpenCart>>, Fault> {
    let listing = listing(filter, now, sort, limit, after);
    paged((database, READ), listing, (sort, limit), TABLE, |row| CartRow::read(row).map(shown)).await
}
