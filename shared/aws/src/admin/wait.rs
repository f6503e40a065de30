//! Waiting for resources that take their time.

use std::future::Future;
use std::time::Duration;

use shotengai_messaging::{Fault, FaultKind};
use tokio::time::{Instant, sleep};

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(2);
/// An index on a filled table takes longer; then the next run finds it.
const DEADLINE: Duration = Duration::from_secs(180);

/// Asks again and again until the answer is yes.
pub(super) async fn until<F, Fut>(operation: &'static str, ready: F) -> Result<(), Fault>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<bool, Fault>>,
{
    let deadline = Instant::now() + DEADLINE;
    let mut pause = FIRST;
    while !ready().await? {
        if Instant::now() >= deadline {
            return Err(Fault::new(FaultKind::Transient, operation, "it did not become ready in time"));
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
    Ok(())
}
