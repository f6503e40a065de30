//! The writer of commits: durable first, then to the outbox; and the loop that decides anew after losing a slot.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use shotengai_contracts::{Event, Metadata};
use shotengai_kernel::{AggregateId, Ports, Random, Version};

use super::assumed::Assumed;
use super::store_faults::StoreFaults;
use super::unit::Writes;
use super::{CommandError, Decided, UnitOfWork};
use crate::backoff::Backoff;
use crate::commit::{Commit, CommitFactory};
use crate::consumer::Probe;
use crate::effects;
use crate::group::GroupCommit;
use crate::metrics;
use crate::outbox::Outbox;
use crate::ports::store::{AppendError, EventStore, Guard};
use crate::receipts::{self, Causes, Charge};

/// Is told of an event that was written, and how long after its aggregate's first event it was decided: by the clocks of who
/// decided the two, so perhaps less than nothing. None of the first commit, and where it is not known.
pub type Count = fn(&Event, Option<SignedDuration>);

/// Writes a service's commits: durable first, then to the outbox.
#[derive(Clone)]
pub struct CommitWriter {
    store: Arc<dyn EventStore>,
    faults: Arc<StoreFaults>,
    group: Option<GroupCommit>,
    outbox: Outbox,
    factory: CommitFactory,
    ports: Ports,
    /// None: whatever is committed counts for nothing.
    count: Option<Count>,
}

/// How often a command may be decided before it is given up, and how long it waits after each loss, so that writers get
/// out of each other's way. One contest may span several units of work.
#[derive(Debug)]
pub struct Contest {
    attempts: u32,
    lost: u32,
    backoff: Backoff,
}

impl Contest {
    /// Gives up when the `attempts`th attempt has lost.
    #[must_use]
    pub fn of(attempts: u32) -> Self {
        Self { attempts, lost: 0, backoff: Backoff::new(Duration::from_millis(5), Duration::from_millis(200)) }
    }

    /// Counts an attempt that lost and waits; says whether another one may be made.
    pub async fn lose(&mut self, random: &dyn Random) -> bool {
        self.lost += 1;
        if self.lost >= self.attempts {
            return false;
        }
        tokio::time::sleep(self.backoff.delay(self.lost, random)).await;
        true
    }
}

/// Twelve attempts: of writers that always meet, the last one is through by then.
impl Default for Contest {
    fn default() -> Self {
        Self::of(12)
    }
}

impl CommitWriter {
    /// A writer into this store whose commits the outbox publishes.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>, outbox: Outbox, ports: Ports) -> Self {
        let factory = CommitFactory::new(ports.clone());
        Self { store, faults: Arc::default(), group: None, outbox, factory, ports, count: Some(|_, _| ()) }
    }

    /// With single commits of this service put together in one request where they wait at the same moment. For one writer a
    /// store and process, and its clones.
    #[must_use]
    pub fn grouping(self, service: &'static str) -> Self {
        let group = GroupCommit::new(service, Arc::clone(&self.store), Arc::clone(&self.ports.random));
        Self { group: Some(group), ..self }
    }

    /// With this told of every event that a unit of work has written, for figures of the business.
    ///
    /// Once an event, by the process that wrote it: neither a message that comes again nor an event that is published
    /// again is a commit. It is told of none whose append had no answer, though it may stand in the store, nor of one
    /// after which the process died at once: figures can fall short by those, and never exceed.
    #[must_use]
    pub fn counting(self, count: Count) -> Self {
        Self { count: self.count.map(|_| count), ..self }
    }

    /// With nobody told, whatever is said later: for rehearsals.
    #[must_use]
    pub fn uncounted(self) -> Self {
        Self { count: None, ..self }
    }

    /// Decides, writes and, where another writer was first, decides anew on fresh states. `Ok` means durable; publishing
    /// follows by itself.
    ///
    /// # Errors
    /// [`CommandError`]; a refusal only on states that were read, see [`UnitOfWork::first_slot`].
    pub async fn run<T, E, F, Fut>(&self, contest: &mut Contest, decide: F) -> Result<T, CommandError<E>>
    where
        F: FnMut(UnitOfWork) -> Fut,
        Fut: Future<Output = Result<Decided<T>, CommandError<E>>>,
    {
        self.run_to_commits(contest, decide).await.map(|(answer, _)| answer)
    }

    /// The same, with the commits that were written.
    pub(super) async fn run_to_commits<T, E, F, Fut>(
        &self,
        contest: &mut Contest,
        mut decide: F,
    ) -> Result<(T, Vec<Commit>), CommandError<E>>
    where
        F: FnMut(UnitOfWork) -> Fut,
        Fut: Future<Output = Result<Decided<T>, CommandError<E>>>,
    {
        let mut fresh = false;
        let mut is_first = true;
        loop {
            let assumed = Assumed::default();
            let decided = decide(UnitOfWork::new(fresh, assumed.clone())).await;
            let believes = !assumed.is_empty();
            let Decided { unit, answer } = match decided {
                Err(CommandError::Refused(_)) if believes => {
                    assumed.count_stale();
                    fresh = true;
                    continue;
                }
                decided => decided?,
            };
            // What was not read, and what the write would not find out, has to be read.
            if !assumed.is_tested_by(|id| unit.tests(id)) {
                assumed.count_stale();
                fresh = true;
                continue;
            }
            let (outcome, lost) = self.write(unit).await;
            match outcome {
                Ok(commits) => return Ok((answer, commits)),
                Err(AppendError::Conflict { .. }) => {
                    let by_others = assumed.lost(&lost);
                    fresh |= by_others || !believes;
                    if believes {
                        assumed.count_stale();
                    }
                    // Whoever lost by what was remembered met nobody: there is nothing to wait for.
                    let meets_nobody = believes && is_first;
                    is_first = false;
                    if !meets_nobody && !contest.lose(self.ports.random.as_ref()).await {
                        return Err(CommandError::Contended);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Answers the commits, and where slots were taken, whose.
    async fn write(&self, unit: UnitOfWork) -> (Result<Vec<Commit>, AppendError>, Vec<AggregateId>) {
        let Writes { commits, guards, memories, written } = unit.into_writes(&self.factory);
        match self.append_guarded(commits.clone(), &guards).await {
            Ok(()) => {
                written.iter().for_each(|(event, since)| self.count.into_iter().for_each(|count| count(event, *since)));
                commits.iter().zip(memories).for_each(|(commit, memory)| memory.absorb(commit));
                (Ok(commits), Vec::new())
            }
            Err(AppendError::Conflict { indexes }) => {
                let written = commits.iter().map(|commit| &commit.aggregate_id);
                let ids: Vec<_> = written.chain(guards.iter().map(|guard| &guard.aggregate_id)).collect();
                let lost: Vec<_> = indexes.iter().filter_map(|index| ids.get(*index).copied().cloned()).collect();
                metrics::count_conflict(lost.first().map(metrics::kind_of).unwrap_or_default());
                (Err(AppendError::Conflict { indexes }), lost)
            }
            Err(error) => (Err(error), Vec::new()),
        }
    }

    /// The commit of these events on an aggregate at `current`; none without events.
    #[must_use]
    pub fn commit(&self, id: AggregateId, current: Version, events: &[Event], meta: &Metadata) -> Option<Commit> {
        self.factory.commit(id, current, events, meta)
    }

    /// Appends all or none. `Ok` means durable; publishing follows by itself.
    ///
    /// # Errors
    /// As [`EventStore::append`].
    pub async fn append(&self, commits: Vec<Commit>) -> Result<(), AppendError> {
        self.append_guarded(commits, &[]).await
    }

    /// No commits need no guards: there is nothing that could be wrong.
    async fn append_guarded(&self, commits: Vec<Commit>, guards: &[Guard]) -> Result<(), AppendError> {
        if commits.is_empty() {
            return Ok(());
        }
        let answer = match (&self.group, commits.as_slice(), guards) {
            (Some(group), [commit], []) => group.append(commit).await,
            _ => self.store.append_guarded(&commits, guards).await,
        };
        if let Err(AppendError::Fault(fault)) = &answer {
            self.faults.note(Some(fault));
        }
        answer?;
        book_commits(&commits);
        effects::committed(&commits);
        self.outbox.offer(commits);
        Ok(())
    }

    /// The store behind it.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// A probe of the store. What it finds is a word against what is remembered, too.
    #[must_use]
    pub fn probe(&self, name: &str) -> Probe {
        let (store, faults) = (Arc::clone(&self.store), Arc::clone(&self.faults));
        Probe::new(name, move || {
            let (store, faults) = (Arc::clone(&store), Arc::clone(&faults));
            async move {
                let answer = store.ping().await;
                faults.note(answer.as_ref().err());
                answer
            }
        })
    }

    /// The faults of that store.
    pub(super) const fn faults(&self) -> &Arc<StoreFaults> {
        &self.faults
    }

    /// The service's ports.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        &self.ports
    }
}

/// Books each commit to the order that it names; to those that caused it, where it names none: a product's stock, say.
fn book_commits(commits: &[Commit]) {
    if receipts::ledger().is_none() {
        return;
    }
    for commit in commits {
        let causes = match commit.causes() {
            Causes::Nobody => Causes::current(),
            named => named,
        };
        receipts::book(&causes, Charge::Commits(receipts::MILLION));
    }
}
