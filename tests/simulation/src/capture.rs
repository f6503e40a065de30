//! Change capture: what DynamoDB does by itself where `PUBLISH=cdc`. New commits come into the stream as change records,
//! a while later, some twice, some after a later one, each under a partition key of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use shotengai_contracts::Owner;
use shotengai_messaging::{Commit, StreamRecord, StreamWriter};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::mishap::Mishap;
use crate::plan::Dependency;
use crate::world::World;

/// Changes on their way.
#[derive(Default)]
pub struct Capture {
    written: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many commits of each store have been seen.
    seen: BTreeMap<Owner, usize>,
    /// By when they come into the stream; numbered, so that none takes another's place.
    due: BTreeMap<(Instant, u64), Change>,
    numbered: u64,
}

/// A change record, and the commit that it is of.
struct Change {
    record: StreamRecord,
    of: Arc<Commit>,
}

/// What DynamoDB needs by itself between a change's time and the stream; more is a fault's doing.
const PROMPT: Duration = Duration::from_secs(1);

/// When DynamoDB gives up on a change that it can't bring.
const GIVES_UP: Duration = Duration::from_secs(24 * 3600);

impl Capture {
    /// Somebody has written to an event table.
    pub fn wake(&self) {
        self.written.notify_one();
    }

    /// How many changes have not come into the stream.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).due.len()
    }

    fn see(&self, world: &World) {
        for owner in Owner::ALL {
            let store = world.infra.memory_event_store(owner);
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let seen = state.seen.entry(owner).or_default();
            let fresh = store.commits_after(*seen);
            *seen += fresh.len();
            for commit in fresh {
                state.take(world, &Arc::new(commit));
            }
        }
    }

    /// What is due, and when to look again.
    fn pop(&self, now: Instant) -> (Vec<(Instant, Change)>, Option<Instant>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let later = state.due.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut state.due, later);
        (
            due.into_iter().map(|((at, _), change)| (at, change)).collect(),
            state.due.first_key_value().map(|((at, _), _)| *at),
        )
    }
}

impl State {
    fn take(&mut self, world: &World, commit: &Arc<Commit>) {
        let now = Instant::now();
        let slow = world.per_mille(50);
        if slow {
            world.ways.capture_late(commit);
        }
        let delay = if slow { 500 + world.below(5000) } else { 50 + world.below(200) };
        let due = now + Duration::from_millis(delay);
        if self.due.keys().any(|(other, _)| *other > due) {
            world.count(Mishap::CapturedLate);
        }
        self.push(due, world, "INSERT", commit);
        if world.per_mille(world.plan.duplicates) {
            world.count(Mishap::CapturedTwice);
            self.push(due + Duration::from_millis(world.below(3000)), world, "INSERT", commit);
        }
        // Changes that are no new commits come too: an operator's hand, an item whose time to live is over.
        if world.per_mille(20) {
            self.push(due, world, "MODIFY", commit);
        }
    }

    fn push(&mut self, due: Instant, world: &World, name: &str, commit: &Arc<Commit>) {
        self.numbered += 1;
        let record = StreamRecord { key: format!("{:x}", world.below(u64::MAX)), data: change(name, commit) };
        self.due.insert((due, self.numbered), Change { record, of: Arc::clone(commit) });
    }
}

/// Captures for as long as it is polled.
pub async fn run(world: Arc<World>) {
    let stream = world.infra.memory_stream();
    loop {
        world.capture.see(&world);
        let (due, next) = world.capture.pop(Instant::now());
        for (due, Change { record, of }) in due {
            // DynamoDB keeps what the stream doesn't take, and what is written meanwhile.
            while world.is_away(Dependency::Kinesis) {
                world.capture.see(&world);
                tokio::time::sleep(Duration::from_secs(1)).await;
                world.day().await;
            }
            if due.elapsed() > PROMPT {
                world.ways.capture_late(&of);
            }
            if due.elapsed() > GIVES_UP {
                world.count(Mishap::CaptureGaveUp);
                continue;
            }
            world.ways.stream(world.elapsed(), std::slice::from_ref(&record));
            if stream.put(&[record]).await.is_err() {
                world.violation("the stream refused a change record".to_owned());
            }
        }
        let next = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = world.capture.written.notified() => {}
            () = next => {}
        }
    }
}

/// A change record as DynamoDB writes it, `tableName` left out as some stand-ins do.
fn change(name: &str, commit: &Commit) -> Vec<u8> {
    let image = json!({
        "aggregate_id": {"S": commit.aggregate_id.as_str()},
        "version": {"N": commit.first_version.to_string()},
        "commit_id": {"S": commit.commit_id.to_string()},
        "created_at": {"S": format!("{:.6}", commit.created_at)},
        "events": {"S": commit.events.to_json()},
    });
    json!({"eventName": name, "eventSource": "aws:dynamodb", "dynamodb": {"NewImage": image}}).to_string().into_bytes()
}
