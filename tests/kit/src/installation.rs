//! An installation in memory.

use std::sync::{Arc, LazyLock};

use jiff::SignedDuration;
use secrecy::SecretString;
use shotengai_contracts::topology::{Service, tables};
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::Infrastructure;
use shotengai_messaging::outcomes::Outcomes;
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::{Context, Deps, Neighbours, Settings, Supply, TokenIssuer, TokenVerifier};
use shotengai_testing::memory::{FaultInjector, MemoryConfig, MemoryInfrastructure, NoFaults};

use crate::neighbours::FakeNeighbours;

/// By what services know each other here.
pub const INTERNAL_TOKEN: &str = "internal-token-of-tests";
/// Who issues access tokens here.
pub(crate) const ISSUER: &str = "shotengai";

/// The key that signs access tokens here, made up for this process.
///
/// # Panics
/// When the system has no randomness.
#[must_use]
pub fn signing_key() -> &'static SecretString {
    static KEY: LazyLock<SecretString> = LazyLock::new(|| generate_signing_key().unwrap());
    &KEY
}

/// Stores, queues, tables, and the other services. Each role that is assembled from it is a process of its own.
///
/// Nobody publishes what is committed: tests feed handlers themselves. When it goes, no message may be left in a queue,
/// unless the test has said so, and no history may have a gap.
pub struct Installation {
    /// Time, randomness, ids of all processes.
    pub ports: Ports,
    /// What they share.
    pub infra: Arc<MemoryInfrastructure>,
    /// Whom they ask.
    pub neighbours: Arc<FakeNeighbours>,
    clock: Option<Arc<ManualClock>>,
    may_be_left: Vec<&'static str>,
}

impl Installation {
    /// One in which nothing breaks and time stands still.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_faults(seed, Arc::new(NoFaults))
    }

    /// The same, but these break.
    #[must_use]
    pub fn with_faults(seed: u64, faults: Arc<dyn FaultInjector>) -> Self {
        let clock = Arc::new(ManualClock::default());
        let mut installation = Self::over(Ports::seeded(seed, Arc::clone(&clock)), faults);
        installation.clock = Some(clock);
        installation
    }

    /// One with this clock and this randomness.
    #[must_use]
    pub fn over(ports: Ports, faults: Arc<dyn FaultInjector>) -> Self {
        let config = MemoryConfig { faults, marks_outbox: false, ..MemoryConfig::default() };
        Self {
            infra: Arc::new(MemoryInfrastructure::with(ports.clone(), config)),
            ports,
            neighbours: Arc::default(),
            clock: None,
            may_be_left: Vec::new(),
        }
    }

    /// This queue need not be empty in the end.
    #[must_use]
    pub fn leaving(mut self, queue: &'static str) -> Self {
        self.may_be_left.push(queue);
        self
    }

    /// Lets time pass.
    pub fn advance(&self, time: SignedDuration) {
        self.clock.as_ref().expect("its clock is moved otherwise").advance(time);
    }

    /// What one process's role is assembled from.
    #[must_use]
    pub fn deps(&self, service: Service) -> Deps {
        self.supply().deps(service)
    }

    /// The same for roles whose neighbours answer over something else.
    #[must_use]
    pub fn deps_among(&self, service: Service, neighbours: Arc<dyn Neighbours>) -> Deps {
        self.supply().with_neighbours(neighbours).deps(service)
    }

    fn supply(&self) -> Supply {
        let outcomes = Outcomes::into_table(self.infra.table(tables::LETTER_OUTCOMES.name));
        Supply::new(Arc::clone(&self.infra) as _, self.ports.clone())
            .with_neighbours(Arc::clone(&self.neighbours) as _)
            .with_outcomes(outcomes)
    }

    /// A process's context, for roles that are built from one: settings are local ones, changed so. It signs access
    /// tokens with [`signing_key`], by which it knows them.
    #[must_use]
    pub fn context(&self, change: impl FnOnce(&mut Settings)) -> Context {
        let issuer = TokenIssuer::new(signing_key(), ISSUER, Arc::clone(&self.ports.clock)).unwrap();
        let verifier = TokenVerifier::fixed(&issuer.jwks(), ISSUER, Arc::clone(&self.ports.clock));
        let mut settings = Settings::local(SecretString::from(INTERNAL_TOKEN));
        change(&mut settings);
        let context = Context::new(Arc::new(settings), self.ports.clone(), Arc::clone(&self.infra) as _);
        context.unwrap().with_tokens(verifier)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let may_be_left = |left: &String| self.may_be_left.iter().any(|queue| left.starts_with(queue));
        let left: Vec<String> = self.infra.leftovers().into_iter().filter(|left| !may_be_left(left)).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}
