//! Public keys of access tokens, from wherever they are published.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::AuthError;

/// A key set younger than this is not asked for again, or made-up key ids would have us ask for ever.
const MIN_AGE: Duration = Duration::from_secs(30);
/// A key set older than this is asked for again, so that a key taken out of use is forgotten.
const MAX_AGE: Duration = Duration::from_secs(600);
/// After a failure, sooner.
const RETRY: Duration = Duration::from_secs(1);

/// A key and the algorithms that it may be used with. The token's own header never decides: that is how `none` and
/// HMAC-with-the-public-key get in.
pub type VerifyingKey = (DecodingKey, Vec<Algorithm>);

/// Where a key set is published.
#[async_trait]
pub trait KeyEndpoint: Send + Sync {
    /// The key set as it is now. Ends within a few seconds.
    ///
    /// # Errors
    /// Why it can't be had, without secrets.
    async fn fetch(&self) -> anyhow::Result<JwkSet>;
}

/// Algorithms that a key is good for; none where it isn't accepted at all.
pub type Accepts = fn(&Jwk) -> Vec<Algorithm>;

/// Keys by their id (`kid`). A set's only key is found without one, too.
pub struct KeySource(Arc<Shared>);

struct Shared {
    keys: RwLock<Arc<HashMap<String, VerifyingKey>>>,
    accepts: Accepts,
    remote: Option<Remote>,
}

struct Remote {
    endpoint: Box<dyn KeyEndpoint>,
    /// When it may be asked again at the earliest, and when it should be at the latest.
    due: Arc<Mutex<Due>>,
}

struct Due {
    earliest: Instant,
    latest: Instant,
    /// Whether the last look failed: then an unknown key may be a good one.
    failed: bool,
}

impl KeySource {
    /// These keys and no others.
    #[must_use]
    pub fn fixed(jwks: &JwkSet, accepts: Accepts) -> Self {
        Self(Arc::new(Shared { keys: RwLock::new(Arc::new(usable(jwks, accepts))), accepts, remote: None }))
    }

    /// The keys published there, asked for when first needed. Known keys go on working while it is away.
    #[must_use]
    pub fn published(endpoint: Box<dyn KeyEndpoint>, accepts: Accepts) -> Self {
        let now = Instant::now();
        let due = Arc::new(Mutex::new(Due { earliest: now, latest: now, failed: true }));
        Self(Arc::new(Shared { keys: RwLock::default(), accepts, remote: Some(Remote { endpoint, due }) }))
    }

    fn known(&self, kid: &str) -> Option<VerifyingKey> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).get(kid).cloned()
    }

    /// The key of this id; the only key for the empty id.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] where there is none; [`AuthError::Unavailable`] where that can't be told at the moment.
    pub async fn key(&self, kid: &str) -> Result<VerifyingKey, AuthError> {
        let known = self.known(kid);
        let Some(remote) = &self.0.remote else { return known.ok_or(AuthError::Invalid) };
        if let Some(key) = known {
            // Whoever holds the lock is asking already; nobody waits while the key at hand does.
            if let Ok(due) = Arc::clone(&remote.due).try_lock_owned()
                && due.latest <= Instant::now()
            {
                let _still_good = self.refresh(due).await;
                return self.known(kid).ok_or(AuthError::Invalid);
            }
            return Ok(key);
        }
        let due = Arc::clone(&remote.due).lock_owned().await;
        if let Some(key) = self.known(kid) {
            return Ok(key);
        }
        if due.earliest <= Instant::now() {
            self.refresh(due).await?;
        } else if due.failed {
            return Err(AuthError::Unavailable);
        }
        self.known(kid).ok_or(AuthError::Invalid)
    }

    /// Goes on where whoever asks is gone before the answer, as with a request whose body is refused meanwhile: else the
    /// publisher would be asked anew each time, and nobody would ever know the keys.
    async fn refresh(&self, due: OwnedMutexGuard<Due>) -> Result<(), AuthError> {
        let shared = Arc::clone(&self.0);
        tokio::spawn(async move { shared.refresh(due).await }).await.unwrap_or(Err(AuthError::Unavailable))
    }
}

impl Shared {
    async fn refresh(&self, mut due: OwnedMutexGuard<Due>) -> Result<(), AuthError> {
        let Some(remote) = &self.remote else { return Ok(()) };
        let fetched = remote.endpoint.fetch().await;
        let now = Instant::now();
        match fetched {
            Ok(jwks) => {
                let keys = usable(&jwks, self.accepts);
                if keys.is_empty() {
                    tracing::warn!("none of the published keys of access tokens can be used");
                }
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
                *due = Due { earliest: now + MIN_AGE, latest: now + MAX_AGE, failed: false };
                Ok(())
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(%error, "the keys of access tokens can't be fetched; known ones stay in use");
                *due = Due { earliest: now + RETRY, latest: now + MIN_AGE, failed: true };
                Err(AuthError::Unavailable)
            }
        }
    }
}

fn usable(jwks: &JwkSet, accepts: Accepts) -> HashMap<String, VerifyingKey> {
    let read = |jwk: &Jwk| {
        let algorithms = accepts(jwk);
        let key = DecodingKey::from_jwk(jwk).ok().filter(|_| !algorithms.is_empty())?;
        Some((jwk.common.key_id.clone().unwrap_or_default(), (key, algorithms)))
    };
    let read: Vec<_> = jwks.keys.iter().filter_map(read).collect();
    let only = if let [(_, key)] = &read[..] { Some((String::new(), key.clone())) } else { None };
    // Among several, one without an id can't be told from the others.
    let named = read.into_iter().filter(|(kid, _)| !kid.is_empty());
    named.chain(only).collect()
}
