//! Another number of shards for a stream that is in use.

use std::time::Duration;

use shotengai_aws::Aws;
use shotengai_messaging::Fault;
use tokio::time::{Instant, sleep};

/// How often AWS is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long one step may take. AWS says minutes; it splits and merges a few shards at a time.
const STEP_WITHIN: Duration = Duration::from_secs(30 * 60);

/// How far resharding has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Something else is being changed about the stream, which is waited for.
    Busy,
    /// AWS has been asked for so many.
    Asked(u32),
    /// AWS is at it, and so many are open.
    Open(u32),
    /// A step is done: so many are open.
    Done(u32),
}

/// Why a stream has not got its shards. Steps that were done stay done; the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ReshardError {
    /// There is no such stream.
    #[error("there is no stream {0}: `shotengai provision` makes it")]
    NoStream(String),
    /// AWS chooses how many shards it has.
    #[error("the stream {0} has capacity on demand: AWS gives it as many shards as it needs")]
    OnDemand(String),
    /// AWS did not come to an end.
    #[error("the stream {stream} is still being changed after {} minutes, with {open} open shards: run this again", STEP_WITHIN.as_secs() / 60)]
    TooLong {
        /// The stream.
        stream: String,
        /// Shards that are open.
        open: u32,
    },
    /// AWS could not be asked, or refused. It allows ten changes in 24 hours, and as many shards as the account's quota says.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The numbers of shards on the way from `open` to `wanted`: each is at most twice and at least half of the one before, since
/// that is what one request may ask for. Both are at least one.
#[must_use]
pub fn steps(open: u32, wanted: u32) -> Vec<u32> {
    let (mut at, mut steps) = (open.max(1), Vec::new());
    let wanted = wanted.max(1);
    while at != wanted {
        at = wanted.clamp(at.div_ceil(2), at.saturating_mul(2));
        steps.push(at);
    }
    steps
}

/// Gives a stream another number of open shards, and waits until it has them. Nothing stops meanwhile: records of shards that
/// are closed stay readable until the stream's retention ends, and are read before those of the shards that follow.
///
/// # Errors
/// [`ReshardError`].
pub async fn reshard(
    aws: &Aws,
    stream: &str,
    wanted: u32,
    progress: &(dyn Fn(Moment) + Send + Sync),
) -> Result<u32, ReshardError> {
    let admin = aws.admin();
    // How many are open, once nothing is being changed, and as many as were asked for.
    let settled = async |asked: Option<u32>| {
        let deadline = Instant::now() + STEP_WITHIN;
        loop {
            let found = admin.stream_shards(stream).await?;
            let found = found.ok_or_else(|| ReshardError::NoStream(stream.to_owned()))?;
            if found.on_demand {
                return Err(ReshardError::OnDemand(stream.to_owned()));
            }
            if found.settled && asked.is_none_or(|asked| asked == found.open) {
                return Ok(found.open);
            }
            if Instant::now() >= deadline {
                return Err(ReshardError::TooLong { stream: stream.to_owned(), open: found.open });
            }
            progress(asked.map_or(Moment::Busy, |_| Moment::Open(found.open)));
            sleep(LOOK_EVERY).await;
        }
    };
    let mut open = settled(None).await?;
    while let Some(next) = steps(open, wanted).first().copied() {
        admin.change_shards(stream, next).await?;
        progress(Moment::Asked(next));
        open = settled(Some(next)).await?;
        progress(Moment::Done(open));
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_doubles_or_halves_at_the_most_and_the_last_is_what_was_wanted() {
        assert_eq!(steps(1, 1), [] as [u32; 0]);
        assert_eq!(steps(1, 8), [2, 4, 8]);
        assert_eq!(steps(1, 5), [2, 4, 5]);
        assert_eq!(steps(8, 1), [4, 2, 1]);
        assert_eq!(steps(7, 2), [4, 2]);
        assert_eq!(steps(3, 1), [2, 1]);
        assert_eq!(steps(0, 0), [] as [u32; 0], "a stream has a shard");
        for (open, wanted) in [(1, 500), (500, 1), (17, 3), (3, 17)] {
            let mut at = open;
            for step in steps(open, wanted) {
                assert!(step <= at * 2 && step * 2 >= at, "{at} → {step}");
                at = step;
            }
            assert_eq!(at, wanted);
        }
    }
}
