//! Runs: redrives and discards that somebody asked for.
//!
//! - [`wish`]: what was asked for, checked. `preview`: what it would do. `follow`: a run under way, and what is written of it.
//! - `under_way`: who is at which queue. `handlings`: what consumers have made of what was sent.
//!
//! A run is written down, with its record, before it begins. It ends with its process, in order: what it holds becomes visible
//! again. One whose process dies leaves letters hidden for some minutes, and its row tells by its silence.

mod follow;
mod handlings;
mod preview;
mod under_way;
pub mod wish;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::ops::records::Action;
use shotengai_contracts::api::ops::runs::{LetterOutcome, Run, RunKind, RunState};
use shotengai_contracts::topology::Installation;
use shotengai_kernel::{Ports, Timestamp, UserId};
use shotengai_messaging::{
    Backoff, Condition, Fault, FaultKind, Infrastructure, Key, Reason, Row, Table, TransactError, Worker, WriteOp,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use self::handlings::LetterHandlings;
use self::under_way::{Here, UnderWay};
use self::wish::{Refused, Wish};
use crate::Program;
use crate::records::{self, Deed, Place, Records, document, read};

/// The partition of all runs.
const RUNS: &str = "runs";
/// A run that has written nothing for so long is under way no more. It writes three times as often.
const SILENT: SignedDuration = SignedDuration::from_secs(60);

/// How often a run is read back whose write got no answer.
const READ_BACK: u32 = 5;

/// Runs of this process, and what is written of all.
pub struct Runs {
    infra: Arc<dyn Infrastructure>,
    table: Arc<dyn Table>,
    handlings: LetterHandlings,
    records: Records,
    installation: Installation,
    reasons: Vec<Reason>,
    ports: Ports,
    /// By dead-letter queue, who is at it here.
    under_way: Mutex<BTreeMap<String, Here>>,
    tasks: TaskTracker,
    ending: Mutex<CancellationToken>,
}

/// Who asks for a run, and for which request.
pub struct Asking {
    /// Who.
    pub by: UserId,
    /// What makes a repeated request the same.
    pub key: Option<String>,
}

/// A run as it stands in the table.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Written {
    run: Run,
    /// When it last said something.
    heard_at: Timestamp,
    /// Whether consumers say what they make of its letters; of runs of older releases nobody ever does.
    #[serde(default)]
    followed: bool,
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Keyed {
    run: Uuid,
    wish: serde_json::Value,
}

impl Runs {
    /// Runs over the dead letters of this installation, written into this table.
    #[must_use]
    pub fn new(
        infra: Arc<dyn Infrastructure>,
        table: Arc<dyn Table>,
        handlings: LetterHandlings,
        records: Records,
        program: &Program,
        ports: Ports,
    ) -> Self {
        Self {
            infra,
            table,
            handlings,
            records,
            installation: program.installation.clone(),
            reasons: program.reasons.clone(),
            ports,
            under_way: Mutex::default(),
            tasks: TaskTracker::new(),
            ending: Mutex::default(),
        }
    }

    /// Ends all runs in order when the process ends.
    #[must_use]
    pub fn worker(self: Arc<Self>) -> Worker {
        Worker::new("ops/runs", move |shutdown| {
            let runs = Arc::clone(&self);
            async move {
                *runs.ending.lock().unwrap_or_else(PoisonError::into_inner) = shutdown.clone();
                shutdown.cancelled().await;
                runs.tasks.close();
                runs.tasks.wait().await;
            }
        })
    }

    /// Begins a run, once it is written down with its record. The same request again is answered with the same run.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn start(self: &Arc<Self>, wish: Wish, asking: Asking) -> Result<Run, Refused> {
        let runs = Arc::clone(self);
        // Not dropped with the request: what is written down would never begin.
        let begun = self.tasks.spawn(async move { runs.begin(wish, asking).await });
        begun.await.map_err(|_| Refused::Busy)?
    }

    async fn begin(self: Arc<Self>, wish: Wish, asking: Asking) -> Result<Run, Refused> {
        let keyed = Keyed { run: self.ports.ids.uuid_v7(), wish: wish.asked.clone() };
        let key = asking.key.as_ref().map(|key| Key::new(format!("keys/{}", asking.by), key.as_str()));
        if let Some(key) = &key
            && let Some(before) = self.table.get(key).await?
        {
            return self.repeated(&before, &keyed).await;
        }
        let with_key = key.clone().map(|key| (key, keyed.clone()));
        let place = match UnderWay::take(&self, &wish.route.dead_letters, with_key.clone()) {
            Ok(place) => place,
            Err(here) => return self.met(&here, with_key.as_ref()).await,
        };
        let run = wish.run(keyed.run, asking.by.clone(), self.ports.clock.now());
        let deed = Deed {
            by: asking.by,
            action: if wish.kind == RunKind::Redrive { Action::Redrive } else { Action::Discard },
            queue: wish.queue.clone(),
            letter: None,
            run: Some(run.id),
            reason: wish.reason.clone(),
        };
        let mut writes = vec![
            WriteOp::Put(self.row(&run)?, Condition::Absent),
            WriteOp::Put(records::row(&self.records.of(deed))?, Condition::Absent),
        ];
        if let Some(key) = &key {
            writes.push(WriteOp::Put(Row::new(key.clone(), 1, document(&keyed)?), Condition::Absent));
        }
        if !self.write_down(&writes, run.id).await? {
            // Somebody sends the same request at the same time, to another process.
            let before = match &key {
                Some(key) => self.table.get(key).await?,
                None => None,
            };
            return match before {
                Some(before) => self.repeated(&before, &keyed).await,
                None => Err(Refused::Busy),
            };
        }
        place.began(run.id);
        let (runs, begun) = (Arc::clone(&self), run.clone());
        self.tasks.spawn(async move {
            follow::follow(&runs, wish, begun).await;
            drop(place);
        });
        Ok(run)
    }

    /// Writes a run down; false where others wrote first. Where the answer was lost, what stands there tells: a run that is
    /// written and doesn't begin would be what its key is answered with, for ever.
    async fn write_down(&self, writes: &[WriteOp], run: Uuid) -> Result<bool, Fault> {
        let refused = match self.table.transact(writes).await {
            Ok(()) => return Ok(true),
            Err(TransactError::Fault(fault)) => Some(fault),
            // Or an adapter has tried again after an answer that it lost.
            Err(TransactError::Conditions(_) | TransactError::Contended) => None,
        };
        let key = Key::new(RUNS, Place::of(run).0);
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let mut attempt = 1;
        loop {
            match (self.table.get(&key).await, refused.as_ref()) {
                (Ok(Some(_)), _) => return Ok(true),
                (Ok(None), None) => return Ok(false),
                (Ok(None), Some(_)) => break,
                (Err(fault), _) if attempt == READ_BACK || !fault.is_retryable() => {
                    tracing::error!(%fault, %run, "whether a run is written down is not known; it does not begin");
                    break;
                }
                (Err(_), _) => tokio::time::sleep(backoff.delay(attempt, self.ports.random.as_ref())).await,
            }
            attempt += 1;
        }
        Err(refused.unwrap_or_else(|| Fault::new(FaultKind::Transient, "ops.WriteRun", "it could not be read back")))
    }

    /// Refusal where somebody is at the queue here.
    async fn met(&self, here: &Here, keyed: Option<&(Key, Keyed)>) -> Result<Run, Refused> {
        match (here.is_same(keyed), here.run) {
            (Some(false), _) => Err(Refused::KeyReused),
            (Some(true), Some(run)) => self.run(run).await?.ok_or(Refused::Busy),
            (None, Some(run)) => Err(Refused::UnderWay(run)),
            // A preview, or a run that is not written down yet: nothing that could be looked at.
            (_, None) => Err(Refused::Busy),
        }
    }

    /// The run that an earlier request with this key began.
    async fn repeated(&self, before: &Row, now: &Keyed) -> Result<Run, Refused> {
        let before: Keyed = read(before).ok_or(Refused::KeyReused)?;
        if before.wish != now.wish {
            return Err(Refused::KeyReused);
        }
        self.run(before.run).await?.ok_or(Refused::KeyReused)
    }

    /// What would be done. Nothing is, and nothing is written.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn preview(self: &Arc<Self>, wish: Wish, by: UserId) -> Result<Run, Refused> {
        let place = match UnderWay::take(self, &wish.route.dead_letters, None) {
            Ok(place) => place,
            Err(here) => return self.met(&here, None).await,
        };
        let runs = Arc::clone(self);
        // Not dropped with the request: what it holds would stay hidden.
        let looked = self.tasks.spawn(async move {
            let run = preview::preview(&runs, wish, by).await;
            drop(place);
            run
        });
        looked.await.map_err(|_| Refused::Busy)
    }

    /// Whether nobody is at this queue here: a look would hide letters from a run, and see few of them itself.
    ///
    /// # Errors
    /// [`Refused`], which names the run if it is one.
    pub fn free(&self, queue: &str) -> Result<(), Refused> {
        match self.places().get(queue).map(|here| here.run) {
            None => Ok(()),
            Some(None) => Err(Refused::Busy),
            Some(Some(run)) => Err(Refused::UnderWay(run)),
        }
    }

    /// One run, with what became of its letters.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn run(&self, id: Uuid) -> Result<Option<Run>, Fault> {
        let Some(row) = self.table.get(&Key::new(RUNS, Place::of(id).0)).await? else { return Ok(None) };
        let Some(written) = read::<Written>(&row) else { return Ok(None) };
        let followed = written.followed;
        let mut run = self.told(written);
        let rows = self.table.list(&outcomes_of(id), "", None, follow::MOST_CHUNKS).await?;
        run.outcomes = rows.iter().filter_map(read::<Vec<LetterOutcome>>).flatten().collect();
        if followed {
            self.handlings.look_up(&mut run).await;
        }
        Ok(Some(run))
    }

    /// The newest runs, from behind this place on.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn newest(&self, after: Option<&Place>, limit: usize) -> Result<Page<Run>, Fault> {
        let page = records::newest::<Written>(self.table.as_ref(), RUNS, after, limit).await?;
        Ok(page.map(|written| self.told(written)))
    }

    fn told(&self, Written { mut run, heard_at, .. }: Written) -> Run {
        let silent = self.ports.clock.now().duration_since(heard_at) > SILENT;
        let is_here = self.places().values().any(|here| here.run == Some(run.id));
        if run.state == RunState::Running && silent && !is_here {
            run.state = RunState::Interrupted;
        }
        run
    }

    fn row(&self, run: &Run) -> Result<Row, Fault> {
        let written = Written { run: run.clone(), heard_at: self.ports.clock.now(), followed: true };
        Ok(Row::new(Key::new(RUNS, Place::of(run.id).0), 1, document(&written)?))
    }

    fn places(&self) -> MutexGuard<'_, BTreeMap<String, Here>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cancelled when the process ends.
    fn ending(&self) -> CancellationToken {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).child_token()
    }
}

/// The partition of what became of a run's letters.
fn outcomes_of(run: Uuid) -> String {
    format!("run/{run}")
}
