//! Password hashes: Argon2id, made and checked away from the async threads, a few at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Each check takes 19 MiB and some 20 ms of a core by design; more than these at once would starve the pod.
const AT_ONCE: usize = 2;
/// How long a login queues for its turn before it is told to come back.
const QUEUE: Duration = Duration::from_secs(3);

/// A salt, as long as the algorithm's authors advise.
pub type Salt = [u8; 16];

/// So many are signing in that this one has to come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// A hash in PHC form (`$argon2id$v=19$m=19456,t=2,p=1$…`). Doesn't print.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Hashed(SecretString);

impl Hashed {
    /// Reads one.
    ///
    /// # Errors
    /// When it is none, or of another algorithm. The error doesn't quote it.
    pub fn parse(hash: &SecretString) -> anyhow::Result<Self> {
        let text = hash.expose_secret().trim();
        anyhow::ensure!(
            text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok(),
            "not an argon2id PHC string"
        );
        Ok(Self(text.into()))
    }

    /// The hash itself, still not to be printed.
    #[must_use]
    pub const fn expose(&self) -> &SecretString {
        &self.0
    }
}

impl PartialEq for Hashed {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hashed(…)")
    }
}

/// For the table of accounts, and nowhere else.
impl Serialize for Hashed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Its turn didn't come.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The system has no randomness for the salt.
    #[error("the password can't be hashed")]
    Failed,
}

/// The right to spend time on passwords: one for all who sign in at this process.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// Hashes a password, with a salt of its own.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: SecretString) -> Result<Hashed, HashError> {
        self.made(move || Argon2::default().hash_password(password.expose_secret().as_bytes())).await
    }

    /// Hashes a password with a salt that is told: the same hash each time.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash_with(&self, password: SecretString, salt: Salt) -> Result<Hashed, HashError> {
        self.made(move || Argon2::default().hash_password_with_salt(password.expose_secret().as_bytes(), &salt)).await
    }

    /// Whether this is the password of that hash. Takes its time either way.
    ///
    /// # Errors
    /// [`Busy`] when its turn doesn't come.
    pub async fn fits(&self, hash: &Hashed, password: SecretString) -> Result<bool, Busy> {
        let hash = hash.clone();
        let check = self.in_turn(move || {
            let right = |hash| Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok();
            PasswordHash::new(hash.0.expose_secret()).is_ok_and(right)
        });
        // A panic in there proves nothing about the password.
        Ok(check.await?.unwrap_or(false))
    }

    async fn made<E>(
        &self,
        hash: impl FnOnce() -> Result<PasswordHash, E> + Send + 'static,
    ) -> Result<Hashed, HashError> {
        let hash = self.in_turn(move || hash().ok().map(|hash| hash.to_string())).await?.flatten();
        hash.map(|hash| Hashed(hash.into())).ok_or(HashError::Failed)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<Option<T>, Busy> {
        let turn =
            timeout(QUEUE, Arc::clone(&self.turns).acquire_owned()).await.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work, not by the request: one that hangs up doesn't make room for a third.
            let _turn = turn;
            work()
        });
        Ok(work.await.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_a_turn_is_told_to_come_back() {
        let hash = Hashed::parse(&"$argon2id$v=19$m=8,t=1,p=1$c29tZSBmaXhlZCBzYWx0Lg$8RHXW7Pb0cm0f9GhF4sJ2g".into());
        let (hash, passwords) = (hash.unwrap(), Passwords::default());
        let both = passwords.turns.acquire_many(2).await.unwrap();
        assert_eq!(passwords.fits(&hash, "swordfish".into()).await, Err(Busy));
        assert!(matches!(passwords.hash("swordfish".into()).await, Err(HashError::Busy(Busy))));
        drop(both);
        assert_eq!(passwords.fits(&hash, "swordfish".into()).await, Ok(false));
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_differs_each_time_and_never_prints() {
        let passwords = Passwords::default();
        let (one, other) = (passwords.hash("swordfish".into()).await, passwords.hash("swordfish".into()).await);
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_ne!(one, other);
        assert_eq!(passwords.fits(&one, "swordfish".into()).await, Ok(true));
        assert_eq!(passwords.fits(&one, "tuna".into()).await, Ok(false));
        assert!(!format!("{one:?}").contains("argon2"));
    }
}
