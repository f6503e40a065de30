//! Whether `PUBLISH=cdc` is possible: a commit without a marker comes into the stream only if its table streams itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shotengai_aws::Aws;
use shotengai_aws::admin::Capture;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::Service;
use shotengai_runtime::Check;
use tokio::time::Instant;

/// Descriptions of tables and streams are few a second and account.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Refuses to start roles whose commits would never come into the stream. An AWS that does not answer is no reason to: the
/// roles wait for it, and neither get ready nor commit anything before the answer.
///
/// # Errors
/// Names every event table of theirs that does not stream itself, or why that can't be found out.
pub(crate) async fn require(aws: &Aws, roles: &[Service]) -> anyhow::Result<()> {
    let admin = aws.admin();
    let mut missing = Vec::new();
    for owner in roles.iter().filter_map(|role| Owner::of(*role)) {
        let table = owner.events_table();
        match admin.capture_of(&table).await {
            Ok(Capture::Active) => {}
            Ok(other) => missing.push(format!("{table} is {other}")),
            Err(fault) if fault.is_retryable() => {
                tracing::warn!(table, %fault, "whether it is captured is not known yet; nothing is committed before");
            }
            Err(fault) => {
                let why = format!("PUBLISH=cdc: whether {table} is captured into the stream can't be found out");
                return Err(anyhow::Error::new(fault).context(why));
            }
        }
    }
    anyhow::ensure!(
        missing.is_empty(),
        "PUBLISH=cdc: event tables are not captured into the stream ({}); run `PUBLISH=cdc shotengai provision` first",
        missing.join(", ")
    );
    Ok(())
}

/// Goes on looking while the role runs: a capture that somebody ended loses events.
pub(crate) fn check(aws: &Aws, role: Service) -> Option<Check> {
    let table = Owner::of(role)?.events_table();
    let admin = aws.admin();
    let seen: Arc<Mutex<Option<Instant>>> = Arc::default();
    Some(Check::new(format!("{table} capture"), move || {
        let (admin, table, seen) = (admin.clone(), table.clone(), Arc::clone(&seen));
        async move {
            let is_fresh = |at: Instant| at.elapsed() < LOOK_EVERY;
            if seen.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(is_fresh) {
                return Ok(());
            }
            match admin.capture_of(&table).await {
                Ok(Capture::Active) => {
                    *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                    Ok(())
                }
                Ok(other) => {
                    Err(format!("the capture of {table} is {other}: what is committed now is lost to the stream"))
                }
                Err(fault) => Err(fault.to_string()),
            }
        }
    }))
}
