//! What a role is built from.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use deadpool_postgres::Pool;
use secrecy::ExposeSecret;
use shotengai_contracts::Owner;
use shotengai_kernel::Ports;
use shotengai_messaging::{
    CommitWriter, ConsumerConfig, Infrastructure, Leases, Outbox, OutboxConfig, Publisher, Worker,
};

use crate::auth::TokenVerifier;
use crate::http::{POOL_IDLE, with_trace};
use crate::settings::Settings;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A service that takes longer is as good as away.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything a role may use. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Shared settings.
    pub settings: Arc<Settings>,
    /// Time, randomness, ids.
    pub ports: Ports,
    /// Event stores, tables, queues, topic, stream.
    pub infra: Arc<dyn Infrastructure>,
    /// Checks access tokens.
    pub tokens: Arc<TokenVerifier>,
    /// For requests to other services. Plain HTTP.
    pub http: reqwest::Client,
    leases: Option<LeaseSource>,
}

type LeaseSource = Arc<dyn Fn(&str) -> Arc<dyn Leases> + Send + Sync>;

/// A service's event store, wired to its outbox.
pub struct EventSourcing {
    /// Appends, and hands what it appended to the outbox.
    pub writer: CommitWriter,
    /// Publisher and sweeper; the sweeper alone where change capture feeds the stream.
    pub workers: Vec<Worker>,
}

impl Context {
    /// A context over these settings and adapters; access tokens are checked with the keys at `settings.jwks_url`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(settings: Arc<Settings>, ports: Ports, infra: Arc<dyn Infrastructure>) -> anyhow::Result<Self> {
        let http = http_client()?;
        let tokens =
            TokenVerifier::remote(&settings.jwks_url, &settings.jwt_issuer, http.clone(), Arc::clone(&ports.clock));
        Ok(Self { settings, ports, infra, tokens: Arc::new(tokens), http, leases: None })
    }

    /// The same, but tokens are checked with `tokens`.
    #[must_use]
    pub fn with_tokens(mut self, tokens: TokenVerifier) -> Self {
        self.tokens = Arc::new(tokens);
        self
    }

    /// The same, but leases come from `source`, which is given their group.
    #[must_use]
    pub fn with_leases(mut self, source: impl Fn(&str) -> Arc<dyn Leases> + Send + Sync + 'static) -> Self {
        self.leases = Some(Arc::new(source));
        self
    }

    /// The event store of `owner` and what moves its commits into the stream. Call it once a process and owner.
    #[must_use]
    pub fn event_sourcing(&self, owner: Owner) -> EventSourcing {
        let store = self.infra.event_store(owner);
        let marks = self.infra.marks_outbox();
        let (outbox, publisher) = Publisher::new(
            owner.as_str(),
            Arc::clone(&store),
            self.infra.stream_writer(),
            if marks { OutboxConfig::default() } else { OutboxConfig::captured() },
            self.ports.clone(),
        );
        let (outbox, workers) =
            if marks { (outbox, publisher.workers()) } else { (Outbox::disabled(), vec![publisher.sweeper()]) };
        EventSourcing { writer: CommitWriter::new(store, outbox, self.ports.clone()), workers }
    }

    /// How the consumer of this name behaves, as the shared settings have it. A role that needs other concurrency
    /// changes that field alone.
    #[must_use]
    pub fn consumer_config(&self, name: &'static str) -> ConsumerConfig {
        self.settings.consumer_config(name)
    }

    /// The leases of `group`, by which processes share the shards of a stream: rows of a table, or what
    /// [`Context::with_leases`] put in their place.
    #[must_use]
    pub fn leases(&self, group: &str) -> Arc<dyn Leases> {
        self.leases.as_ref().map_or_else(|| self.infra.leases(group), |source| source(group))
    }

    /// A GET to another service's `/internal/*`, with our token and the current trace.
    pub fn internal_get(&self, url: &str) -> reqwest::RequestBuilder {
        with_trace(self.http.get(url).bearer_auth(self.settings.internal_token.expose_secret()))
    }

    /// A pool of at most 16 connections to `DATABASE_URL`; connects when first used. One a role is enough.
    ///
    /// # Errors
    /// When `DATABASE_URL` is not set, or no trusted certificates can be had for the TLS it asks for.
    pub fn postgres(&self) -> anyhow::Result<Pool> {
        crate::postgres::pool(self.settings.database_url.as_ref(), self.settings.database_ca_file.as_deref())
    }
}

fn http_client() -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        // Services answer; one that redirects is not who we think it is.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("no HTTP client can be made")
}
