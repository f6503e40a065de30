//! Sees who lives and who holds what; takes shards up to the own share, gives up what is above it.
//!
//! `writing`: what it writes of leases.

mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use shotengai_messaging::LogLimiter;
use shotengai_messaging::metrics::count_fault;
use shotengai_messaging::ports::lease::Lease;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::StreamConsumer;
use super::holding::Holding;
use super::known::Known;
use super::progress::Progress;
use super::reading::Ended;
use super::view::View;
use crate::lease::member::{self, Membership};
use crate::lease::watch::LeaseWatch;
use crate::metrics;

const LOG_EVERY: Duration = Duration::from_secs(60);
/// How soon the list of shards is asked for again after it failed.
const RETRY_EVERY: Duration = Duration::from_secs(5);

struct Coordinator {
    consumer: Arc<StreamConsumer>,
    known: Known,
    watch: LeaseWatch,
    membership: watch::Receiver<Membership>,
    running: BTreeMap<String, (Id, Holding)>,
    /// How each shard gets on that was ever read here, or whose row can't be read.
    progress: BTreeMap<String, Arc<Progress>>,
    /// Shards whose reader here came to a bad end and that nobody has taken since: they are still this process's to show.
    orphans: BTreeSet<String>,
    tasks: JoinSet<(String, Ended)>,
    /// Shards that were just lost to something that has no lease, and until when they are left alone.
    left_alone: BTreeMap<String, Instant>,
    refresh_at: Instant,
    /// Readable shards that had a lease at the last look.
    leased: BTreeSet<String>,
    /// Shards held by one who is no member, and the token at first sight.
    strange: BTreeMap<String, String>,
    log_limiter: LogLimiter,
}

pub(super) async fn run(consumer: Arc<StreamConsumer>, shutdown: CancellationToken) {
    let keeper = consumer.keeper();
    let (member, membership) = watch::channel(None);
    let coordinator = Coordinator {
        known: Known::default(),
        watch: LeaseWatch::default(),
        membership,
        running: BTreeMap::new(),
        progress: BTreeMap::new(),
        orphans: BTreeSet::new(),
        tasks: JoinSet::new(),
        left_alone: BTreeMap::new(),
        refresh_at: Instant::now(),
        leased: BTreeSet::new(),
        strange: BTreeMap::new(),
        log_limiter: LogLimiter::new(LOG_EVERY),
        consumer,
    };
    // The member says that it leaves while its shards are given back, so that the others know at once what is theirs.
    let left = CancellationToken::new();
    let coordinate = async {
        coordinator.run(&shutdown).await;
        left.cancel();
    };
    tokio::join!(member::attend(&keeper, &member, &shutdown, &left), coordinate);
}

impl Coordinator {
    async fn run(mut self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            let asked = Instant::now();
            let pause = match self.consumer.leases.list().await {
                Ok(leases) => {
                    self.watch.observe(&leases, Instant::now());
                    self.look(&leases, asked, shutdown).await
                }
                Err(fault) => {
                    count_fault(&fault);
                    self.warn("leases", &fault, "the leases can't be listed; what is held is read on");
                    self.look_pause(false)
                }
            };
            self.watch_over();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                Ok(()) = self.membership.changed() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.ended(ended);
        }
        let reader = self.consumer.name;
        self.progress.iter().for_each(|(shard, progress)| progress.leave(reader, shard));
    }

    /// One look at the leases of a list asked for at `asked`; answers the pause until the next.
    async fn look(&mut self, leases: &[Lease], asked: Instant, shutdown: &CancellationToken) -> Duration {
        self.look_after_own(leases).await;
        // May take as long as the stream lets it wait.
        self.refresh_when_due(leases, asked).await;
        let readable = self.known.readable();
        let held: BTreeSet<String> = self.held();
        let view = View::of(leases, &self.watch, asked, &self.consumer.owner, &readable, &held);
        let strangers: BTreeMap<_, _> = view.strangers.iter().map(|lease| (lease.name.clone(), *lease)).collect();
        self.strange.retain(|shard, _| strangers.contains_key(shard));
        for (shard, lease) in strangers {
            let holder = lease.holder.as_deref().unwrap_or_default();
            // One that died is no member for a moment before its leases run out; who renews is another matter.
            let first = self.strange.entry(shard.clone()).or_insert_with(|| lease.token.clone());
            if *first != lease.token && self.log_limiter.may(&format!("holder/{shard}")) {
                tracing::warn!(reader = self.consumer.name, shard, holder, "held by one who is no member; left to it");
            }
        }
        let (share, alone) = (view.share(), view.is_alone());
        if held.len() > share {
            // Which ones doesn't matter; all of them are given up at the end of their batches.
            for shard in held.iter().skip(share) {
                tracing::info!(reader = self.consumer.name, shard, share, "giving a shard up to another member");
                self.give_up(shard);
            }
        }
        let unheld: BTreeSet<&str> = view.free.iter().map(|(shard, _)| *shard).collect();
        self.orphans.retain(|shard| unheld.contains(shard.as_str()));
        let free = view.free.iter().filter(|(shard, _)| self.may_take(shard));
        let mut free: Vec<_> = free.map(|(shard, lease)| ((*shard).to_owned(), lease.cloned())).collect();
        let room = share.saturating_sub(held.len()).min(free.len());
        // In an order of one's own, so that two that find the same shards don't meet at each of them.
        let pick = |_| {
            let bound = u64::try_from(free.len()).unwrap_or(u64::MAX);
            free.swap_remove(usize::try_from(self.consumer.ports.random.below(bound)).unwrap_or(0))
        };
        let picked: Vec<_> = (0..room).map(pick).collect();
        let lost = view.free.iter().filter(|(shard, _)| self.has_lost(shard));
        let lost = lost.filter_map(|(_, lease)| lease.cloned());
        let idle = free.into_iter().filter_map(|(_, lease)| lease).chain(lost);
        let idle: Vec<_> = idle.filter(|lease| lease.holder.as_ref() == Some(&self.consumer.owner)).collect();
        self.take(picked, shutdown).await;
        self.release(idle).await;
        self.sweep(leases, asked).await;
        let next_end = self.watch.next_end(leases.iter(), asked);
        let until_end = next_end.map(|end| end.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
        let pause = self.look_pause(alone);
        until_end.map_or(pause, |until_end| pause.min(until_end))
    }

    /// Between half a look's time and a whole one, so that two don't look and act in step. Who is alone has nobody's death to
    /// find out about: it only makes room for who comes.
    fn look_pause(&self, alone: bool) -> Duration {
        let config = &self.consumer.config;
        let most = if alone { config.look_alone_every() } else { config.look_every() };
        let half = u64::try_from(most.as_micros() / 2).unwrap_or(u64::MAX);
        most / 2 + Duration::from_micros(self.consumer.ports.random.below(half.saturating_add(1)))
    }

    fn held(&self) -> BTreeSet<String> {
        let held = self.running.iter().filter(|(_, (_, holding))| !holding.is_ending());
        held.map(|(shard, _)| shard.clone()).collect()
    }

    fn may_take(&self, shard: &str) -> bool {
        let alone = self.left_alone.get(shard).is_some_and(|until| Instant::now() < *until);
        !alone && !self.running.contains_key(shard)
    }

    /// Whether its reader here has lost the right to it, and has not ended: what it waits for may never come.
    fn has_lost(&self, shard: &str) -> bool {
        self.running.get(shard).is_some_and(|(_, holding)| holding.is_lost())
    }

    fn give_up(&self, shard: &str) {
        if let Some((_, holding)) = self.running.get(shard) {
            holding.stop.at_batch_end.cancel();
        }
    }

    /// Lists shards when it is time, and at once when a lease has gone: its shard may have been read to its end.
    async fn refresh_when_due(&mut self, leases: &[Lease], asked: Instant) {
        let readable = self.known.readable();
        let leased: BTreeSet<String> =
            leases.iter().map(|lease| lease.name.clone()).filter(|name| readable.contains(name)).collect();
        let gone = self.leased.iter().any(|shard| readable.contains(shard) && !leased.contains(shard));
        self.leased = leased;
        if asked < self.refresh_at && !gone {
            return;
        }
        let consumer = Arc::clone(&self.consumer);
        let reading = self.running.keys().cloned().collect();
        let refresh = self.known.refresh(consumer.reader.as_ref(), &consumer.checkpoints, &reading);
        // A stream that doesn't answer must not keep dead members' shards from being taken.
        let pause = match timeout(consumer.config.lease, refresh).await {
            Ok(Ok(gone)) => {
                gone.iter().for_each(|shard| self.has_left(shard));
                consumer.config.list_every
            }
            Ok(Err(error)) => {
                self.warn("shards", &error, "the shards that are known are read on");
                RETRY_EVERY
            }
            Err(late) => {
                self.warn("shards", &late, "the shards that are known are read on");
                RETRY_EVERY
            }
        };
        // Until the stream is there at all, look more often.
        let pause = if self.known.readable().is_empty() { pause.min(Duration::from_secs(1)) } else { pause };
        // What somebody repairs is found soon.
        let pause = if self.known.unreadable().is_empty() { pause } else { pause.min(consumer.config.list_every / 3) };
        self.refresh_at = Instant::now() + pause;
        for (shard, error) in self.known.unreadable() {
            if self.log_limiter.may(&format!("row/{shard}")) {
                tracing::error!(
                    reader = consumer.name,
                    shard,
                    error,
                    "this shard is left alone until the row is repaired"
                );
            }
        }
    }

    fn has_left(&mut self, shard: &str) {
        if let Some((_, holding)) = self.running.get(shard) {
            holding.stop.now.cancel();
        }
        tracing::warn!(
            reader = self.consumer.name,
            shard,
            "the stream doesn't list this shard any more (its retention is over, or the stream is another one); its \
             checkpoint row stays"
        );
    }

    fn ended(&mut self, ended: Result<(Id, (String, Ended)), JoinError>) {
        let (shard, ended) = match ended {
            Ok((_, (shard, ended))) => (shard, Some(ended)),
            Err(error) => {
                let Some(shard) =
                    self.running.iter().find(|(_, (id, _))| *id == error.id()).map(|(shard, _)| shard.clone())
                else {
                    return;
                };
                tracing::error!(reader = self.consumer.name, shard, %error, "a shard's reader panicked");
                (shard, None)
            }
        };
        self.running.remove(&shard);
        if matches!(ended, None | Some(Ended::Unreadable)) {
            self.orphans.insert(shard.clone());
        }
        match ended {
            Some(Ended::Stopped) => {}
            Some(Ended::ShardRead) => {
                self.known.ended(&shard);
                self.refresh_at = Instant::now();
            }
            Some(Ended::Unreadable) => self.refresh_at = Instant::now(),
            Some(Ended::Fenced) => {
                // Most often the lease is lost, too. If it isn't, somebody claims without one: no race against that.
                tracing::warn!(reader = self.consumer.name, shard, "another owner has claimed the checkpoint");
                self.left_alone.insert(shard, Instant::now() + self.consumer.config.lease);
            }
            None => drop(self.left_alone.insert(shard, Instant::now() + Duration::from_secs(1))),
        }
    }

    fn watch_over(&mut self) {
        self.left_alone.retain(|_, until| Instant::now() < *until);
        let unreadable =
            |shard: &String| self.known.unreadable().contains_key(shard) && !self.running.contains_key(shard);
        for shard in self.known.unreadable().keys().filter(|shard| unreadable(shard)) {
            progress_of(&mut self.progress, shard).blocked();
        }
        for (shard, progress) in &self.progress {
            if self.running.contains_key(shard) || self.orphans.contains(shard) || unreadable(shard) {
                progress.look(self.consumer.name, shard, self.consumer.config.stuck_after);
            } else {
                progress.leave(self.consumer.name, shard);
            }
        }
        self.progress.retain(|shard, _| self.running.contains_key(shard) || !self.known.is_over(shard));
        let held = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        metrics::SHARDS_HELD.record(held, [self.consumer.name.into()]);
    }

    fn warn(&mut self, subject: &str, error: &dyn std::fmt::Display, what: &'static str) {
        if self.log_limiter.may(subject) {
            tracing::warn!(reader = self.consumer.name, subject, %error, "{what}");
        }
    }
}

fn progress_of(all: &mut BTreeMap<String, Arc<Progress>>, shard: &str) -> Arc<Progress> {
    Arc::clone(all.entry(shard.to_owned()).or_insert_with(|| Arc::new(Progress::new())))
}
