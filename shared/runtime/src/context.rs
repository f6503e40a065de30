//! What a role is built from.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use secrecy::ExposeSecret;
use shotengai_contracts::Owner;
use shotengai_kernel::Ports;
use shotengai_messaging::{CommitWriter, Infrastructure, Outbox, OutboxConfig, Publisher, Worker};
use tokio_postgres::NoTls;

use crate::auth::TokenVerifier;
use crate::settings::Settings;

const POOL_SIZE: usize = 16;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything that roles share. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The shared settings.
    pub settings: Arc<Settings>,
    /// Clock, randomness, ids.
    pub ports: Ports,
    /// Event stores, tables, queues, stream and topic.
    pub infra: Arc<dyn Infrastructure>,
    /// Checks access tokens.
    pub tokens: Arc<TokenVerifier>,
    /// For requests to other services.
    pub http: reqwest::Client,
}

/// A service's event store with the outbox behind it.
pub struct EventSourcing {
    /// Writes commits.
    pub writer: CommitWriter,
    /// Publisher and sweeper; none where change capture feeds the stream.
    pub workers: Vec<Worker>,
}

impl Context {
    /// The event store of a service, wired to its outbox.
    #[must_use]
    pub fn event_sourcing(&self, owner: Owner) -> EventSourcing {
        let store = self.infra.event_store(owner);
        if !self.infra.marks_outbox() {
            let writer = CommitWriter::new(store, Outbox::disabled(), self.ports.clone());
            return EventSourcing { writer, workers: Vec::new() };
        }
        let (outbox, publisher) = Publisher::new(
            owner.as_str(),
            Arc::clone(&store),
            self.infra.stream_writer(),
            OutboxConfig::default(),
            self.ports.clone(),
        );
        let writer = CommitWriter::new(store, outbox, self.ports.clone());
        EventSourcing { writer, workers: publisher.workers() }
    }

    /// A pool of connections to the read models' PostgreSQL. Connects at the first use.
    ///
    /// # Errors
    /// When `DATABASE_URL` is not set.
    pub fn postgres(&self) -> anyhow::Result<Pool> {
        let url = self.settings.database_url.as_ref().context("DATABASE_URL: is not set")?;
        // The parser's message may quote the password; settings have checked the URL before.
        let mut config: tokio_postgres::Config =
            url.expose_secret().parse().map_err(|_| anyhow::anyhow!("DATABASE_URL: is not a PostgreSQL URL"))?;
        config.connect_timeout(CONNECT_TIMEOUT).application_name("shotengai");
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        Pool::builder(manager)
            .max_size(POOL_SIZE)
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build()
            .context("the pool of connections can't be made")
    }
}
