//! Sums over customers' orders, for administrators: ordered, paid and given back.

use serde::Deserialize;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::customers::{CustomerSummary, CustomerTotal};
use shotengai_contracts::api::filters::CustomerSort;
use shotengai_contracts::api::listed::Listed;
use shotengai_kernel::{Currency, Money, Timestamp, UserId};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use crate::conditions::Conditions;
use crate::damaged::one;
use crate::database::Database;
use crate::page::{Cursor, KeyKind, Sorting, paged, select};
use crate::params::Params;
use crate::store::{column, corrupt, parsed};

const READ: &str = "postgres.customers";

/// The name for figures of what entries are made of.
const NAME: &str = "read_orders";
/// The columns that [`shown`] reads.
const COLUMNS: &str = "c.user_id, c.orders, c.totals, c.first_at, c.last_at";

impl Sorting for CustomerSort {
    type Id = UserId;
    const ALL: &'static [Self] = Self::ALL;
    const ID: &'static str = "c.user_id";

    fn name(self) -> &'static str {
        self.as_str()
    }

    fn key(self) -> &'static str {
        match self {
            Self::Newest | Self::Oldest => "c.last_at",
            Self::Spent | Self::SpentDown => "c.spent",
            Self::Orders | Self::OrdersDown => "c.orders",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Newest | Self::Oldest => KeyKind::Moment,
            Self::Spent | Self::SpentDown | Self::Orders | Self::OrdersDown => KeyKind::Number,
        }
    }

    fn descends(self) -> bool {
        matches!(self, Self::Newest | Self::SpentDown | Self::OrdersDown)
    }
}

/// Which orders count; all, unless it says more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerFilter {
    /// Of this person alone.
    pub customer: Option<UserId>,
    /// Placed after this moment.
    pub placed_after: Option<Timestamp>,
    /// Placed before this moment.
    pub placed_before: Option<Timestamp>,
}

impl CustomerFilter {
    /// Reads the filters of a request.
    pub fn read(params: &mut Params) -> Self {
        Self {
            customer: None,
            placed_after: params.moment("placed_after"),
            placed_before: params.moment("placed_before"),
        }
    }

    /// The sums of everybody as a table `c`; those in `spent` are of this currency. What was taken and given back stands in numbers
    /// beside payments, so a damaged order takes nobody's sum away.
    fn table(&self, currency: Currency, conditions: &mut Conditions) -> String {
        let currency = conditions.value(currency.code());
        let mut wanted = Vec::new();
        if let Some(customer) = &self.customer {
            wanted.push(format!("o.user_id = {}", conditions.value(customer.as_str().to_owned())));
        }
        for (moment, holds) in [(self.placed_after, ">"), (self.placed_before, "<")] {
            if let Some(moment) = moment {
                wanted.push(format!("o.placed_at {holds} {}", conditions.value(moment)));
            }
        }
        let wanted = if wanted.is_empty() { "true".to_owned() } else { wanted.join(" AND ") };
        format!(
            "(SELECT user_id, sum(orders)::int8 AS orders, min(first_at) AS first_at, max(last_at) AS last_at,
                coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'paid', paid, 'refunded', refunded)
                    ORDER BY currency COLLATE \"C\") FILTER (WHERE currency IS NOT NULL AND paid > 0), '[]') AS totals,
                greatest(least(coalesce(sum(paid - refunded) FILTER (WHERE currency = {currency}), 0), {max}), -{max})::int8
                    AS spent
            FROM (SELECT o.user_id, p.currency, count(*) AS orders, min(o.placed_at) AS first_at, max(o.placed_at) AS last_at,
                    sum(p.captured_minor) AS paid, sum(p.refunded_minor) AS refunded
                FROM read_orders o LEFT JOIN read_payments p ON p.payment_id = 'pay_' || substr(o.order_id, 5)
                WHERE {wanted} GROUP BY o.user_id, p.currency) AS by_currency
            GROUP BY user_id) AS c",
            max = i64::MAX
        )
    }
}

/// Columns that one currency's sums are read from.
#[derive(Deserialize)]
struct Total {
    currency: Currency,
    paid: i64,
    refunded: i64,
}

impl Total {
    fn shown(self) -> Result<CustomerTotal, Fault> {
        let major = |minor| {
            let amount = Money::from_minor(minor, self.currency).map_err(|_| corrupt("totals"))?;
            Ok::<_, Fault>(amount.to_major_number())
        };
        Ok(CustomerTotal { currency: self.currency, paid: major(self.paid)?, refunded: major(self.refunded)? })
    }
}

/// A row as it is shown.
fn shown(row: &Row) -> Result<CustomerSummary, Fault> {
    let totals: Vec<Total> = serde_json::from_value(column(row, "totals")?).map_err(|_| corrupt("totals"))?;
    Ok(CustomerSummary {
        user_id: parsed(row, "user_id")?,
        orders: u64::try_from(column::<i64>(row, "orders")?).map_err(|_| corrupt("orders"))?,
        totals: totals.into_iter().map(Total::shown).collect::<Result<_, _>>()?,
        first_order_at: column(row, "first_at")?,
        last_order_at: column(row, "last_at")?,
    })
}

/// The statement of [`list`], and the values that stand in it.
#[must_use]
pub fn listing(
    filter: &CustomerFilter,
    currency: Currency,
    sort: CustomerSort,
    limit: u32,
    after: Option<&Cursor<CustomerSort>>,
) -> (String, Conditions) {
    let mut conditions = Conditions::default();
    let table = filter.table(currency, &mut conditions);
    select(COLUMNS, &table, conditions, sort, after, limit)
}

/// A page of customers who have ordered; by what was spent in this currency, where they are sorted by that.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn list(
    database: &Database,
    filter: &CustomerFilter,
    currency: Currency,
    sort: CustomerSort,
    limit: u32,
    after: Option<&Cursor<CustomerSort>>,
) -> Result<Page<Listed<CustomerSummary>>, Fault> {
    let listing = listing(filter, currency, sort, limit, after);
    paged((database, READ), listing, (sort, limit), NAME, shown).await
}

/// One customer's sums; none for who has ordered nothing.
///
/// # Errors
/// A [`Fault`] of the database.
pub async fn get(
    database: &Database,
    customer: &UserId,
    currency: Currency,
) -> Result<Option<Listed<CustomerSummary>>, Fault> {
    let filter = CustomerFilter { customer: Some(customer.clone()), ..CustomerFilter::default() };
    let (statement, conditions) = listing(&filter, currency, CustomerSort::Newest, 1, None);
    let rows = database.session().await?.query(READ, &statement, &conditions.values()).await?;
    rows.first().map(|row| one(NAME, customer.as_str(), row, shown)).transpose()
}
