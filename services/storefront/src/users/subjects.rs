//! Accounts of people whom another issuer knows.
//!
//! | partition | place | row |
//! |---|---|---|
//! | `subject/` and a hash of issuer and subject | `owner` | whose it is |
//! | `emails` | an address in its canonical form, a space, the beginning of that hash | whose it is: for lists only |
//!
//! The user's id is a random one: events keep it for ever, and must not tell who somebody is at their issuer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shotengai_kernel::{Ports, UserId};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, TransactError, WriteOp};
use shotengai_runtime::derived::sha256;

use super::{EMAILS, Owner, RACES, Standing, Users, profile, read, written};
use crate::domain::{Account, Email, Language, PersonName};

const MEET: &str = "users.meet";
const OWNER: &str = "owner";
/// Of the hash, behind an address: enough to tell the subjects of one address apart.
const BEGINNING: usize = 16;

/// What an issuer says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Their address.
    pub email: Option<Email>,
    /// Their name.
    pub name: Option<PersonName>,
    /// What mails are written in, where the token says so.
    pub language: Option<Language>,
}

/// Stands for somebody's id at an issuer.
#[must_use]
pub fn subject_key(issuer: &str, subject: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(&[issuer.as_bytes(), b"\n", subject.as_bytes()]))
}

impl Users {
    /// The account of this subject, with what the issuer says now; opened where there is none. Durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn meet(&self, subject: &str, known: &Known, ports: &Ports) -> Result<UserId, Fault> {
        for _ in 0..RACES {
            let row = self.table.get(&place(subject)).await?;
            let (id, ops) = match row {
                Some(row) => {
                    let Owner { user_id } = read(row.doc)?;
                    match self.standing(&user_id).await? {
                        Some(standing) => {
                            let ops = changes(subject, &user_id, &standing, known)?;
                            (user_id, ops)
                        }
                        // Erased between the two looks, and this row with it: then the version is another. Or it is all
                        // that is left of an account.
                        None => opening(subject, Some(row.version), known, ports)?,
                    }
                }
                None => opening(subject, None, known, ports)?,
            };
            if ops.is_empty() {
                return Ok(id);
            }
            match self.table.transact(&ops).await {
                Ok(()) => return Ok(id),
                // Another request of the same person, or an answer of ours that got lost: the next look tells.
                Err(TransactError::Contended | TransactError::Conditions(_)) => {}
                Err(TransactError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::new(FaultKind::Throttled, MEET, "the account changes all the time"))
    }
}

fn place(subject: &str) -> Key {
    Key::new(format!("subject/{subject}"), OWNER)
}

fn listed(email: &Email, subject: &str) -> Key {
    let beginning: String = subject.chars().take(BEGINNING).collect();
    Key::new(EMAILS, format!("{} {beginning}", email.canonical()))
}

/// A new account; in place of a row of this version that leads to none.
fn opening(subject: &str, stale: Option<u64>, known: &Known, ports: &Ports) -> Result<(UserId, Vec<WriteOp>), Fault> {
    let id = UserId::from_uuid(ports.ids.uuid_v7());
    let (version, condition) = stale.map_or((1, Condition::Absent), |stale| (stale + 1, Condition::VersionIs(stale)));
    let account = Account {
        name: known.name.clone(),
        guest: false,
        subject: Some(subject.to_owned()),
        ..Account::guest(known.email.clone(), known.language.unwrap_or_default(), ports.clock.now())
    };
    let owner = written(MEET, &Owner { user_id: id.clone() })?;
    let mut ops = vec![
        WriteOp::Put(Row::new(place(subject), version, owner.clone()), condition),
        WriteOp::Put(profile(&id, 1, &account)?, Condition::Absent),
    ];
    ops.extend(
        known.email.as_ref().map(|email| WriteOp::Put(Row::new(listed(email, subject), 1, owner), Condition::Any)),
    );
    Ok((id, ops))
}

/// What a token doesn't say stays as it was said before.
fn changes(subject: &str, id: &UserId, standing: &Standing, known: &Known) -> Result<Vec<WriteOp>, Fault> {
    let before = &standing.account;
    let account = Account {
        email: known.email.clone().or_else(|| before.email.clone()),
        name: known.name.clone().or_else(|| before.name.clone()),
        language: known.language.unwrap_or(before.language),
        ..before.clone()
    };
    if account == *before {
        return Ok(Vec::new());
    }
    let version = standing.version;
    let mut ops = vec![WriteOp::Put(profile(id, version + 1, &account)?, Condition::VersionIs(version))];
    let place = |account: &Account| account.email.as_ref().map(|email| listed(email, subject));
    let (from, to) = (place(before), place(&account));
    // An address may be written otherwise and be the same.
    if from != to {
        let owner = written(MEET, &Owner { user_id: id.clone() })?;
        ops.extend(from.map(|from| WriteOp::Delete(from, Condition::Any)));
        ops.extend(to.map(|to| WriteOp::Put(Row::new(to, 1, owner), Condition::Any)));
    }
    Ok(ops)
}

/// Where an erased account of another issuer's is found, besides its own rows.
pub(super) fn traces(account: &Account) -> Vec<WriteOp> {
    let Some(subject) = &account.subject else { return Vec::new() };
    let listed = account.email.as_ref().map(|email| listed(email, subject));
    std::iter::once(place(subject)).chain(listed).map(|key| WriteOp::Delete(key, Condition::Any)).collect()
}
