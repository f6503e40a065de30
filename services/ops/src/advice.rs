//! Whether a stream has the shards that it needs, by two looks some time apart. Pure: looks come in, a piece of advice goes out.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::figures::{StreamFigures, stream_figures};
use crate::shards::ShardState;

/// What one shard takes a second.
pub const SHARD_RECORDS: f64 = 1_000.0;
/// A reader that is further behind than this does not keep up.
const BEHIND_MS: i64 = 10_000;
/// Half as many shards are advised only where those would then take no more than this share of what they can.
const SPARE: f64 = 0.4;

/// One look: shards, and what processes say of the stream.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// The stream's shards.
    pub shards: Vec<ShardState>,
    /// Figures of the processes that could be asked, as their `/metrics` say.
    pub figures: Vec<String>,
}

/// Advice, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// How many shards are open.
    pub shards: u32,
    /// How many it should have.
    pub advised: u32,
    /// Why.
    pub why: Why,
    /// Records that bridges passed on or set aside a second, of those that could be asked; none where none could.
    pub records_a_second: Option<f64>,
    /// Records and requests that it refused for going too fast, a second, of the processes that could be asked. What DynamoDB's
    /// change capture is refused, only CloudWatch says.
    pub throttled_a_second: Option<f64>,
    /// How far the reader that is furthest behind is behind, in milliseconds; none where it is not known.
    pub lag_ms: Option<i64>,
}

/// What an advice rests on most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Why {
    /// The stream refuses records for going too fast.
    Throttled,
    /// A shard's reader falls behind, though it reads.
    FallsBehind {
        /// Which shard.
        shard: String,
    },
    /// A shard is read by nobody: more shards would not help.
    Unread {
        /// Which shard.
        shard: String,
    },
    /// Fewer would do.
    Idle,
    /// As it should be.
    Enough,
    /// No bridge could be asked for how much comes, and none is behind: only CloudWatch knows.
    Unknown,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throttled => write!(f, "it refuses records for going too fast"),
            Self::FallsBehind { shard } => write!(f, "the reader of {shard} falls behind"),
            Self::Unread { shard } => {
                write!(f, "{shard} is read by nobody: see to the bridges, more shards don't help")
            }
            Self::Idle => {
                write!(f, "fewer would do; look at a week of IncomingRecords in CloudWatch before you take them away")
            }
            Self::Enough => write!(f, "they take what comes, and are read as it comes"),
            Self::Unknown => {
                write!(f, "nobody is behind; how much comes is not known: --health-url says where bridges are asked")
            }
        }
    }
}

/// Advice by two looks, `apart` from each other.
#[must_use]
pub fn advice(before: &Look, now: &Look, apart: Duration) -> Advice {
    let open: Vec<_> = now.shards.iter().filter(|shard| !shard.ended).collect();
    let shards = u32::try_from(open.len()).unwrap_or(u32::MAX);
    let rates = rates(before, now, apart);
    let earlier: BTreeMap<_, _> = before.shards.iter().map(|shard| (&shard.shard, shard.lag_ms)).collect();
    let falls_behind = |shard: &&&ShardState| {
        let lag = shard.lag_ms.unwrap_or_default();
        lag > BEHIND_MS && earlier.get(&shard.shard).copied().flatten().is_some_and(|then| lag > then)
    };
    let unread = open.iter().find(|shard| shard.held_by.is_none() && shard.lag_ms.unwrap_or_default() > BEHIND_MS);
    let twice = shards.saturating_mul(2).max(1);
    let (advised, why) = if rates.is_some_and(|rates| rates.throttled > 0.0) {
        (twice, Why::Throttled)
    } else if let Some(shard) = unread {
        (shards, Why::Unread { shard: shard.shard.clone() })
    } else if let Some(shard) = open.iter().find(falls_behind) {
        (twice, Why::FallsBehind { shard: shard.shard.clone() })
    } else {
        match rates {
            None => (shards, Why::Unknown),
            Some(Rates { records, .. }) => {
                let fewer = fewest(records).min(shards);
                if fewer < shards { (fewer, Why::Idle) } else { (shards, Why::Enough) }
            }
        }
    };
    Advice {
        shards,
        advised,
        why,
        records_a_second: rates.map(|rates| rates.records),
        throttled_a_second: rates.map(|rates| rates.throttled),
        lag_ms: open.iter().filter_map(|shard| shard.lag_ms).max(),
    }
}

/// The fewest shards that take so many records with room to spare.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few shards")]
fn fewest(records: f64) -> u32 {
    (records / (SHARD_RECORDS * SPARE)).ceil().max(1.0) as u32
}

#[derive(Debug, Clone, Copy)]
struct Rates {
    records: f64,
    throttled: f64,
}

/// None where no bridge was asked.
fn rates(before: &Look, now: &Look, apart: Duration) -> Option<Rates> {
    let texts = |look: &Look| stream_figures(look.figures.iter().map(String::as_str));
    let (then, now) = (texts(before)?, texts(now)?);
    // Figures that fall are those of a process that began anew.
    let a_second = |then: f64, now: f64| (now - then).max(0.0) / apart.as_secs_f64().max(1.0);
    let StreamFigures { records, throttled } = now;
    Some(Rates { records: a_second(then.records, records), throttled: a_second(then.throttled, throttled) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(name: &str, holder: Option<&str>, lag_ms: i64) -> ShardState {
        let (shard, held_by) = (name.to_owned(), holder.map(str::to_owned));
        ShardState { shard, held_by, lag_ms: Some(lag_ms), ..ShardState::default() }
    }

    fn look(shards: &[ShardState], put: Option<(u64, u64)>) -> Look {
        let text = |(records, throttled)| {
            format!(
                "shotengai_bridge_records_total{{outcome=\"published\"}} {records}\n\
                 shotengai_faults_total{{operation=\"kinesis.PutRecords\",kind=\"throttled\"}} {throttled}\n"
            )
        };
        Look { shards: shards.to_vec(), figures: put.map(text).into_iter().collect() }
    }

    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn a_stream_that_refuses_is_advised_twice_as_many() {
        let shards = [shard("a", Some("one"), 0), shard("b", Some("one"), 0)];
        let advice = advice(&look(&shards, Some((0, 0))), &look(&shards, Some((19_000, 30))), TEN);
        assert_eq!((advice.shards, advice.advised, advice.why), (2, 4, Why::Throttled));
        assert_eq!((advice.records_a_second, advice.throttled_a_second), (Some(1_900.0), Some(3.0)));
    }

    #[test]
    fn a_reader_that_falls_behind_asks_for_more_and_one_that_catches_up_does_not() {
        let at = |lag| look(&[shard("a", Some("one"), lag)], None);
        let behind = advice(&at(11_000), &at(14_000), TEN);
        assert_eq!((behind.advised, behind.why), (2, Why::FallsBehind { shard: "a".to_owned() }));
        assert_eq!(advice(&at(60_000), &at(40_000), TEN).why, Why::Unknown);
        assert_eq!(advice(&at(0), &at(9_000), TEN).why, Why::Unknown, "that is soon made up for");
    }

    #[test]
    fn a_shard_that_nobody_reads_needs_no_other_shard() {
        let at = |lag| look(&[shard("a", None, lag)], Some((0, 0)));
        let advice = advice(&at(20_000), &at(30_000), TEN);
        assert_eq!((advice.advised, advice.why), (1, Why::Unread { shard: "a".to_owned() }));
    }

    #[test]
    fn shards_that_have_little_to_do_are_too_many_and_the_last_one_stays() {
        let shards: Vec<_> = ["a", "b", "c", "d"].map(|name| shard(name, Some("one"), 0)).into();
        let few = advice(&look(&shards, Some((0, 0))), &look(&shards, Some((5_000, 0))), TEN);
        assert_eq!((few.advised, few.why), (2, Why::Idle));
        let none = advice(&look(&shards, Some((7, 0))), &look(&shards, Some((7, 0))), TEN);
        assert_eq!((none.advised, none.why), (1, Why::Idle));
        let many = advice(&look(&shards, Some((0, 0))), &look(&shards, Some((14_000, 0))), TEN);
        assert_eq!((many.advised, many.why), (4, Why::Enough));
    }

    #[test]
    fn ended_shards_are_no_shards() {
        let ended = ShardState { ended: true, lag_ms: None, ..shard("a", None, 0) };
        let now = [ended, shard("b", Some("one"), 0)];
        assert_eq!(advice(&look(&now, None), &look(&now, None), TEN).shards, 1);
    }
}
