//! Checks passwords against one Argon2id hash.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Each check takes 19 MiB and some 20 ms of a core by design; more than these at once would starve the pod.
const AT_ONCE: usize = 2;
/// How long a login queues for its turn before it is told to come back.
const QUEUE: Duration = Duration::from_secs(3);

/// So many are signing in that this one has to come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// One hash, and the right to spend time on it.
pub struct PasswordCheck {
    hash: Arc<str>,
    turns: Arc<Semaphore>,
}

impl PasswordCheck {
    /// Checks against a hash in PHC form (`$argon2id$v=19$m=19456,t=2,p=1$…`).
    ///
    /// # Errors
    /// When it is none, or of another algorithm. The error doesn't quote it.
    pub fn of_hash(hash: &SecretString) -> anyhow::Result<Self> {
        let text = hash.expose_secret().trim();
        anyhow::ensure!(
            text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok(),
            "not an argon2id PHC string"
        );
        Ok(Self { hash: text.into(), turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Checks against a password: it is hashed now, so that a check costs the same as with a hash.
    ///
    /// # Errors
    /// When the system has no randomness for the salt.
    pub async fn of_password(password: &SecretString) -> anyhow::Result<Self> {
        let password = password.clone();
        let hash = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string())
        });
        let hash = hash.await.context("hashing was interrupted")?.context("the password can't be hashed")?;
        Self::of_hash(&hash.into())
    }

    /// Whether this is the password. Takes its time either way.
    ///
    /// # Errors
    /// [`Busy`] when its turn doesn't come.
    pub async fn is(&self, password: SecretString) -> Result<bool, Busy> {
        let turn =
            timeout(QUEUE, Arc::clone(&self.turns).acquire_owned()).await.map_err(|_| Busy)?.map_err(|_| Busy)?;
        let hash = Arc::clone(&self.hash);
        let check = tokio::task::spawn_blocking(move || {
            // Held by the work, not by the request: one that hangs up doesn't make room for a third.
            let _turn = turn;
            let right = |hash| Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok();
            PasswordHash::new(&hash).is_ok_and(right)
        });
        // A panic in there proves nothing about the password.
        Ok(check.await.unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_a_turn_is_told_to_come_back() {
        let hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZSBmaXhlZCBzYWx0Lg$8RHXW7Pb0cm0f9GhF4sJ2g".into();
        let check = PasswordCheck::of_hash(&hash).unwrap();
        let both = check.turns.acquire_many(2).await.unwrap();
        assert_eq!(check.is("swordfish".into()).await, Err(Busy));
        drop(both);
        assert_eq!(check.is("swordfish".into()).await, Ok(false));
    }
}
