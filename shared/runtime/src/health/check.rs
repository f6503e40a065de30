//! Questions to dependencies.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use shotengai_messaging::Probe;

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

const TIMEOUT: Duration = Duration::from_secs(2);

/// Asks a dependency whether it is there: a cheap call, without effects, answered within 2 s.
#[derive(Clone)]
pub struct Check {
    name: Arc<str>,
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
    advisory: bool,
    seldom: bool,
}

impl Check {
    /// A check of the dependency `name`. Errors stand in `/readyz`: no secrets, no personal data.
    pub fn new<F, Fut, E>(name: impl Into<Arc<str>>, ask: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        let ask = move || -> Answer {
            let answer = ask();
            Box::pin(async move { answer.await.map_err(|error| error.to_string()) })
        };
        Self { name: name.into(), ask: Arc::new(ask), advisory: false, seldom: false }
    }

    /// A check that asks what a consumer's probe asks.
    #[must_use]
    pub fn of(probe: &Probe) -> Self {
        let asked = probe.clone();
        Self::new(Arc::clone(probe.name()), move || {
            let probe = asked.clone();
            async move { probe.ask().await }
        })
    }

    /// Is told about, but readiness never waits for it: the process is of use without this dependency.
    #[must_use]
    pub fn advisory(self) -> Self {
        Self { advisory: true, ..self }
    }

    /// Is asked less often while it answers well: every thirty seconds instead of five. Not for a store of which something is
    /// remembered, which a fault of it speaks against.
    #[must_use]
    pub fn seldom(self) -> Self {
        Self { seldom: true, ..self }
    }

    /// The dependency's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same check, told apart from another role's of the same name.
    pub(crate) fn of_role(self, role: &str) -> Self {
        Self { name: format!("{role}/{}", self.name).into(), ..self }
    }

    pub(super) const fn is_seldom(&self) -> bool {
        self.seldom
    }

    pub(super) const fn is_advisory(&self) -> bool {
        self.advisory
    }

    pub(super) async fn ask(&self) -> Result<(), String> {
        match tokio::time::timeout(TIMEOUT, (self.ask)()).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", TIMEOUT.as_secs())),
        }
    }
}
