//! Holds a lease by renewing it, and knows when it is lost.

use std::sync::Arc;
use std::time::Duration;

use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::ports::lease::{Lease, LeaseChange, LeaseError, Leases};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

/// How often a lease that was given back is tried to be written before the others are left to wait for its end.
const LAST_TRIES: u32 = 3;

/// Why a lease is not held any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    #[error("it is {}'s now", .0.as_deref().unwrap_or("nobody"))]
    Taken(Option<String>),
    #[error("it could not be renewed in time")]
    RanOut,
    #[error("its holder is no member any more")]
    NoMember,
}

/// Keeps leases for one owner.
#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) leases: Arc<dyn Leases>,
    pub(crate) owner: String,
    /// How long a lease holds after a renewal; it is renewed three times as often.
    pub(crate) duration: Duration,
}

impl Keeper {
    /// Renews a lease that was taken or renewed by a call made at `since`, until `done`; then answers it as it stands.
    /// It is lost at the latest when it was not renewed for its duration, by this process's own watch. On `leaving` it
    /// loses its holder and is renewed as it is: others see who leaves, and that it is still there.
    pub(crate) async fn keep(
        &self,
        mut lease: Lease,
        since: Instant,
        leaving: &CancellationToken,
        done: &CancellationToken,
    ) -> Result<Lease, Lost> {
        let mut good_until = since + self.duration;
        let mut next = since + self.duration / 3;
        // Since when a renewal may have been written whose answer didn't come.
        let mut unanswered: Option<Instant> = None;
        let mut leaves = false;
        loop {
            tokio::select! {
                biased;
                () = done.cancelled() => return Ok(lease),
                () = leaving.cancelled(), if !leaves => leaves = true,
                () = sleep_until(next.min(good_until)) => {}
            }
            let change = if leaves && lease.holder.is_some() { LeaseChange::Release } else { LeaseChange::Renew };
            let asked = Instant::now();
            if asked >= good_until {
                return Err(Lost::RanOut);
            }
            match timeout_at(good_until, self.renew(&lease, change, asked)).await {
                Err(_) => return Err(Lost::RanOut),
                Ok(Ok((renewed, true))) => {
                    lease = renewed;
                    // What succeeds now may be that one's echo: then others have seen it since.
                    let written = unanswered.take().unwrap_or(asked);
                    good_until = written + self.duration;
                    next = written + self.duration / 3;
                }
                // The answer of an earlier renewal was lost: with the token it gave, once more.
                Ok(Ok((found, false))) => {
                    lease = found;
                    unanswered = None;
                    next = asked + self.duration / 30;
                }
                Ok(Err(Failed::Lost(lost))) => return Err(lost),
                Ok(Err(Failed::Error(error))) => {
                    unanswered.get_or_insert(asked);
                    // Not one log line a try: what comes of it is logged.
                    tracing::debug!(lease = lease.name, %error, "a renewal failed; trying again");
                    if let LeaseError::Fault(fault) = &error {
                        count_fault(fault);
                    }
                    next = asked + self.duration / 12;
                }
            }
        }
    }

    /// The lease anew, and whether it was renewed or only found.
    async fn renew(&self, lease: &Lease, change: LeaseChange, asked: Instant) -> Result<(Lease, bool), Failed> {
        let releases = change == LeaseChange::Release;
        match self.leases.change(lease, change).await {
            Ok(renewed) => Ok((renewed, true)),
            Err(LeaseError::Conflict { .. }) => {
                let all = self.leases.list().await.map_err(LeaseError::from)?;
                let found = all.into_iter().find(|found| found.name == lease.name);
                let holder = found.as_ref().and_then(|found| found.holder.clone());
                let is_own = holder == lease.holder || (releases && holder.is_none());
                match found {
                    Some(found) if is_own && found.transitions == lease.transitions => Ok((found, false)),
                    _ => Err(Failed::Lost(Lost::Taken(holder))),
                }
            }
            Err(LeaseError::Gone { name }) => {
                let created = self.leases.create(&name, &self.owner, self.duration).await;
                let for_ms = asked.elapsed().as_millis();
                match created {
                    Ok(created) => {
                        tracing::error!(lease = name, for_ms, "the lease was deleted; it was created again");
                        Ok((created, true))
                    }
                    Err(LeaseError::Conflict { .. }) => Err(Failed::Lost(Lost::Taken(None))),
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Gives a lease back, so that others need not wait for its end; deletes it when nobody will want it.
    pub(crate) async fn give_back(&self, lease: &Lease, delete: bool) {
        for left in (0..LAST_TRIES).rev() {
            let given = if delete {
                self.leases.delete(lease).await
            } else {
                self.leases.change(lease, LeaseChange::Release).await.map(drop)
            };
            match given {
                Ok(()) | Err(LeaseError::Conflict { .. } | LeaseError::Gone { .. }) => return,
                Err(error) if left == 0 => {
                    tracing::warn!(lease = lease.name, %error, "a lease was not given back; it will run out");
                }
                Err(_) => tokio::time::sleep(self.duration / 100).await,
            }
        }
    }
}

enum Failed {
    Lost(Lost),
    Error(LeaseError),
}

impl From<LeaseError> for Failed {
    fn from(error: LeaseError) -> Self {
        Self::Error(error)
    }
}
