//! Whether `PUBLISH=cdc` is possible: a commit without a marker comes into the stream only if its table streams itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shotengai_aws::Aws;
use shotengai_aws::admin::{Admin, Capture, TableSpec};
use shotengai_contracts::Owner;
use shotengai_runtime::Check;
use tokio::time::Instant;

use crate::cli::RoleChoice;

/// How long an AWS that does not answer is asked before the start is given up: without an answer nothing may be
/// committed.
const ASKED_FOR: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_millis(250);
/// Descriptions of tables and streams are few a second and account.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Whose commits these roles write.
fn owner(role: RoleChoice) -> Option<Owner> {
    match role {
        RoleChoice::Order => Some(Owner::Order),
        RoleChoice::Catalog => Some(Owner::Catalog),
        RoleChoice::Inventory => Some(Owner::Inventory),
        RoleChoice::Billing => Some(Owner::Billing),
        _ => None,
    }
}

/// Refuses to start roles whose commits would never come into the stream.
///
/// # Errors
/// Names every event table of theirs that does not stream itself, or why that could not be found out.
pub(crate) async fn require(aws: &Aws, roles: &[RoleChoice]) -> anyhow::Result<()> {
    let admin = aws.admin();
    let mut missing = Vec::new();
    for owner in roles.iter().filter_map(|role| owner(*role)) {
        let table = TableSpec::events(owner).name;
        match look_patiently(&admin, &table).await? {
            Capture::Active => {}
            other => missing.push(format!("{table} is {other}")),
        }
    }
    anyhow::ensure!(
        missing.is_empty(),
        "PUBLISH=cdc: event tables are not captured into the stream ({}); run `PUBLISH=cdc shotengai provision` first",
        missing.join(", ")
    );
    Ok(())
}

async fn look_patiently(admin: &Admin, table: &str) -> anyhow::Result<Capture> {
    let until = Instant::now() + ASKED_FOR;
    loop {
        match admin.capture_of(table).await {
            Ok(capture) => return Ok(capture),
            Err(fault) if fault.is_retryable() && Instant::now() < until => tokio::time::sleep(BETWEEN).await,
            Err(fault) => {
                let why = format!("PUBLISH=cdc: whether {table} is captured into the stream could not be found out");
                return Err(anyhow::Error::new(fault).context(why));
            }
        }
    }
}

/// Goes on looking while the role runs: a capture that somebody ended loses events.
pub(crate) fn check(aws: &Aws, role: RoleChoice) -> Option<Check> {
    let table = TableSpec::events(owner(role)?).name;
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
