//! Conditions with deadlines.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// Polls until `probe` answers `Ok`; after `within` it panics with the last `Err`.
pub async fn until<T, E, F, Fut>(what: &str, within: Duration, probe: F) -> T
where
    E: Debug,
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let deadline = Instant::now() + within;
    let mut pause = Duration::from_millis(10);
    loop {
        match probe().await {
            Ok(value) => return value,
            Err(seen) => assert!(Instant::now() < deadline, "{what}: not within {within:?}; last seen: {seen:?}"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}
