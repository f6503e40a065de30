//! Outcomes of a run's redriven letters at their consumers: their own word, which they write down before they delete the message.

use std::sync::Arc;

use shotengai_contracts::api::ops::rehearsals::ForeseenEvent;
use shotengai_contracts::api::ops::runs::{
    Handling, HandlingOutcome, Handlings, IgnoredFor, LetterOutcome, Outcome as Sending, Run, RunKind,
};
use shotengai_contracts::topology::tables::OUTCOMES;
use shotengai_dead_letters::{Target, covered};
use shotengai_kernel::Clock;
use shotengai_messaging::Table;
use shotengai_messaging::outcomes::{Came, Ignored, Outcome, Stands, of_letters};

/// Reads what consumers have made of letters.
pub struct LetterHandlings {
    table: Arc<dyn Table>,
    clock: Arc<dyn Clock>,
}

impl LetterHandlings {
    /// From this table.
    #[must_use]
    pub const fn new(table: Arc<dyn Table>, clock: Arc<dyn Clock>) -> Self {
        Self { table, clock }
    }

    /// Adds to a redrive what became of its letters since. Where the table does not answer nothing is said of it, nor of a run so
    /// long ago that the table has forgotten it.
    pub(super) async fn look_up(&self, run: &mut Run) {
        let is_followed = run.target.as_deref().is_some_and(|target| {
            [Target::Stream, Target::PriceStream].iter().all(|stream| stream.to_string() != target)
        });
        let is_forgotten = self.clock.now().duration_since(run.at) >= OUTCOMES.kept;
        if run.kind != RunKind::Redrive || !is_followed || is_forgotten {
            return;
        }
        let sent = run.outcomes.iter().filter(|letter| was_sent(letter)).map(|letter| letter.letter.as_str());
        let known = match of_letters(self.table.as_ref(), run.id, sent).await {
            Ok(known) => known,
            Err(fault) => {
                tracing::warn!(%fault, run = %run.id, "what became of the letters of a run could not be read");
                return;
            }
        };
        let mut counts = Handlings::default();
        for letter in run.outcomes.iter_mut().filter(|letter| was_sent(letter)) {
            let handling = known.get(&letter.letter).map_or_else(unheard, handling);
            *match handling.outcome {
                HandlingOutcome::Waiting => &mut counts.waiting,
                HandlingOutcome::Handled => &mut counts.handled,
                HandlingOutcome::Ignored => &mut counts.ignored,
                HandlingOutcome::DeadAgain => &mut counts.dead_again,
            } += 1;
            letter.handling = Some(handling);
        }
        run.handlings = Some(counts);
    }
}

fn was_sent(letter: &LetterOutcome) -> bool {
    matches!(letter.outcome, Sending::Sent | Sending::Undeleted)
}

fn unheard() -> Handling {
    Handling {
        outcome: HandlingOutcome::Waiting,
        ignored: None,
        reason: None,
        why: None,
        events: Vec::new(),
        wrote: Vec::new(),
        attempts: 0,
        at: None,
    }
}

fn handling(known: &Outcome) -> Handling {
    let said = Handling { attempts: known.attempts, at: Some(known.at), ..unheard() };
    match &known.came {
        Came::Waits { cause } => Handling { why: Some(cause.clone()), ..said },
        Came::Handled { events, wrote } => {
            let (events, wrote) = (told(events), wrote.clone());
            Handling { outcome: HandlingOutcome::Handled, events, wrote, ..said }
        }
        Came::Ignored { why, detail, stands } => Handling {
            outcome: HandlingOutcome::Ignored,
            ignored: Some(match why {
                Ignored::AlreadyApplied => IgnoredFor::AlreadyApplied,
                Ignored::NewerStands => IgnoredFor::NewerStands,
                Ignored::NothingToDo => IgnoredFor::NothingToDo,
            }),
            why: detail.clone(),
            events: told(stands),
            ..said
        },
        Came::SetAside { reason, error } => Handling {
            outcome: HandlingOutcome::DeadAgain,
            reason: Some(reason.clone()),
            // As its letter is shown.
            why: error.as_deref().map(|error| covered(reason, error).into_owned()),
            ..said
        },
    }
}

fn told(events: &[Stands]) -> Vec<ForeseenEvent> {
    let told = |stands: &Stands| ForeseenEvent {
        event_type: stands.event_type.clone(),
        subject: stands.subject.clone(),
        version: stands.version,
    };
    events.iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::{Timestamp, Version};

    use super::*;

    #[test]
    fn each_word_of_a_consumer_is_told() {
        let of =
            |came| handling(&Outcome { came, consumer: "order".to_owned(), attempts: 3, at: Timestamp::UNIX_EPOCH });
        let stands =
            Stands { event_type: "OrderPaid".to_owned(), subject: "ord_1".to_owned(), version: Version::new(5) };
        let waits = of(Came::Waits { cause: "not yet".to_owned() });
        assert_eq!(
            (waits.outcome, waits.why.as_deref(), waits.attempts),
            (HandlingOutcome::Waiting, Some("not yet"), 3)
        );
        let handled = of(Came::Handled { events: vec![stands.clone()], wrote: vec!["order-prices".to_owned()] });
        assert_eq!((handled.outcome, handled.events.len(), handled.wrote.len()), (HandlingOutcome::Handled, 1, 1));
        let ignored = of(Came::Ignored { why: Ignored::AlreadyApplied, detail: None, stands: vec![stands] });
        assert_eq!((ignored.outcome, ignored.ignored), (HandlingOutcome::Ignored, Some(IgnoredFor::AlreadyApplied)));
        assert_eq!(ignored.events[0].event_type, "OrderPaid");
        let dead = of(Came::SetAside { reason: "exhausted".to_owned(), error: Some("away".to_owned()) });
        assert_eq!((dead.outcome, dead.reason.as_deref()), (HandlingOutcome::DeadAgain, Some("exhausted")));
        assert_eq!((unheard().outcome, unheard().attempts), (HandlingOutcome::Waiting, 0));
    }
}
