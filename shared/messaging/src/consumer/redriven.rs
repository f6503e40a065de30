//! Messages that were dead letters before: each is handled by itself, and what it came to is told to operators.

use futures::future::{join, join_all};

use super::policy::Settlement;
use super::visibility::Hidden;
use super::{Consumer, Held, Work};
use crate::attempt;
use crate::disposition::Disposition;
use crate::effects::About;
use crate::outcomes::{Asked, Came, Outcome, cause};
use crate::ports::queue::RawDelivery;

/// A message that was answered, and what that comes to.
pub(super) struct Finished<I> {
    pub(super) held: Held<I>,
    pub(super) answer: Disposition,
    pub(super) settlement: Settlement,
}

impl<W: Work> Consumer<W> {
    /// Whether somebody wants to know what becomes of this message.
    pub(super) fn is_asked_about(&self, raw: &RawDelivery) -> bool {
        self.config.outcomes.asked(&raw.attributes).is_some()
    }

    /// Asks the handler about a batch. Those that were redriven are handled beside the others, each by itself: only so it can be told what
    /// came of it.
    pub(super) async fn answers(&self, held: &[Held<W::Item>]) -> Vec<Disposition> {
        let is_asked = |held: &&Held<W::Item>| held.effects.is_some();
        let (asked, plain): (Vec<_>, Vec<_>) = held.iter().partition(is_asked);
        let plain: Vec<_> = plain.into_iter().map(|held| held.item.clone()).collect();
        let together = async {
            match plain.as_slice() {
                [] => Vec::new(),
                batch => attempt::answers(&self.work, self.config.name, batch).await,
            }
        };
        let alone = asked.into_iter().map(|held| async {
            let effects = held.effects.clone().unwrap_or_default();
            let answering = attempt::answers(&self.work, self.config.name, std::slice::from_ref(&held.item));
            let answer = effects.during(Box::pin(answering)).await.pop();
            answer.unwrap_or_else(attempt::no_answer)
        });
        let (together, alone) = join(together, join_all(alone)).await;
        let (mut together, mut alone) = (together.into_iter(), alone.into_iter());
        let answer = |held: &Held<W::Item>| {
            let next = if is_asked(&held) { alone.next() } else { together.next() };
            next.unwrap_or_else(attempt::no_answer)
        };
        held.iter().map(answer).collect()
    }

    /// Tells what became of these, then settles them. Those that become dead letters are told of once they are.
    pub(super) async fn settle_told(&self, finished: Vec<Finished<W::Item>>, hidden: &Hidden) {
        if finished.is_empty() {
            return;
        }
        let told = join_all(finished.iter().map(|one| self.came(one))).await;
        self.tell_each(told.into_iter().flatten().collect()).await;
        self.settle(finished.into_iter().map(|one| (one.held.raw, one.settlement)).collect(), hidden).await;
    }

    async fn tell_each(&self, told: Vec<(Asked, u32, Came)>) {
        let now = self.ports.clock.now();
        let tell = |(asked, attempts, came): (Asked, u32, Came)| {
            asked.tell(Outcome { came, consumer: self.config.name.to_owned(), attempts, at: now })
        };
        join_all(told.into_iter().map(tell)).await;
    }

    /// What a message that was answered so came to; nothing where that is told later, or nobody asks.
    async fn came(&self, finished: &Finished<W::Item>) -> Option<(Asked, u32, Came)> {
        let Finished { held, answer, settlement } = finished;
        let asked = self.config.outcomes.asked(&held.raw.attributes)?;
        let came = match (answer, settlement) {
            (Disposition::Done, _) => {
                let event = self.work.about(&held.item).event;
                let about = About { event, sent_at: held.raw.sent_at, receives: held.raw.receive_count };
                Box::pin(held.effects.as_ref()?.came_to(about)).await
            }
            (
                Disposition::Retry { cause: why, .. }
                | Disposition::Waits { cause: why, .. }
                | Disposition::Failed { cause: why, .. },
                Settlement::Again(_),
            ) => Came::Waits { cause: cause(why) },
            _ => return None,
        };
        Some((asked, held.raw.receive_count, came))
    }

    /// That these are dead letters again. Of one that could not be read the error is left out: it may quote the body.
    pub(super) async fn tell_set_aside(&self, dead: &[(RawDelivery, &'static str, String)]) {
        let told = dead.iter().filter_map(|(raw, reason, error)| {
            let asked = self.config.outcomes.asked(&raw.attributes)?;
            let is_read = self.work.read(self.queue.name(), raw, self.ports.clock.now()).is_ok();
            let error = is_read.then(|| cause(error));
            Some((asked, raw.receive_count, Came::SetAside { reason: (*reason).to_owned(), error }))
        });
        self.tell_each(told.collect()).await;
    }
}
