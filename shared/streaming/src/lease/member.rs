//! Announces a process to the others of its group.

use shotengai_messaging::ports::lease::{Lease, LeaseChange, LeaseError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::MEMBER_PREFIX;
use super::keep::Keeper;

/// Keeps the owner's member lease until `done`, then deletes it, so that others stop counting it at once.
pub(crate) async fn attend(keeper: &Keeper, done: &CancellationToken) {
    let name = format!("{MEMBER_PREFIX}{}", keeper.owner);
    let mut failures = 0_u32;
    while !done.is_cancelled() {
        let asked = Instant::now();
        match obtain(keeper, &name).await {
            Ok(lease) => {
                failures = 0;
                match keeper.keep(lease, asked, done).await {
                    Ok(lease) => return keeper.give_back(&lease, true).await,
                    Err(lost) => tracing::warn!(member = keeper.owner, %lost, "the member's lease was lost"),
                }
            }
            Err(error) => {
                if failures.is_multiple_of(30) {
                    tracing::warn!(member = keeper.owner, %error, failures, "not announced yet; trying again");
                }
                failures = failures.saturating_add(1);
            }
        }
        tokio::select! {
            biased;
            () = done.cancelled() => {}
            () = tokio::time::sleep(keeper.duration / 12) => {}
        }
    }
}

async fn obtain(keeper: &Keeper, name: &str) -> Result<Lease, LeaseError> {
    match keeper.leases.create(name, &keeper.owner, keeper.duration).await {
        // Our own of an earlier run of this worker.
        Err(LeaseError::Conflict { name }) => {
            let found = keeper.leases.list().await?.into_iter().find(|found| found.name == name);
            let found = found.ok_or(LeaseError::Gone { name })?;
            let change = LeaseChange::TakeOver { holder: keeper.owner.clone(), duration: keeper.duration };
            keeper.leases.change(&found, change).await
        }
        other => other,
    }
}
