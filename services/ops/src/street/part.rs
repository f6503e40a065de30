//! Something that is looked at seldom, however many ask.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// A part of the street: what it was when it was last looked at.
pub(crate) struct Part<T> {
    name: &'static str,
    /// How old what is shown may be.
    fresh: Duration,
    /// How long a look may take.
    within: Duration,
    state: Mutex<State<T>>,
}

struct State<T> {
    looked: Option<Instant>,
    good: Option<Arc<T>>,
    fault: Option<String>,
}

/// What was seen last, and what went wrong with the last look.
pub(crate) struct Shown<T> {
    pub(crate) good: Option<Arc<T>>,
    pub(crate) fault: Option<String>,
}

impl<T> Part<T> {
    pub(crate) fn new(name: &'static str, fresh: Duration, within: Duration) -> Self {
        let state = State { looked: None, good: None, fault: None };
        Self { name, fresh, within, state: Mutex::new(state) }
    }

    /// What it is, looked at if nobody has lately. Held while somebody looks, so that the others find that. A look that fails
    /// counts as one: what is away is not asked by each who watches.
    pub(crate) async fn show<F>(&self, look: F) -> Shown<T>
    where
        F: AsyncFnOnce() -> anyhow::Result<T>,
    {
        let mut state = self.state.lock().await;
        if state.looked.is_none_or(|looked| looked.elapsed() >= self.fresh) {
            let seen = timeout(self.within, look()).await;
            state.looked = Some(Instant::now());
            match seen {
                Ok(Ok(good)) => (state.good, state.fault) = (Some(Arc::new(good)), None),
                Ok(Err(error)) => {
                    tracing::warn!(part = self.name, %error, "a part of the street could not be looked at");
                    state.fault = Some(error.to_string());
                }
                Err(_) => state.fault = Some(format!("no answer within {} s", self.within.as_secs())),
            }
        }
        Shown { good: state.good.clone(), fault: state.fault.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_who_watch_cost_one_look_and_what_is_away_is_shown_as_it_was() {
        let part = Part::new("test", Duration::from_secs(1), Duration::from_secs(2));
        let looks = AtomicU32::new(0);
        let look = async || Ok(looks.fetch_add(1, Ordering::Relaxed));
        let all = futures::future::join_all((0..10).map(|_| part.show(look))).await;
        assert!(all.iter().all(|shown| shown.good.as_deref() == Some(&0)));
        tokio::time::advance(Duration::from_secs(1)).await;
        let away = part.show(async || std::future::pending().await).await;
        assert_eq!((away.good.as_deref(), away.fault.as_deref()), (Some(&0), Some("no answer within 2 s")));
        // Nobody asks again at once.
        assert!(part.show(look).await.fault.is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        let back = part.show(look).await;
        assert_eq!((back.good.as_deref(), back.fault), (Some(&1), None));
    }
}
