//! Accounts, kept in the table `users`.
//!
//! | partition | place | row |
//! |---|---|---|
//! | the user's id | `profile` | the [`Account`] |
//! | the user's id | `credentials` | the hash of the password; guests have none |
//! | `emails` | an address in its canonical form | whose it is: an address has one account |
//!
//! Accounts of people whom another issuer knows: [`subjects`].
//!
//! An account, its credentials and its address are written in one transaction. Addresses stand in one partition in order,
//! so that they can be listed and searched by how they begin; it is written once a registration and read once a login.

pub mod subjects;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shotengai_kernel::UserId;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, TransactError, WriteError, WriteOp};

use crate::domain::{Account, Email};
use crate::passwords::Hashed;

const EMAILS: &str = "emails";
const PROFILE: &str = "profile";
const CREDENTIALS: &str = "credentials";
const REGISTER: &str = "users.register";
/// Meetings with another transaction in a row before somebody has to come back later.
const RACES: usize = 4;

/// The accounts' table.
#[derive(Clone)]
pub struct Users {
    table: Arc<dyn Table>,
}

/// An account as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account: Account,
    version: u64,
}

/// An account with a password.
#[derive(Debug)]
pub struct Known {
    /// Whose.
    pub id: UserId,
    /// Of the password.
    pub hash: Hashed,
}

#[derive(Serialize, Deserialize)]
struct Owner {
    user_id: UserId,
}

#[derive(Serialize, Deserialize)]
struct Credentials {
    password: Hashed,
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
        let row = profile(id, 1, account)?;
        match self.table.put(&row, Condition::Absent).await {
            Ok(()) => Ok(()),
            // The first answer got lost on the way, and the call was repeated below us.
            Err(WriteError::Condition(Some(there))) if there.doc == row.doc => Ok(()),
            Err(WriteError::Condition(_)) => Err(Fault::new(FaultKind::Permanent, "users.create", "the id is taken")),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// Keeps an account with an address and a password, in place of the guest's `before`, if there was one. Where the address
    /// has another account, or the guest's has changed, nothing is written; that is not told. `Ok` means durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table; after a transient one the account may be there.
    pub async fn register(
        &self,
        id: &UserId,
        account: &Account,
        email: &Email,
        hash: Hashed,
        before: Option<&Standing>,
    ) -> Result<(), Fault> {
        let (version, condition) = match before {
            Some(standing) => (standing.version + 1, Condition::VersionIs(standing.version)),
            None => (1, Condition::Absent),
        };
        let credentials = written(REGISTER, &Credentials { password: hash })?;
        let owner = written(REGISTER, &Owner { user_id: id.clone() })?;
        let ops = [
            WriteOp::Put(Row::new(address(&email.canonical()), 1, owner), Condition::Absent),
            WriteOp::Put(profile(id, version, account)?, condition),
            WriteOp::Put(Row::new(Key::new(id.as_str(), CREDENTIALS), 1, credentials), Condition::Absent),
        ];
        for _ in 0..RACES {
            match self.table.transact(&ops).await {
                // Whether the address was free, or a first answer got lost, is looked up by nobody: it would take time.
                Ok(()) | Err(TransactError::Conditions(_)) => return Ok(()),
                Err(TransactError::Contended) => {}
                Err(TransactError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::new(FaultKind::Throttled, REGISTER, "others register at the same time"))
    }

    /// Puts the hash of a new password in place of this one; false where the account has another, or none any more. Durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table; after a transient one the new password may hold.
    pub async fn change_password(&self, id: &UserId, before: &Hashed, hash: Hashed) -> Result<bool, Fault> {
        let key = Key::new(id.as_str(), CREDENTIALS);
        let Some(row) = self.table.get(&key).await? else { return Ok(false) };
        if read::<Credentials>(row.doc)?.password != *before {
            return Ok(false);
        }
        let doc = written("users.changePassword", &Credentials { password: hash })?;
        let new = Row::new(key, row.version + 1, doc);
        match self.table.put(&new, Condition::VersionIs(row.version)).await {
            Ok(()) => Ok(true),
            // The first answer got lost on the way, and the call was repeated below us: salts make each hash its own.
            Err(WriteError::Condition(there)) => Ok(there.is_some_and(|there| there.doc == new.doc)),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// Erases an account with its address and password, if it is there. Durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table. Nothing of it may have happened, or all.
    pub async fn erase(&self, id: &UserId) -> Result<(), Fault> {
        for _ in 0..RACES {
            let Some(standing) = self.standing(id).await? else { return Ok(()) };
            let profile = Key::new(id.as_str(), PROFILE);
            let mut ops = vec![
                WriteOp::Delete(profile, Condition::VersionIs(standing.version)),
                WriteOp::Delete(Key::new(id.as_str(), CREDENTIALS), Condition::Any),
            ];
            ops.extend(subjects::traces(&standing.account));
            // A guest's address is in no list, and may be somebody else's there, as another issuer's customer's may. A
            // customer's of our own is theirs while they are one.
            let account = standing.account;
            if let Some(email) = account.email.filter(|_| !account.guest && account.subject.is_none()) {
                ops.push(WriteOp::Delete(address(&email.canonical()), Condition::Any));
            }
            match self.table.transact(&ops).await {
                Ok(()) => return Ok(()),
                // A guest who registered meanwhile, or somebody who erases the same account: the next look tells.
                Err(TransactError::Contended | TransactError::Conditions(_)) => {}
                Err(TransactError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::new(FaultKind::Throttled, "users.erase", "the account changes all the time"))
    }

    /// The account of this id as it stands; none when there never was one, or it was erased.
    ///
    /// # Errors
    /// A [`Fault`] of the table; a permanent one when the row is not an account.
    pub async fn standing(&self, id: &UserId) -> Result<Option<Standing>, Fault> {
        let Some(row) = self.table.get(&Key::new(id.as_str(), PROFILE)).await? else { return Ok(None) };
        Ok(Some(Standing { version: row.version, account: read(row.doc)? }))
    }

    /// The account of this id; none when there never was one, or it was erased.
    ///
    /// # Errors
    /// A [`Fault`] of the table; a permanent one when the row is not an account.
    pub async fn get(&self, id: &UserId) -> Result<Option<Account>, Fault> {
        Ok(self.standing(id).await?.map(|standing| standing.account))
    }

    /// The hash of an account's password; none where there is no account, or it is a guest's.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn hash(&self, id: &UserId) -> Result<Option<Hashed>, Fault> {
        self.password(id.as_str()).await
    }

    /// The account with a password that this address has. Reads as many rows where there is none.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn known(&self, email: &Email) -> Result<Option<Known>, Fault> {
        let row = self.table.get(&address(&email.canonical())).await?;
        let owner = row.map(|row| read::<Owner>(row.doc)).transpose()?;
        let whose = owner.as_ref().map_or("usr_nobody", |owner| owner.user_id.as_str());
        let hash = self.password(whose).await?;
        Ok(owner.zip(hash).map(|(owner, hash)| Known { id: owner.user_id, hash }))
    }

    async fn password(&self, id: &str) -> Result<Option<Hashed>, Fault> {
        let row = self.table.get(&Key::new(id, CREDENTIALS)).await?;
        Ok(row.map(|row| read::<Credentials>(row.doc)).transpose()?.map(|credentials| credentials.password))
    }

    /// Customers whose address begins so and comes after that one, by address. One that is erased meanwhile is left out.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn customers(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, UserId, Option<Account>)>, Fault> {
        let rows = self.table.list(EMAILS, prefix, after, limit).await?;
        let owners = rows.into_iter().map(|row| Ok((row.key.sk, read::<Owner>(row.doc)?.user_id)));
        let owners: Vec<(String, UserId)> = owners.collect::<Result<_, Fault>>()?;
        let keys: Vec<Key> = owners.iter().map(|(_, id)| Key::new(id.as_str(), PROFILE)).collect();
        let mut accounts = BTreeMap::new();
        for row in self.table.get_many(&keys).await? {
            accounts.insert(row.key.pk, read::<Account>(row.doc)?);
        }
        let listed = owners.into_iter().map(|(email, id)| {
            let account = accounts.remove(id.as_str());
            (email, id, account)
        });
        Ok(listed.collect())
    }
}

fn address(canonical: &str) -> Key {
    Key::new(EMAILS, canonical)
}

fn profile(id: &UserId, version: u64, account: &Account) -> Result<Row, Fault> {
    let doc = written("users.profile", account)?;
    Ok(Row { expires_at: account.expires_at(), ..Row::new(Key::new(id.as_str(), PROFILE), version, doc) })
}

fn written<T: Serialize>(operation: &'static str, doc: &T) -> Result<Value, Fault> {
    serde_json::to_value(doc).map_err(|error| broken(operation, &error))
}

fn read<T: serde::de::DeserializeOwned>(doc: Value) -> Result<T, Fault> {
    serde_json::from_value(doc).map_err(|error| broken("users.get", &error))
}

/// The error itself may quote the row, which holds personal data: only its kind is told.
fn broken(operation: &'static str, error: &serde_json::Error) -> Fault {
    Fault::new(
        FaultKind::Permanent,
        operation,
        format!("the row is not what it should be: {:?} error", error.classify()),
    )
}
