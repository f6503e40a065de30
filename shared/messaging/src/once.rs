//! Effects that happen once: an idempotency key for rows that are not events.
//!
//! A row remembers the effect, and both are one transaction: a message that comes again, a request that is repeated and a
//! transaction whose answer was lost find the row and change nothing.

use std::convert::Infallible;

use shotengai_kernel::Random;

use crate::aggregate::{CommandError, Contest};
use crate::ports::table::{Condition, Row, Table, TransactError, WriteOp};

/// Meetings with other transactions in a row before it is given up.
const MAX_MEETINGS: u32 = 8;

/// Writes `memory` where no row stands yet, and `effects` with it. Answers the row that stands there afterwards: whoever
/// finds another document in it than in `memory` has used the key before, for something else.
///
/// Effects have no conditions of their own, and are on other rows than `memory`.
///
/// # Errors
/// [`CommandError::Fault`] of the table, after which all of it may have happened: repeat it.
/// [`CommandError::Contended`] when other transactions were at the same rows each time.
pub async fn once(
    table: &dyn Table,
    random: &dyn Random,
    memory: Row,
    effects: impl IntoIterator<Item = WriteOp>,
) -> Result<Row, CommandError<Infallible>> {
    let key = memory.key.clone();
    let ops: Vec<_> = std::iter::once(WriteOp::Put(memory.clone(), Condition::Absent)).chain(effects).collect();
    let mut contest = Contest::of(MAX_MEETINGS);
    loop {
        match table.transact(&ops).await {
            Ok(()) => return Ok(memory),
            Err(TransactError::Fault(fault)) => return Err(fault.into()),
            Err(TransactError::Conditions(_) | TransactError::Contended) => {}
        }
        if let Some(known) = table.get(&key).await? {
            return Ok(known);
        }
        if !contest.lose(random).await {
            return Err(CommandError::Contended);
        }
    }
}
