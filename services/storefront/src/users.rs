//! Accounts, kept in the table `users`.

use std::sync::Arc;

use serde_json::Value;
use shotengai_kernel::UserId;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};

use crate::domain::Account;

/// The accounts' table.
#[derive(Clone)]
pub struct Users {
    table: Arc<dyn Table>,
}

impl Users {
    /// The accounts in this table.
    #[must_use]
    pub fn new(table: Arc<dyn Table>) -> Self {
        Self { table }
    }

    /// Keeps a new account, a guest's for its time. `Ok` means durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table; a permanent one when the id is taken by another account.
    pub async fn create(&self, id: &UserId, account: &Account) -> Result<(), Fault> {
        let doc = serde_json::to_value(account).map_err(|error| broken("users.create", &error))?;
        let row = Row { expires_at: account.expires_at(), ..Row::new(key(id), 1, doc.clone()) };
        match self.table.put(&row, Condition::Absent).await {
            Ok(()) => Ok(()),
            // The first answer got lost on the way, and the call was repeated below us.
            Err(WriteError::Condition(Some(row))) if row.doc == doc => Ok(()),
            Err(WriteError::Condition(_)) => Err(Fault::new(FaultKind::Permanent, "users.create", "the id is taken")),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// The account of this id; none when there never was one, or it was erased.
    ///
    /// # Errors
    /// A [`Fault`] of the table; a permanent one when the row is not an account.
    pub async fn get(&self, id: &UserId) -> Result<Option<Account>, Fault> {
        let Some(row) = self.table.get(&key(id)).await? else { return Ok(None) };
        read(row.doc).map(Some)
    }
}

fn key(id: &UserId) -> Key {
    Key::new(id.as_str(), "profile")
}

fn read(doc: Value) -> Result<Account, Fault> {
    serde_json::from_value(doc).map_err(|error| broken("users.get", &error))
}

/// The error itself may quote the row, which holds personal data: only its kind is told.
fn broken(operation: &'static str, error: &serde_json::Error) -> Fault {
    Fault::new(FaultKind::Permanent, operation, format!("the row is not an account: {:?} error", error.classify()))
}
