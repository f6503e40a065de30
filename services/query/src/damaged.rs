//! Rows that can't be read: a list shows what they are and goes on.

use shotengai_contracts::api::listed::{DamagedEntry, Listed, Yes};
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use crate::metrics::DAMAGED;
use crate::page::{Cursor, Sorting};
use crate::store::is_corrupt;

/// Entry that `read` makes of a list's row, and its place.
///
/// # Errors
/// As [`one`].
pub(crate) fn listed<T, S: Sorting>(
    table: &'static str,
    sort: S,
    row: &Row,
    read: impl FnOnce(&Row) -> Result<T, Fault>,
) -> Result<(Listed<T>, Cursor<S>), Fault> {
    let place = Cursor::of(sort, row)?;
    Ok((one(table, &place.id, row, read)?, place))
}

/// Entry that `read` makes of a row. One that it can't read is damaged; any other fault is the caller's.
///
/// # Errors
/// A [`Fault`] that isn't the row's own.
pub(crate) fn one<T>(
    table: &'static str,
    id: &str,
    row: &Row,
    read: impl FnOnce(&Row) -> Result<T, Fault>,
) -> Result<Listed<T>, Fault> {
    match read(row) {
        Ok(entry) => Ok(Listed::Whole(entry)),
        Err(fault) if is_corrupt(&fault) => {
            tell(table, id, &fault);
            Ok(Listed::Damaged(DamagedEntry { id: id.to_owned(), damaged: Yes }))
        }
        Err(fault) => Err(fault),
    }
}

/// Tells operators of a row that can't be read. The fault names its column, and nothing of what stands there.
fn tell(table: &'static str, id: &str, fault: &Fault) {
    DAMAGED.add(1, [table.into()]);
    tracing::error!(table, id, %fault, "a row of the read model can't be read; `shotengai rebuild read-models` brings it back");
}
