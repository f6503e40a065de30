//! Sessions: refresh tokens, by which somebody who showed their password gets access tokens without showing it again.
//!
//! A sign-in begins a family of refresh tokens. Each is good once: a refresh hands out its successor. One that comes back
//! when it has had a successor for longer than [`GRACE`] is a copy, and ends the family: it is not known which of the two
//! is the thief. Within the grace it gets the same successor again, so that two tabs that refresh at once, and a client
//! whose answer got lost, stay signed in.
//!
//! A row is one family: partition `sessions/<user>`, place the family's id. It has hashes only. A successor is computed
//! from its predecessor under a secret, so that it can be handed out twice without being kept; who reads the table can
//! compute none. A family ends with the password that it was begun with, too.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shotengai_contracts::topology::tables;
use shotengai_kernel::{Ports, Timestamp, UserId};
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};
use shotengai_runtime::KeyedHash;
use shotengai_runtime::derived::random_secret;

/// How long a token that was used gets the same successor again.
pub const GRACE: SignedDuration = SignedDuration::from_secs(10);
/// How long a customer's family lives after its last refresh.
const CUSTOMERS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long an administrator's does: a working day.
const ADMINISTRATORS_KEPT: SignedDuration = tables::SESSIONS.kept;
/// Sessions that are looked at together when all are ended.
const PAGE: usize = 100;
/// Refreshes of one family at the same time that are sorted out here, before somebody has to ask again.
const RACES: usize = 6;

/// A refresh token, as it travels. Doesn't print.
#[derive(Debug, Clone)]
pub struct RefreshToken {
    family: Key,
    secret: SecretString,
}

/// Whose a session is, and what their password is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Who.
    pub user_id: UserId,
    /// Whether it is the administrator.
    pub administrator: bool,
    /// What stands for the password's hash: a session ends when it is another.
    pub password: String,
}

impl Holder {
    const fn kept(&self) -> SignedDuration {
        if self.administrator { ADMINISTRATORS_KEPT } else { CUSTOMERS_KEPT }
    }
}

/// A refresh token for its holder.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The token.
    pub token: RefreshToken,
    /// How long it is good for, unless it is used.
    pub kept: SignedDuration,
}

/// A row's document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Family {
    password: String,
    current: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    changed_at: Timestamp,
}

/// All families.
#[derive(Clone)]
pub struct Sessions {
    table: Arc<dyn Table>,
    ports: Ports,
    hashes: KeyedHash,
    successors: KeyedHash,
}

impl RefreshToken {
    /// Reads one; none where the text has not its form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (user, family, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let user = UserId::parse(user).ok().filter(|_| parts.next().is_none())?;
        let plain = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(is_plain);
        (plain(family) && plain(secret)).then(|| Self { family: key(&user, family), secret: secret.into() })
    }

    /// As it travels.
    #[must_use]
    pub fn expose(&self) -> SecretString {
        let user = self.family.pk.trim_start_matches(tables::SESSIONS.rows);
        format!("{user}.{}.{}", self.family.sk, self.secret.expose_secret()).into()
    }

    /// Whose it says it is.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        UserId::parse(self.family.pk.strip_prefix(tables::SESSIONS.rows)?).ok()
    }
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn key(user: &UserId, family: &str) -> Key {
    Key::new(format!("{}{user}", tables::SESSIONS.rows), family)
}

impl Sessions {
    /// The families in this table; `hashes` and `successors` are for these purposes alone.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, ports: Ports, hashes: KeyedHash, successors: KeyedHash) -> Self {
        Self { table, ports, hashes, successors }
    }

    /// Begins a family. Durable before anybody has its token.
    ///
    /// # Errors
    /// A [`Fault`] of the table; a permanent one when the system has no randomness.
    pub async fn begin(&self, holder: &Holder) -> Result<Issued, Fault> {
        let secret =
            random_secret().map_err(|error| Fault::new(FaultKind::Permanent, "sessions.begin", error.to_string()))?;
        let family = key(&holder.user_id, &self.ports.ids.uuid_v7().simple().to_string());
        let doc = Family {
            password: holder.password.clone(),
            current: self.hash(&secret),
            previous: None,
            changed_at: self.ports.clock.now(),
        };
        match self.write(&family, 1, &doc, holder.kept(), Condition::Absent).await {
            // The second is our own, its first answer lost: nobody else has this id.
            Ok(()) | Err(WriteError::Condition(_)) => {
                Ok(Issued { token: RefreshToken { family, secret }, kept: holder.kept() })
            }
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// The successor of a token, for whoever the holder is now; none where the session has ended. What ends it is durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table. After it the same token can be shown again, within the grace.
    pub async fn refresh(&self, token: &RefreshToken, holder: &Holder) -> Result<Option<Issued>, Fault> {
        let shown = self.hash(&token.secret);
        let next = self.successor(token);
        let issued = || Issued {
            token: RefreshToken { family: token.family.clone(), secret: next.clone() },
            kept: holder.kept(),
        };
        for _ in 0..RACES {
            let Some(row) = self.table.get(&token.family).await? else { return Ok(None) };
            let now = self.ports.clock.now();
            // A row that has expired may stand for days.
            if row.expires_at.is_some_and(|at| at <= now) {
                return Ok(None);
            }
            let family: Family = serde_json::from_value(row.doc).map_err(|error| broken(&error))?;
            if family.password != holder.password {
                self.end(token).await?;
                return Ok(None);
            }
            if family.current == shown {
                let doc =
                    Family { current: self.hash(&next), previous: Some(shown.clone()), changed_at: now, ..family };
                let standing = Condition::VersionIs(row.version);
                match self.write(&token.family, row.version + 1, &doc, holder.kept(), standing).await {
                    Ok(()) => return Ok(Some(issued())),
                    // Another tab was quicker, or it was us: the next look tells.
                    Err(WriteError::Condition(_)) => continue,
                    Err(WriteError::Fault(fault)) => return Err(fault),
                }
            }
            let just_used = family.previous.as_ref() == Some(&shown) && now.duration_since(family.changed_at) <= GRACE;
            if just_used && family.current == self.hash(&next) {
                return Ok(Some(issued()));
            }
            tracing::warn!("a refresh token came back after its successor was used: its session is ended");
            self.end(token).await?;
            return Ok(None);
        }
        Err(Fault::new(FaultKind::Throttled, "sessions.refresh", "others refresh this session at the same time"))
    }

    /// Ends a token's family, whichever of its tokens this is. Durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn end(&self, token: &RefreshToken) -> Result<(), Fault> {
        match self.table.delete(&token.family, Condition::Any).await {
            Ok(()) | Err(WriteError::Condition(_)) => Ok(()),
            Err(WriteError::Fault(fault)) => Err(fault),
        }
    }

    /// Ends all sessions of a user. Durable.
    ///
    /// # Errors
    /// A [`Fault`] of the table. Some may have ended.
    pub async fn end_all(&self, user: &UserId) -> Result<(), Fault> {
        let partition = key(user, "").pk;
        let mut after: Option<String> = None;
        loop {
            let rows = self.table.list(&partition, "", after.as_deref(), PAGE).await?;
            for row in &rows {
                match self.table.delete(&row.key, Condition::Any).await {
                    Ok(()) | Err(WriteError::Condition(_)) => {}
                    Err(WriteError::Fault(fault)) => return Err(fault),
                }
            }
            match rows.into_iter().next_back() {
                Some(last) => after = Some(last.key.sk),
                None => return Ok(()),
            }
        }
    }

    async fn write(
        &self,
        family: &Key,
        version: u64,
        doc: &Family,
        kept: SignedDuration,
        condition: Condition,
    ) -> Result<(), WriteError> {
        let expires_at = doc.changed_at.checked_add(kept).ok();
        let doc = serde_json::to_value(doc).map_err(|error| broken(&error))?;
        self.table.put(&Row { expires_at, ..Row::new(family.clone(), version, doc) }, condition).await
    }

    fn hash(&self, secret: &SecretString) -> String {
        text(&self.hashes, secret.expose_secret())
    }

    fn successor(&self, token: &RefreshToken) -> SecretString {
        text(&self.successors, &format!("{}.{}", token.family.sk, token.secret.expose_secret())).into()
    }
}

/// A hash in letters.
fn text(hash: &KeyedHash, of: &str) -> String {
    URL_SAFE_NO_PAD.encode(hash.of(of.as_bytes()))
}

fn broken(error: &serde_json::Error) -> Fault {
    let cause = format!("the row is not a session: {:?} error", error.classify());
    Fault::new(FaultKind::Permanent, "sessions", cause)
}
