//! Whether a stream has the shards that it needs, by two looks some time apart. Pure: looks come in, a piece of advice goes out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::figures::stream_figures;
use crate::shards::ShardState;

/// Records that one shard takes a second.
pub const SHARD_RECORDS: f64 = 1_000.0;
/// A reader that is further behind than this does not keep up.
const BEHIND_MS: i64 = 10_000;
/// Half as many shards are advised only where those would then take no more than this share of what they can.
const SPARE: f64 = 0.4;

/// One look: shards, and what processes say of the stream.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// How many shards take records.
    pub open: u32,
    /// The stream's shards, closed ones too that are not read to their end.
    pub shards: Vec<ShardState>,
    /// Figures of the processes that answered, as their `/metrics` say, by where each was asked.
    pub figures: BTreeMap<String, String>,
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

/// Reason of an advice.
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
    /// A shard is not read on: more shards would not help.
    Stands {
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
            Self::Stands { shard } => {
                write!(f, "{shard} is not read on: see to the bridges, more shards don't help")
            }
            Self::Idle => {
                write!(
                    f,
                    "fewer would do; look at a week of IncomingRecords and IncomingBytes in CloudWatch before you take them away"
                )
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
    let rates = rates(before, now, apart);
    let earlier: BTreeMap<_, _> = before.shards.iter().map(|shard| (&shard.shard, shard)).collect();
    let unread: BTreeSet<_> = now.shards.iter().filter(|shard| !shard.ended).map(|shard| &shard.shard).collect();
    // What follows a closed shard waits until that is read to its end.
    let is_read_now = |shard: &&ShardState| !shard.ended && !shard.parents.iter().any(|parent| unread.contains(parent));
    let behind = |shard: &&ShardState| shard.lag_ms.unwrap_or_default() > BEHIND_MS;
    let late = || {
        now.shards
            .iter()
            .filter(is_read_now)
            .filter(behind)
            .filter_map(|shard| Some((shard, earlier.get(&shard.shard)?)))
    };
    let stands = late().find(|(shard, then)| shard.position == then.position && shard.lag_ms > then.lag_ms);
    let falls_behind = late().find(|(shard, then)| shard.position != then.position && shard.lag_ms > then.lag_ms);
    let (shards, twice) = (now.open, now.open.saturating_mul(2).max(1));
    let (advised, why) = if rates.is_some_and(|rates| rates.throttled > 0.0) {
        (twice, Why::Throttled)
    } else if let Some((shard, _)) = stands {
        (shards, Why::Stands { shard: shard.shard.clone() })
    } else if let Some((shard, _)) = falls_behind {
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
        lag_ms: now.shards.iter().filter_map(|shard| shard.lag_ms).max(),
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

/// Rates between two looks, of the processes that answered both and did not begin anew; none where no bridge is among them.
fn rates(before: &Look, now: &Look, apart: Duration) -> Option<Rates> {
    let seconds = apart.as_secs_f64().max(1.0);
    let (mut sum, mut bridges) = (Rates { records: 0.0, throttled: 0.0 }, false);
    for (url, text) in &now.figures {
        let Some(then) = before.figures.get(url) else { continue };
        let (then, now) = (stream_figures(then), stream_figures(text));
        if now.throttled >= then.throttled {
            sum.throttled += (now.throttled - then.throttled) / seconds;
        }
        if let (Some(then), Some(now)) = (then.records, now.records)
            && now >= then
        {
            bridges = true;
            sum.records += (now - then) / seconds;
        }
    }
    bridges.then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(name: &str, position: u64, lag_ms: i64) -> ShardState {
        let position = Some(position.to_string());
        ShardState { shard: name.to_owned(), position, lag_ms: Some(lag_ms), ..ShardState::default() }
    }

    /// Figures of one process, a bridge that puts records too.
    fn process(records: u64, throttled: u64) -> String {
        format!(
            "shotengai_bridge_records_total{{outcome=\"published\"}} {records}\n\
             shotengai_faults_total{{operation=\"kinesis.PutRecords\",kind=\"throttled\"}} {throttled}\n"
        )
    }

    fn look(shards: &[ShardState], put: Option<(u64, u64)>) -> Look {
        let open = u32::try_from(shards.len()).unwrap();
        let figures = put.map(|(records, throttled)| ("one".to_owned(), process(records, throttled)));
        Look { open, shards: shards.to_vec(), figures: figures.into_iter().collect() }
    }

    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn a_stream_that_refuses_is_advised_twice_as_many() {
        let shards = [shard("a", 1, 0), shard("b", 1, 0)];
        let advice = advice(&look(&shards, Some((0, 0))), &look(&shards, Some((19_000, 30))), TEN);
        assert_eq!((advice.shards, advice.advised, advice.why), (2, 4, Why::Throttled));
        assert_eq!((advice.records_a_second, advice.throttled_a_second), (Some(1_900.0), Some(3.0)));
    }

    #[test]
    fn a_reader_that_falls_behind_asks_for_more_and_one_that_catches_up_does_not() {
        let at = |position, lag| look(&[shard("a", position, lag)], None);
        let behind = advice(&at(1, 11_000), &at(2, 14_000), TEN);
        assert_eq!((behind.advised, behind.why), (2, Why::FallsBehind { shard: "a".to_owned() }));
        assert_eq!(advice(&at(1, 60_000), &at(2, 40_000), TEN).why, Why::Unknown);
        assert_eq!(advice(&at(1, 0), &at(2, 9_000), TEN).why, Why::Unknown, "that is soon made up for");
    }

    #[test]
    fn a_shard_that_is_not_read_on_needs_no_other_shard() {
        let at = |lag| look(&[shard("a", 1, lag)], Some((0, 0)));
        let advice = advice(&at(20_000), &at(30_000), TEN);
        assert_eq!((advice.advised, advice.why), (1, Why::Stands { shard: "a".to_owned() }));
    }

    #[test]
    fn what_follows_a_closed_shard_is_not_waited_for_before_that_has_ended() {
        let child = |lag| ShardState { parents: vec!["a".to_owned()], position: None, ..shard("b", 0, lag) };
        let at = |position, lag| Look { open: 1, ..look(&[shard("a", position, lag), child(lag)], None) };
        let advice = advice(&at(1, 60_000), &at(2, 50_000), TEN);
        assert_eq!((advice.shards, advice.advised, advice.why), (1, 1, Why::Unknown));
    }

    #[test]
    fn shards_that_have_little_to_do_are_too_many_and_the_last_one_stays() {
        let shards: Vec<_> = ["a", "b", "c", "d"].map(|name| shard(name, 1, 0)).into();
        let few = advice(&look(&shards, Some((0, 0))), &look(&shards, Some((5_000, 0))), TEN);
        assert_eq!((few.advised, few.why), (2, Why::Idle));
        let none = advice(&look(&shards, Some((7, 0))), &look(&shards, Some((7, 0))), TEN);
        assert_eq!((none.advised, none.why), (1, Why::Idle));
        let many = advice(&look(&shards, Some((0, 0))), &look(&shards, Some((14_000, 0))), TEN);
        assert_eq!((many.advised, many.why), (4, Why::Enough));
    }

    #[test]
    fn processes_that_answered_once_or_began_anew_say_nothing_of_the_time_between() {
        let shards = [shard("a", 1, 0), shard("b", 1, 0)];
        let of = |figures: &[(&str, String)]| {
            let figures = figures.iter().map(|(url, text)| ((*url).to_owned(), text.clone()));
            Look { figures: figures.collect(), ..look(&shards, None) }
        };
        let before = of(&[("one", process(9_000, 4)), ("two", process(9_000, 0))]);
        let fell = advice(&before, &of(&[("one", process(10, 0))]), TEN);
        assert_eq!((fell.advised, fell.why), (2, Why::Unknown), "the one began anew, the other did not answer");
        let new = of(&[("one", process(15_000, 4)), ("three", process(70_000, 99))]);
        let rates = advice(&before, &new, TEN);
        assert_eq!((rates.records_a_second, rates.throttled_a_second), (Some(600.0), Some(0.0)));
    }
}
