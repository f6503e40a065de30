//! Gives a token of ours for one of another issuer, and its bearer an account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use shotengai_gateway::exchange::{Exchanged, TokenExchange};
use shotengai_kernel::Ports;
use shotengai_runtime::auth::AuthError;
use shotengai_runtime::{KeyedHash, Subject, TokenIssuer};

use super::Verifier;
use super::identity::Identity;
use crate::users::Users;
use crate::users::subjects::{Known, subject_key};

/// A token of ours lives for as long as a request may take, and then some.
const LIFETIME: Duration = Duration::from_secs(120);
/// A bearer is looked up again after this: an account that is erased is noticed by then.
const REMEMBERED_SECONDS: i64 = 60;
/// Bearers that are remembered; beyond that all are forgotten.
const MOST: usize = 10_000;
/// Bearers that are looked up at the same time; those who come with one token wait for its first.
const LOOKING: usize = 64;

/// Exchanges tokens.
pub struct Exchange {
    verifier: Verifier,
    issuer: String,
    users: Users,
    tokens: Arc<TokenIssuer>,
    /// Stands for a token in memory.
    marks: KeyedHash,
    remembered: Mutex<HashMap<Vec<u8>, (Exchanged, i64)>>,
    looking: Vec<tokio::sync::Mutex<()>>,
    ports: Ports,
}

impl Exchange {
    /// Exchanges tokens of the issuer of this name.
    #[must_use]
    pub fn new(
        verifier: Verifier,
        issuer: &str,
        users: Users,
        tokens: Arc<TokenIssuer>,
        marks: KeyedHash,
        ports: Ports,
    ) -> Self {
        let looking = (0..LOOKING).map(|_| tokio::sync::Mutex::default()).collect();
        let (issuer, remembered) = (issuer.to_owned(), Mutex::default());
        Self { verifier, issuer, users, tokens, marks, remembered, looking, ports }
    }

    fn now(&self) -> i64 {
        self.ports.clock.now().as_second()
    }

    fn remembered(&self, mark: &[u8]) -> Option<Exchanged> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let (exchanged, until) = remembered.get(mark)?;
        (self.now() < *until).then(|| exchanged.clone())
    }

    fn remember(&self, mark: Vec<u8>, exchanged: Exchanged, until: i64) {
        let now = self.now();
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MOST {
            remembered.retain(|_, (_, until)| now < *until);
        }
        if remembered.len() >= MOST {
            remembered.clear();
        }
        remembered.insert(mark, (exchanged, until));
    }

    async fn exchange(&self, token: &str) -> Option<Result<Exchanged, AuthError>> {
        let mark = self.marks.of(token.as_bytes()).as_ref().to_vec();
        if let Some(exchanged) = self.remembered(&mark) {
            return Some(Ok(exchanged));
        }
        let identity = match self.verifier.verify(token).await? {
            Ok(identity) => identity,
            Err(error) => return Some(Err(error)),
        };
        let place = mark.first().map_or(0, |byte| usize::from(*byte) % LOOKING);
        let _turn = match self.looking.get(place) {
            Some(place) => Some(place.lock().await),
            None => None,
        };
        if let Some(exchanged) = self.remembered(&mark) {
            return Some(Ok(exchanged));
        }
        Some(self.introduce(mark, identity).await)
    }

    async fn introduce(&self, mark: Vec<u8>, identity: Identity) -> Result<Exchanged, AuthError> {
        let key = subject_key(&self.issuer, identity.subject.as_str());
        let Identity { email, name, language, role, expires, .. } = identity;
        let known = Known { email, name, language };
        let user_id = self.users.meet(&key, &known, &self.ports).await.map_err(|fault| {
            tracing::warn!(%fault, "the account of another issuer's bearer can't be looked up");
            AuthError::Unavailable
        })?;
        let subject = Subject { role, ..Subject::customer(user_id) };
        let claims = self.tokens.claims(&subject, LIFETIME);
        let token = self.tokens.sign(&claims).map_err(|error| {
            tracing::error!(%error, "an access token can't be signed");
            AuthError::Unavailable
        })?;
        let exchanged = Exchanged { claims, token };
        let until = self.now().saturating_add(REMEMBERED_SECONDS).min(expires);
        self.remember(mark, exchanged.clone(), until);
        Ok(exchanged)
    }
}

impl TokenExchange for Exchange {
    fn exchange<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Option<Result<Exchanged, AuthError>>> {
        Box::pin(self.exchange(token))
    }
}
