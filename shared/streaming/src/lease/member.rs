//! Announces a process to the others of its group, and says for how long it is one of them.
//!
//! The member's lease stands for all that its process holds: shards' leases are not renewed, and hold for as long as the lease
//! of their holder does.

use shotengai_messaging::ports::lease::{Lease, LeaseChange, LeaseError};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::MEMBER_PREFIX;
use super::keep::Keeper;

/// The process's membership: none while it is no member. Each has a token, which is cancelled when it is lost.
pub(crate) type Membership = Option<CancellationToken>;

/// Keeps the owner's member lease until `left`, then deletes it. From `leaving` on the others give it no share any more,
/// and leave it what it still holds.
pub(crate) async fn attend(
    keeper: &Keeper,
    membership: &watch::Sender<Membership>,
    leaving: &CancellationToken,
    left: &CancellationToken,
) {
    let name = format!("{MEMBER_PREFIX}{}", keeper.owner);
    let mut failures = 0_u32;
    while !leaving.is_cancelled() {
        let asked = Instant::now();
        match obtain(keeper, &name).await {
            Ok(lease) => {
                failures = 0;
                let member = CancellationToken::new();
                membership.send_replace(Some(member.clone()));
                let kept = keeper.keep(lease, asked, leaving, left).await;
                membership.send_replace(None);
                match kept {
                    Ok(lease) => return keeper.give_back(&lease, true).await,
                    Err(lost) => {
                        member.cancel();
                        tracing::warn!(member = keeper.owner, %lost, "the member's lease was lost");
                    }
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
            () = leaving.cancelled() => {}
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
