//! Copies of mails: how many have a cause.

use super::faults::{Faults, runs};
use super::fleet::Fleet;

/// The role that sends them.
const SENDER: &str = "notification";
/// Mails that one process has under way at once.
const UNDER_WAY: u64 = 10;

/// How many mails may have come once more: those that were under way when their sender was killed, and one for each request
/// by which a sender may have tried to write down that its mail was sent, and which did not pass.
pub(super) fn most(fleet: &Fleet, faults: &Faults) -> u64 {
    let kills: u64 =
        fleet.slots.iter().filter(|slot| runs(slot.roles, SENDER)).map(|slot| slot.kills + slot.ended).sum();
    kills * UNDER_WAY + faults.spoiled(SENDER, "dynamodb")
}
