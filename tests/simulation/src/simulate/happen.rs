//! What happens at a moment: to processes, dependencies, the stream, queues and clocks.

use shotengai_contracts::topology::{STREAM, queues};
use shotengai_messaging::{Message, Queue, StreamReader, StreamRecord, StreamWriter};
use tokio::time::Instant;

use super::{Simulation, consumed_queues};
use crate::mishap::Mishap;
use crate::plan::{Happening, LONG_DENIAL, LONG_OUTAGE};
use crate::ports::cursed_event;
use crate::process::PROCESSES;
use crate::robber;
use crate::uses::runs;

impl Simulation {
    pub(super) async fn happen(&mut self, happening: Happening) {
        self.world.note("world", || format!("{happening:?}"));
        let stream = self.world.infra.memory_stream();
        match happening {
            Happening::Crash { process, away } => {
                if self.processes.contains_key(&process) {
                    self.world.count(Mishap::CrashBetween);
                }
                self.crash(process, away);
            }
            Happening::RoleAway { role, away } => {
                for index in (0..PROCESSES.len()).filter(|index| runs(*index, role)) {
                    self.crash(index, away);
                }
            }
            Happening::Night => self.fall_asleep(),
            Happening::Restart { process } => {
                // A sweep that is broken off may have published what it has not cleared.
                self.world.copies.excuse_marked(&self.world);
                self.doors.set(process, None);
                if let Some(stopping) = self.processes.remove(&process) {
                    self.world.count(Mishap::Restart);
                    self.world.hold_ups.add(process, None, self.world.elapsed());
                    self.stopping.spawn(async move {
                        stopping.stop().await;
                        process
                    });
                }
            }
            Happening::Freeze { process, frozen } => {
                if let Some(process) = self.processes.get(&process) {
                    process.network.freeze_until(Instant::now() + frozen);
                }
            }
            Happening::Outage { dependency, away } => {
                if away >= LONG_OUTAGE {
                    self.world.count(Mishap::HourAway);
                }
                self.world.take_away(dependency, away);
            }
            Happening::Deny { denial, denied } => {
                if denied >= LONG_DENIAL {
                    self.world.count(Mishap::HalfHourDenied);
                }
                self.world.deny(denial, denied);
            }
            Happening::RelayRefuses { refusing } => {
                if refusing >= LONG_OUTAGE {
                    self.world.count(Mishap::HourRefused);
                }
                self.world.relay_refuses(refusing);
            }
            Happening::Split => {
                if !self.world.plan.prices.is_empty() {
                    let prices = self.world.infra.memory_prices();
                    prices.shard_of("prod_0").and_then(|shard| prices.split(&shard));
                }
                if let Some(shard) = stream.shard_of(&format!("key-{}", self.world.below(1000)))
                    && stream.split(&shard).is_some()
                {
                    self.world.count(Mishap::Split);
                    self.world.hold_ups.add_for_all(STREAM, self.world.elapsed());
                }
            }
            Happening::Merge => self.merge().await,
            Happening::ExpireCursors => {
                self.world.count(Mishap::CursorsExpired);
                self.world.hold_ups.add_for_all(STREAM, self.world.elapsed());
                stream.expire_cursors();
                self.world.infra.memory_prices().expire_cursors();
            }
            Happening::PoisonQueue { queue, kind } => {
                let queue = consumed_queues().get(queue).copied().unwrap_or(&queues::ORDER);
                let body = self.world.poison_for(queue.dead_letters(), kind);
                let message = Message { body, ..Message::default() };
                self.world.count(Mishap::PoisonedQueue);
                if self.world.infra.memory_queue(queue.name).send(&[message]).await.is_err() {
                    self.world.violation("a queue refused the poison".to_owned());
                }
            }
            Happening::PoisonStream { kind } => {
                let body = self.world.poison_for(queues::BRIDGE_DEAD_LETTERS.dead_letters(), kind);
                let record = StreamRecord { key: format!("poison-{kind}"), data: body.into_bytes() };
                self.world.count(Mishap::PoisonedStream);
                if stream.put(&[record]).await.is_err() {
                    self.world.violation("the stream refused the poison".to_owned());
                }
            }
            Happening::DeleteMember => robber::delete_member(&self.world).await,
            Happening::SetBackMember => robber::set_back_member(&self.world).await,
            Happening::SilenceMember { process, silent } => {
                if let Some(process) = self.processes.get(&process) {
                    process.network.silence_members_until(Instant::now() + silent);
                }
            }
            Happening::SetClock { process, by_ms } => self.world.set_clock(process, by_ms),
            Happening::CurseStream => {
                let Some(event) = cursed_event(self.world.below(u64::MAX).into()) else { return };
                self.world.curse(event.clone());
                let record = StreamRecord { key: "cursed".to_owned(), data: event.into_bytes() };
                if stream.put(&[record]).await.is_err() {
                    self.world.violation("the stream refused the curse".to_owned());
                }
            }
        }
    }

    /// Merges the first two shards that can be.
    async fn merge(&self) {
        let stream = self.world.infra.memory_stream();
        let shards = stream.shards().await.unwrap_or_default();
        let pairs = shards.iter().flat_map(|lower| shards.iter().map(move |upper| (lower, upper)));
        for (lower, upper) in pairs {
            if stream.merge(&lower.id, &upper.id).is_some() {
                self.world.count(Mishap::Merge);
                self.world.hold_ups.add_for_all(STREAM, self.world.elapsed());
                return;
            }
        }
    }

    /// Every process ends, or dies, until the morning; none comes back before.
    fn fall_asleep(&mut self) {
        let Some(absence) = self.world.plan.absence else { return };
        let (now, morning) = (self.world.elapsed(), self.world.moment(absence.morning));
        self.world.fall_asleep(morning);
        self.world.copies.excuse_marked(&self.world);
        while let Some((index, process)) = self.processes.pop_first() {
            self.doors.set(index, None);
            self.world.hold_ups.add_span(index, None, now, absence.morning);
            if self.world.below(2) == 0 {
                self.stopping.spawn(async move {
                    process.stop().await;
                    index
                });
            } else {
                self.back.insert(index, morning);
            }
        }
    }
}
