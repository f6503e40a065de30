//! Asks the dependencies, over and over.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Dependency, Health};
use crate::metrics::DEPENDENCY_UP;

const BEAT: Duration = Duration::from_secs(3);
const UNTIL_FIRST: Duration = Duration::from_millis(100);
const AFTERWARDS: Duration = Duration::from_secs(5);
/// For what nobody remembers anything of, while it answers well: a question is a request to AWS.
const SELDOM: Duration = Duration::from_secs(30);

impl Health {
    /// Beats and asks until `stop`. Every dependency is asked by itself: one that hangs delays no other.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        let asking = self.dependencies.iter().map(ask);
        let all = async { tokio::join!(self.beats(), futures::future::join_all(asking)) };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            _ = all => {}
        }
    }

    async fn beats(&self) {
        loop {
            self.beat();
            tokio::time::sleep(BEAT).await;
        }
    }
}

async fn ask(dependency: &Dependency) {
    loop {
        let answer = dependency.check.ask().await;
        let name = dependency.check.name();
        DEPENDENCY_UP.record(answer.is_ok(), [name.to_owned().into()]);
        let now_up = answer.is_ok();
        let error = answer.as_ref().err().cloned().unwrap_or_default();
        let before = dependency.note(answer);
        let was_up = before.answered_once && before.error.is_none();
        // Only changes are worth a line.
        match (was_up, now_up) {
            (false, true) => tracing::info!(dependency = name, "a dependency is there"),
            (true, false) => tracing::warn!(dependency = name, error, "a dependency is away"),
            (false, false) if before.error.is_none() => {
                tracing::info!(dependency = name, error, "waiting for a dependency");
            }
            _ => {}
        }
        let answered_once = now_up || before.answered_once || dependency.check.is_advisory();
        let pause = match (answered_once, now_up && dependency.check.is_seldom()) {
            (false, _) => UNTIL_FIRST,
            (true, false) => AFTERWARDS,
            (true, true) => SELDOM,
        };
        tokio::time::sleep(pause).await;
    }
}
