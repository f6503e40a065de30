//! Errors of PostgreSQL: as faults, and which of them end the session that they came on. The classes are those of
//! PostgreSQL's documentation, appendix A.

use shotengai_messaging::{Fault, FaultKind};
use tokio_postgres::error::SqlState;

/// Sessions that are not used again after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// The error is the statement's: the session is as good as before.
    Nothing,
    /// This session.
    Session,
    /// Every session that there is: their server has become another's standby.
    AllSessions,
}

/// Sessions that are not used again after this error.
pub(super) fn ends(error: &tokio_postgres::Error) -> Ends {
    match error.code() {
        Some(code) => ends_after(code.code()),
        None if is_ours(error) => Ends::Nothing,
        // The connection broke.
        None => Ends::Session,
    }
}

fn ends_after(code: &str) -> Ends {
    match (code, code.get(..2)) {
        // read_only_sql_transaction: a session keeps what it was begun with, on a server that was demoted.
        ("25006", _) => Ends::AllSessions,
        // Connections, transactions in a state that isn't ours, statements that somebody else named, a server that ends or
        // starts, a system's or PostgreSQL's own fault.
        (_, Some("08" | "25" | "26" | "58" | "F0" | "XX")) => Ends::Session,
        ("42P05" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05", _) => Ends::Session,
        _ => Ends::Nothing,
    }
}

/// Whether a table is not there.
pub(crate) fn is_missing_table(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::UNDEFINED_TABLE)
}

/// An error of PostgreSQL as a fault. What the server says in detail and hint may quote rows, so only its code and
/// message are kept.
pub(crate) fn fault(operation: &'static str, error: &tokio_postgres::Error) -> Fault {
    let Some(said) = error.as_db_error() else {
        let kind = if is_ours(error) { FaultKind::Permanent } else { FaultKind::Transient };
        return Fault::new(kind, operation, error.to_string());
    };
    let code = said.code();
    let kind = match code.code().get(..2) {
        // A table that is not there yet is on its way: migrations run beside us.
        _ if *code == SqlState::UNDEFINED_TABLE => FaultKind::Transient,
        // A value that no column takes.
        Some("22" | "23") => FaultKind::Permanent,
        // A missing permission, database or column, a password that is refused: our statements are always the same.
        Some("28" | "3D" | "3F" | "42") => FaultKind::Denied,
        _ => FaultKind::Transient,
    };
    Fault::new(kind, operation, format!("{} ({})", said.message(), code.code()))
}

/// Whether the error is of our own making: a value that doesn't fit its parameter or column.
fn is_ours(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing") || text.starts_with("error deserializing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failover_leaves_on_a_session_ends_it() {
        assert_eq!(ends_after("25006"), Ends::AllSessions);
        for code in ["57P01", "57P02", "57P03", "08006", "08P01", "25P02", "26000", "42P05", "XX000", "58030"] {
            assert_eq!(ends_after(code), Ends::Session, "{code}");
        }
        // A value, a key, a right, a table, a conflict, a full disk, a cancelled statement: the statement's own.
        for code in ["22P02", "23505", "42501", "42P01", "40001", "53100", "57014", "55P03"] {
            assert_eq!(ends_after(code), Ends::Nothing, "{code}");
        }
    }
}
