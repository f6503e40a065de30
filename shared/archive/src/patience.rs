//! Patience with what a read of everything meets: a store that is throttled or away for a moment.

use std::time::Duration;

use shotengai_messaging::{Backoff, Fault};

/// So often a read is tried.
const ATTEMPTS: u32 = 10;
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// Asks until there is an answer, or a fault that passes by no waiting, or the last attempt.
///
/// # Errors
/// The last [`Fault`].
pub(crate) async fn patiently<T>(ask: impl AsyncFn() -> Result<T, Fault>) -> Result<T, Fault> {
    let backoff = Backoff::new(FIRST, LONGEST);
    let mut attempts = 1;
    loop {
        match ask().await {
            Err(fault) if fault.is_retryable() && attempts < ATTEMPTS => {
                tokio::time::sleep(backoff.bound(attempts)).await;
                attempts += 1;
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use shotengai_messaging::FaultKind;

    use super::*;

    async fn after(faults: u32, kind: FaultKind) -> (bool, u32) {
        let asked = AtomicU32::new(0);
        let answer = patiently(async || {
            let so_often = asked.fetch_add(1, Ordering::Relaxed);
            if so_often < faults { Err(Fault::new(kind, "ask", "away")) } else { Ok(()) }
        });
        (answer.await.is_ok(), asked.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_waited_for_and_nothing_else() {
        assert_eq!(after(3, FaultKind::Transient).await, (true, 4));
        assert_eq!(after(99, FaultKind::Throttled).await, (false, ATTEMPTS));
        assert_eq!(after(1, FaultKind::Permanent).await, (false, 1));
    }
}
