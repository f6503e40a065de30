//! Counts of what was found, by what it can be filtered by.

use serde_json::Value;
use shotengai_contracts::api::search::{CategoryCount, Facets, PriceCount, StockCount};
use shotengai_kernel::{Currency, Money};
use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::Row;

use super::find::READ;
use crate::conditions::Conditions;
use crate::store::column;

/// Categories that are told, those with the most products.
const MOST_CATEGORIES: i64 = 50;
/// Where the last range of prices begins, in major units.
const HIGHEST: i64 = 10_000_000;

/// Columns that count the rows of `matches`: of what is found only once, whatever page is asked for.
pub(super) fn columns(currency: Currency, conditions: &mut Conditions) -> String {
    let bounds = conditions.value(bounds(currency));
    let code = conditions.value(currency.code());
    format!(
        "(SELECT count(*) FROM matches) AS found_total,
        (SELECT count(*) FROM matches WHERE available > 0) AS found_in_stock,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(path, n) ORDER BY n DESC, path COLLATE \"C\"), '[]') FROM (
            SELECT path, sum(products)::int8 AS n
            FROM (SELECT categories, count(*) AS products FROM matches GROUP BY categories) AS alike,
                unnest(read_category_paths(categories)) AS path
            GROUP BY path ORDER BY 2 DESC, path COLLATE \"C\" LIMIT {MOST_CATEGORIES}) AS paths) AS found_categories,
        (SELECT coalesce(jsonb_agg(jsonb_build_array(range, n) ORDER BY range), '[]') FROM (
            SELECT width_bucket(price_minor, {bounds}) AS range, count(*) AS n FROM matches WHERE currency = {code}
            GROUP BY 1) AS ranges) AS found_prices"
    )
}

/// Reads them.
pub(super) fn read(row: &Row, currency: Currency) -> Result<Facets, Fault> {
    let total: i64 = column(row, "found_total")?;
    let in_stock: i64 = column(row, "found_in_stock")?;
    let wrong = |error: serde_json::Error| Fault::new(FaultKind::Permanent, READ, error);
    let categories: Vec<(String, u64)> =
        serde_json::from_value(column::<Value>(row, "found_categories")?).map_err(wrong)?;
    let ranges: Vec<(usize, u64)> = serde_json::from_value(column::<Value>(row, "found_prices")?).map_err(wrong)?;
    let whole = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Facets {
        categories: categories.into_iter().map(|(category, count)| CategoryCount { category, count }).collect(),
        prices: ranges.into_iter().map(|(range, count)| priced(range, count, currency)).collect(),
        stock: StockCount { in_stock: whole(in_stock), out_of_stock: whole(total - in_stock) },
    })
}

/// Prices at which ranges end and others begin: 1, 2, 5, 10, 20 and so on in major units.
fn bounds(currency: Currency) -> Vec<i64> {
    let decades = std::iter::successors(Some(1_i64), |ten| Some(ten * 10)).take_while(|ten| *ten <= HIGHEST);
    let minor = 10_i64.pow(currency.decimals());
    decades.flat_map(|ten| [1, 2, 5].map(|step| step * ten * minor)).collect()
}

/// The range before the first bound is number 0; behind each bound begins the next.
fn priced(range: usize, count: u64, currency: Currency) -> PriceCount {
    let bounds = bounds(currency);
    let major = |minor: i64| Money::from_minor(minor, currency).ok().map(Money::to_major_number);
    let least = range.checked_sub(1).and_then(|before| bounds.get(before)).copied().unwrap_or_default();
    let most = bounds.get(range).and_then(|next| major(next - 1));
    PriceCount { min_price: major(least).unwrap_or_else(|| 0.into()), max_price: most, count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_each_other_without_a_gap() {
        let texts = |code: &str| {
            let currency = Currency::parse(code).unwrap();
            let text = |range| {
                let told = priced(range, 1, currency);
                format!("{}-{}", told.min_price, told.max_price.map(|price| price.to_string()).unwrap_or_default())
            };
            [0, 1, 2, 3, 8, 24].map(text)
        };
        assert_eq!(texts("JPY"), ["0-0", "1-1", "2-4", "5-9", "200-499", "50000000-"]);
        assert_eq!(texts("USD"), ["0-0.99", "1-1.99", "2-4.99", "5-9.99", "200-499.99", "50000000-"]);
        assert_eq!(bounds(Currency::JPY).len(), 24);
    }
}
