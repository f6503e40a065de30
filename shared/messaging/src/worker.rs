//! Background work with a name, supervised by the runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

type Run = dyn Fn(CancellationToken) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// A task that runs until its token is cancelled, then finishes what it holds and returns.
///
/// One that returns or panics before is started again by the supervisor, so it must be startable many times.
#[derive(Clone)]
pub struct Worker {
    name: Arc<str>,
    run: Arc<Run>,
    ends_last: bool,
}

impl Worker {
    /// A worker called `name` (role and work: `order/consumer`).
    pub fn new<F, Fut>(name: impl Into<Arc<str>>, run: F) -> Self
    where
        F: Fn(CancellationToken) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self { name: name.into(), run: Arc::new(move |token| Box::pin(run(token))), ends_last: false }
    }

    /// A worker that is dropped wherever it stands when it is told to end: for what loses nothing by that. One that has
    /// nothing left to do waits until then.
    pub fn until_cancelled<F, Fut>(name: impl Into<Arc<str>>, run: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::new(name, move |shutdown| {
            let work = run();
            async move {
                if shutdown.run_until_cancelled(work).await.is_some() {
                    shutdown.cancelled().await;
                }
            }
        })
    }

    /// Is told to end only after all others have: for those that others hand their work to.
    #[must_use]
    pub const fn ending_last(mut self) -> Self {
        self.ends_last = true;
        self
    }

    /// Whether it is told to end only after all others have.
    #[must_use]
    pub const fn ends_last(&self) -> bool {
        self.ends_last
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs it once, until it returns.
    pub async fn run(&self, shutdown: CancellationToken) {
        (self.run)(shutdown).await;
    }
}
