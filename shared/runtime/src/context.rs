//! A process's adapters and settings, from which its roles are built.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use shotengai_contracts::api::Interface;
use shotengai_contracts::topology::{Service, tables};
use shotengai_kernel::Ports;
use shotengai_messaging::outcomes::Outcomes;
use shotengai_messaging::pauses::Pauses;
use shotengai_messaging::{Hints, Infrastructure, Leases};

use crate::auth::TokenVerifier;
use crate::deps::{Deps, LeaseSource, SharedSettings, Supply};
use crate::direct_http::direct_http;
use crate::health::Health;
use crate::http::POOL_IDLE;
use crate::neighbours::{HttpNeighbours, Neighbour, Neighbours};
use crate::settings::Settings;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// A service that takes longer is as good as away.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything a process may use. Cheap to clone.
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
    /// The public routes of the installation, whoever answers them.
    pub interface: Interface,
    /// How this process is, as soon as it runs: for a role that tells of processes.
    pub own_health: Arc<OnceLock<Arc<Health>>>,
    leases: Option<LeaseSource>,
    hints: Option<Hints>,
    pauses: Pauses,
    outcomes: Outcomes,
}

impl Context {
    /// A context over these settings and adapters; access tokens are checked with the keys at [`Settings::jwks_url`].
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(settings: Arc<Settings>, ports: Ports, infra: Arc<dyn Infrastructure>) -> anyhow::Result<Self> {
        let http = http_client()?;
        let tokens =
            TokenVerifier::remote(&settings.jwks_url(), &settings.auth.issuer, http.clone(), Arc::clone(&ports.clock));
        let hints = settings.hints.is_on().then(|| match &settings.aws.endpoint_url {
            Some(_) => Hints::default(),
            None => Hints::sparing_queues(),
        });
        let pauses = Pauses::of(infra.table(tables::PAUSED_CONSUMERS.name));
        let outcomes = Outcomes::into_table(infra.table(tables::LETTER_OUTCOMES.name));
        Ok(Self {
            settings,
            ports,
            infra,
            tokens: Arc::new(tokens),
            http,
            interface: Interface::default(),
            own_health: Arc::default(),
            leases: None,
            hints,
            pauses,
            outcomes,
        })
    }

    /// The same, but tokens are checked with `tokens`.
    #[must_use]
    pub fn with_tokens(mut self, tokens: TokenVerifier) -> Self {
        self.tokens = Arc::new(tokens);
        self
    }

    /// The same, but of an installation with these public routes.
    #[must_use]
    pub fn with_interface(mut self, interface: Interface) -> Self {
        self.interface = interface;
        self
    }

    /// The same, but leases come from `source`, which is given their group.
    #[must_use]
    pub fn with_leases(mut self, source: impl Fn(&str) -> Arc<dyn Leases> + Send + Sync + 'static) -> Self {
        self.leases = Some(Arc::new(source));
        self
    }

    /// Another service, to ask.
    #[must_use]
    pub fn neighbour(&self, service: Service) -> Neighbour {
        Neighbour::new(service, self.neighbours())
    }

    /// All other services, to ask.
    #[must_use]
    pub fn neighbours(&self) -> Arc<dyn Neighbours> {
        let (http, addresses) = (self.http.clone(), self.settings.neighbours.addresses());
        Arc::new(HttpNeighbours::new(http, self.settings.auth.internal_token.clone(), addresses))
    }

    /// What `service` is assembled from. Once a process and service.
    #[must_use]
    pub fn deps(&self, service: Service) -> Deps {
        let settings = &self.settings;
        let shared = SharedSettings {
            currency: settings.currency,
            stream: settings.aws.stream_name.clone(),
            host: settings.leases.host.clone(),
            consumer: settings.consumer.config(service.as_str()),
            groups_commits: settings.group_commit.is_on(),
            ..SharedSettings::default()
        };
        Supply::new(Arc::clone(&self.infra), self.ports.clone())
            .with_settings(shared)
            .with_neighbours(self.neighbours())
            .with_leases(self.leases.clone())
            .with_hints(self.hints.clone())
            .with_pauses(self.pauses.clone())
            .with_outcomes(self.outcomes.clone())
            .deps(service)
    }
}

fn http_client() -> anyhow::Result<reqwest::Client> {
    direct_http()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .pool_idle_timeout(POOL_IDLE)
        // Services answer; one that redirects is not who we think it is.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .context("no HTTP client can be made")
}
