//! Readers that read what is not theirs any more, and members' rows that say less than is so.

use std::time::Duration;

use shotengai_contracts::topology::Service;

use super::dice::Dice;
use super::{Happening, Plan};
use crate::process::PROCESSES;
use crate::uses::runs;

/// A bridge that shares no leases with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rival {
    /// The process that it runs in.
    pub process: usize,
    /// From when on it reads.
    pub from: Duration,
    /// For how long.
    pub lasts: Duration,
}

fn bridge(dice: &Dice) -> usize {
    let bridges: Vec<_> = (0..PROCESSES.len()).filter(|process| runs(*process, Service::BRIDGE)).collect();
    bridges[dice.index(bridges.len())]
}

impl Plan {
    /// Shards are robbed for long, bridges stand still for longer than their leases hold, and members' rows are deleted, set back
    /// or not renewed. In half of these seeds somebody reads beside the others all the time.
    pub(super) fn contend(&mut self, dice: &Dice) {
        self.rates.read_on = 20 + dice.below(180);
        self.rival = dice.some(2, |dice| Rival {
            process: bridge(dice),
            from: Duration::from_secs(2) + dice.millis(25_000),
            lasts: Duration::from_secs(10) + dice.millis(30_000),
        });
        for _ in 0..1 + dice.index(4) {
            let at = Duration::from_secs(2) + dice.millis(35_000);
            let happening = match dice.below(4) {
                0 => Happening::DeleteMember,
                1 => Happening::SetBackMember,
                2 => Happening::SilenceMember {
                    process: bridge(dice),
                    silent: Duration::from_secs(5) + dice.millis(35_000),
                },
                _ => Happening::Freeze { process: bridge(dice), frozen: Duration::from_secs(12) + dice.millis(30_000) },
            };
            self.calm_after = self.calm_after.max(at + happening.lasts());
            self.happenings.push((at, happening));
        }
        let over = self.rival.map(|rival| rival.from + rival.lasts).unwrap_or_default();
        self.calm_after = self.calm_after.max(over);
        self.happenings.sort_by_key(|(at, _)| *at);
    }
}
