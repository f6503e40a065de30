//! Tables of a set: where each is, and what of its rows may be shown.

use shotengai_contracts::aggregates;
use shotengai_kernel::{AggregateId, CartId, OrderId, PaymentId, ProductId};
use shotengai_messaging::{Fault, FaultKind};

use crate::domain::{CartRow, OrderRow, PaymentRow, ProductRow, StockRow};
use crate::rebuild::Kind;
use crate::store::Stored;

/// A row whose table is part of every set.
pub(crate) trait Tabled: Stored + PartialEq {
    /// Which kind it is of.
    const KIND: Kind;
    /// Its table's name, the same in every set.
    const TABLE: &'static str;
    /// Columns whose values may stand in a report. Of the others, what a person wrote or is called by among them, only the
    /// names do.
    const SHOWN: &'static [&'static str];

    /// Columns that are made of the others and may be behind them; and, of rows `a` and `b`, whether neither's are, and both were
    /// made the same way. Only then can they differ.
    const MADE: Option<(&'static [&'static str], &'static str)> = None;

    /// The aggregate of a row with this id; none when it is no id at all.
    fn aggregate(key: &str) -> Option<AggregateId>;
}

impl Tabled for ProductRow {
    const KIND: Kind = Kind::Products;
    const TABLE: &'static str = "read_products";
    const SHOWN: &'static [&'static str] = &[
        "name",
        "categories",
        "price_minor",
        "currency",
        "image_keys",
        "deleted",
        "created_at",
        "updated_at",
        "version",
    ];
    const MADE: Option<(&'static [&'static str], &'static str)> = Some((
        &[
            "search_names",
            "search_keywords",
            "search_descriptions",
            "search_tokens",
            "search_version",
            "search_folded",
            "search_folding",
        ],
        "a.search_folded = a.version AND b.search_folded = b.version AND a.search_folding = b.search_folding",
    ));

    fn aggregate(key: &str) -> Option<AggregateId> {
        ProductId::parse(key).ok().as_ref().map(AggregateId::from)
    }
}

impl Tabled for StockRow {
    const KIND: Kind = Kind::Stock;
    const TABLE: &'static str = "read_stock";
    const SHOWN: &'static [&'static str] = &["available", "reserved", "deducted", "version"];

    fn aggregate(key: &str) -> Option<AggregateId> {
        ProductId::parse(key).ok().as_ref().map(aggregates::stock)
    }
}

impl Tabled for OrderRow {
    const KIND: Kind = Kind::Orders;
    const TABLE: &'static str = "read_orders";
    const SHOWN: &'static [&'static str] =
        &["status", "total_minor", "currency", "reason", "placed_at", "updated_at", "version"];

    fn aggregate(key: &str) -> Option<AggregateId> {
        OrderId::parse(key).ok().as_ref().map(AggregateId::from)
    }
}

impl Tabled for PaymentRow {
    const KIND: Kind = Kind::Payments;
    const TABLE: &'static str = "read_payments";
    const SHOWN: &'static [&'static str] = &[
        "status",
        "amount_minor",
        "currency",
        "captured_minor",
        "refunded_minor",
        "refunds",
        "started_at",
        "updated_at",
        "version",
    ];

    fn aggregate(key: &str) -> Option<AggregateId> {
        PaymentId::parse(key).ok().as_ref().map(AggregateId::from)
    }
}

impl Tabled for CartRow {
    const KIND: Kind = Kind::Carts;
    const TABLE: &'static str = "read_carts";
    const SHOWN: &'static [&'static str] = &["pieces", "value_minor", "currency", "opened_at", "updated_at", "version"];

    fn aggregate(key: &str) -> Option<AggregateId> {
        CartId::parse(key).ok().as_ref().map(AggregateId::from)
    }
}

/// Evaluates an expression for the row type of a kind, under the name that is given to it.
macro_rules! of_kind {
    ($kind:expr, $row:ident => $body:expr) => {
        match $kind {
            $crate::rebuild::Kind::Products => {
                type $row = $crate::domain::ProductRow;
                $body
            }
            $crate::rebuild::Kind::Stock => {
                type $row = $crate::domain::StockRow;
                $body
            }
            $crate::rebuild::Kind::Orders => {
                type $row = $crate::domain::OrderRow;
                $body
            }
            $crate::rebuild::Kind::Payments => {
                type $row = $crate::domain::PaymentRow;
                $body
            }
            $crate::rebuild::Kind::Carts => {
                type $row = $crate::domain::CartRow;
                $body
            }
        }
    };
}
pub(crate) use of_kind;

/// The name of a kind's table.
pub(crate) const fn table(kind: Kind) -> &'static str {
    match kind {
        Kind::Products => ProductRow::TABLE,
        Kind::Stock => StockRow::TABLE,
        Kind::Orders => OrderRow::TABLE,
        Kind::Payments => PaymentRow::TABLE,
        Kind::Carts => CartRow::TABLE,
    }
}

/// A name as SQL quotes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table of a set, by the set's schema.
pub(crate) fn within(schema: &str, table: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(table))
}

/// A statement about a kind's table, asked of the table in another schema.
///
/// # Errors
/// A permanent [`Fault`] when the statement is about the table at more than one place.
pub(crate) fn asked_of<R: Tabled>(schema: &str, statement: &str) -> Result<String, Fault> {
    let name = format!(" {} ", R::TABLE);
    if statement.matches(&name).count() != 1 || statement.matches(R::TABLE).count() != 1 {
        let why = format!("a statement of {} names it more than once, or not at all", R::TABLE);
        return Err(Fault::new(FaultKind::Permanent, "postgres.sets", why));
    }
    Ok(statement.replace(&name, &format!(" {} ", within(schema, R::TABLE))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves<R: Tabled>() {
        for statement in [R::LOAD, R::WRITE] {
            let moved = asked_of::<R>("shop \"next\"", statement).unwrap();
            assert!(moved.contains(&format!(" \"shop \"\"next\"\"\".\"{}\" ", R::TABLE)), "{moved}");
        }
        assert_eq!(table(R::KIND), R::TABLE);
    }

    #[test]
    fn statements_of_every_kind_can_be_asked_of_another_schema() {
        moves::<ProductRow>();
        moves::<StockRow>();
        moves::<OrderRow>();
        moves::<PaymentRow>();
        moves::<CartRow>();
        assert!(asked_of::<StockRow>("next", "SELECT 1").is_err());
    }

    #[test]
    fn what_a_person_wrote_or_is_called_by_is_not_shown() {
        for column in ["user_id", "note", "items", "refunds"] {
            assert!(!OrderRow::SHOWN.contains(&column), "{column}");
            assert!(!CartRow::SHOWN.contains(&column), "{column}");
        }
    }
}
