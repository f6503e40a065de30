//! Refusals: what it means that a server did not take a mail, by its reply and by its answers to others.
//!
//! Refusals of several recipients in a row, with nothing taken between, are the installation's fault, whatever the server
//! says of them; so is one for an unclear reason where nothing was taken lately. One recipient that is refused before and
//! after the server took another's mail is refused by itself.
//!
//! Kept in memory, by hashes: no address is stored.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shotengai_messaging::{Fault, FaultKind};
use tokio::time::Instant;

use super::OPERATION;
use super::reply::{Blame, Reply, Stage};
use crate::mailer::SendError;

/// So many recipients in a row, refused for a reason that may be ours, are none of them to blame.
const SEVERAL: usize = 3;
/// The same where the server says that it is about each of them.
const MANY: usize = 10;
/// A server that has taken nothing for so long may serve nobody.
const LATELY: Duration = Duration::from_secs(60);
/// Refused recipients that are remembered; those of longest ago are forgotten first.
const REMEMBERED: usize = 1000;

/// What a refusal is worth beside the server's answers to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The server does not serve us.
    Installation,
    /// The server takes others' mails and not this one.
    Alone,
    /// Too few others to tell.
    Open,
}

/// What a server answered so far.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<Answers>);

#[derive(Debug, Default)]
struct Answers {
    /// How many mails it took.
    taken: u64,
    /// When it took the last.
    taken_at: Option<Instant>,
    /// Recipients that it refuses.
    refused: BTreeMap<u64, Refused>,
}

/// How many mails the server had taken when it refused a recipient.
#[derive(Debug, Clone, Copy)]
struct Refused {
    first: u64,
    last: u64,
}

impl Refusals {
    /// The server took a mail to this recipient.
    pub fn taken(&self, recipient: &str) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.taken += 1;
        answers.taken_at = Some(Instant::now());
        answers.refused.remove(&hash(recipient));
    }

    /// The server refused a mail to this recipient with this reply: why it did not leave, and whose fault that is.
    pub fn refused(&self, recipient: &str, stage: Stage, reply: Reply) -> SendError {
        let said = format!("{} was answered with {reply}", stage.as_str());
        let blame = reply.blame(stage);
        match blame {
            Blame::Nobody => return Fault::new(FaultKind::Transient, OPERATION, said).into(),
            Blame::Installation => return Fault::new(FaultKind::Denied, OPERATION, said).into(),
            Blame::Recipient | Blame::Unclear => {}
        }
        match (self.verdict(recipient, blame), blame) {
            (Verdict::Installation, _) => {
                Fault::new(FaultKind::Denied, OPERATION, format!("{said}, as were others in a row")).into()
            }
            (_, Blame::Recipient) => SendError::Refused { why: said },
            (Verdict::Alone, _) => {
                Fault::new(FaultKind::Permanent, OPERATION, format!("{said}, and others' mails were taken")).into()
            }
            // It waits until there are others, or the server thinks better of it.
            (Verdict::Open, _) => Fault::new(FaultKind::Transient, OPERATION, said).into(),
        }
    }

    /// The server refused this recipient, and may be to blame itself.
    fn verdict(&self, recipient: &str, blame: Blame) -> Verdict {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = answers.taken;
        if answers.refused.len() >= REMEMBERED
            && let Some(oldest) = answers.refused.iter().min_by_key(|(_, at)| at.last).map(|(recipient, _)| *recipient)
        {
            answers.refused.remove(&oldest);
        }
        let refused = answers.refused.entry(hash(recipient)).or_insert(Refused { first: taken, last: taken });
        refused.last = taken;
        let is_refused_before = refused.first < taken;
        let in_a_row = answers.refused.values().filter(|at| at.last == taken).count();
        let is_clear = blame == Blame::Recipient;
        let serves = is_clear || answers.taken_at.is_some_and(|at| at.elapsed() <= LATELY);
        if in_a_row >= if is_clear { MANY } else { SEVERAL } {
            Verdict::Installation
        } else if is_refused_before && (in_a_row == 1 || serves) {
            Verdict::Alone
        } else if serves {
            Verdict::Open
        } else {
            Verdict::Installation
        }
    }
}

fn hash(recipient: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    recipient.to_lowercase().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn several_in_a_row_are_the_installations_and_one_beside_a_success_is_its_own() {
        let server = Refusals::default();
        server.taken("z");
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Open);
        assert_eq!(server.verdict("A", Blame::Unclear), Verdict::Open, "the same");
        assert_eq!(server.verdict("b", Blame::Unclear), Verdict::Open);
        assert_eq!(server.verdict("c", Blame::Unclear), Verdict::Installation);
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Installation);
        server.taken("b");
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Alone);
        assert_eq!(server.verdict("b", Blame::Unclear), Verdict::Open, "it was taken since");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_took_nothing_lately_may_serve_nobody() {
        let server = Refusals::default();
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Installation);
        assert_eq!(server.verdict("b", Blame::Recipient), Verdict::Open, "its reply is clear");
        server.taken("z");
        tokio::time::advance(LATELY).await;
        assert_eq!(server.verdict("c", Blame::Unclear), Verdict::Open);
        tokio::time::advance(LATELY).await;
        assert_eq!(server.verdict("c", Blame::Unclear), Verdict::Installation);
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Installation, "neither was anybody else's taken");
        server.taken("z");
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Alone);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_refused_before_shares_the_verdict_when_all_are_refused() {
        let server = Refusals::default();
        server.verdict("a", Blame::Recipient);
        server.taken("z");
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Alone);
        tokio::time::advance(2 * LATELY).await;
        assert_eq!(server.verdict("b", Blame::Unclear), Verdict::Installation);
        assert_eq!(server.verdict("z", Blame::Unclear), Verdict::Installation);
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Installation);
        server.taken("z");
        assert_eq!(server.verdict("a", Blame::Unclear), Verdict::Alone, "now it is its own again");
    }

    #[test]
    fn what_the_server_says_of_each_takes_many_to_doubt() {
        let server = Refusals::default();
        let verdicts: Vec<_> = (0..MANY).map(|n| server.verdict(&n.to_string(), Blame::Recipient)).collect();
        assert!(verdicts[..MANY - 1].iter().all(|verdict| *verdict == Verdict::Open), "{verdicts:?}");
        assert_eq!(verdicts[MANY - 1], Verdict::Installation);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let server = Refusals::default();
        for number in 0..2 * REMEMBERED {
            server.verdict(&number.to_string(), Blame::Unclear);
        }
        assert_eq!(server.0.lock().unwrap().refused.len(), REMEMBERED);
    }
}
