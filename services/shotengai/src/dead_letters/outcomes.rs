//! Outcomes of redriven dead letters at their consumers: waited for, and told letter by letter.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use comfy_table::{Table as Shown, presets};
use serde::Serialize;
use shotengai_contracts::topology::tables::LETTER_OUTCOMES;
use shotengai_dead_letters::{Became, Letter, Outcomes as Told, covered};
use shotengai_messaging::outcomes::{Came, Ignored, Outcome, Stands, of_letters};
use shotengai_messaging::{Fault, Infrastructure};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::text::{complain, plain};

/// So often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many letters are followed.
const MOST: usize = 1_000;
/// So many are told one by one.
const SHOWN: usize = 100;
/// Columns are cut here.
const WHY_CHARS: usize = 120;

/// A letter that was sent, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Followed {
    /// The letter.
    letter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    /// Its consumer's word; none while nothing has been heard of it.
    #[serde(flatten)]
    outcome: Option<Outcome>,
}

impl Followed {
    fn is_over(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.came.is_final())
    }

    fn is_dead_again(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| matches!(outcome.came, Came::SetAside { .. }))
    }
}

/// Letters that a run has sent, as they go.
#[derive(Clone, Default)]
pub(super) struct Sent(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    letters: Vec<Followed>,
    more: usize,
}

impl Sent {
    /// What a run tells of its letters.
    pub(super) fn listener(&self) -> Arc<Told> {
        let noted = Arc::clone(&self.0);
        Arc::new(move |letter: &Letter, became: Became| {
            if matches!(became, Became::Failed(_)) {
                return;
            }
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            if noted.letters.len() == MOST {
                noted.more += 1;
                return;
            }
            noted.letters.push(Followed {
                letter: letter.message_id.clone(),
                subject: letter.subject().map(str::to_owned),
                event_type: letter.event_type().map(str::to_owned),
                outcome: None,
            });
        })
    }

    /// Waits until all of them have come to something, for so long at the most. What the table does not answer in time stays unknown, and
    /// is said.
    pub(super) async fn wait(
        self,
        infra: &dyn Infrastructure,
        run: Uuid,
        within: Duration,
        cancel: &CancellationToken,
    ) -> Waited {
        let Noted { mut letters, more } = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let table = infra.table(LETTER_OUTCOMES.name);
        let deadline = Instant::now() + within;
        let mut fault: Option<Fault>;
        loop {
            let open = letters.iter().filter(|letter| !letter.is_over()).map(|letter| letter.letter.as_str());
            let mut known = BTreeMap::new();
            fault = match of_letters(table.as_ref(), run, open).await {
                Ok(told) => {
                    known = told;
                    None
                }
                Err(fault) => Some(fault),
            };
            for letter in &mut letters {
                if let Some(outcome) = known.remove(&letter.letter) {
                    letter.outcome = Some(outcome);
                }
            }
            let is_over = letters.iter().all(Followed::is_over);
            let is_lasting = fault.as_ref().is_some_and(|fault| !fault.is_retryable());
            if is_over || is_lasting || Instant::now() >= deadline || cancel.is_cancelled() {
                return Waited { letters, more, fault };
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep_until(deadline.min(Instant::now() + LOOK_EVERY)) => {}
            }
        }
    }
}

/// What was waited for.
pub(super) struct Waited {
    pub(super) letters: Vec<Followed>,
    /// Letters that were sent and are not followed.
    pub(super) more: usize,
    /// Why it is not known what became of them.
    fault: Option<Fault>,
}

impl Waited {
    /// Whether all have come to something, and none of them is a dead letter again.
    pub(super) fn is_success(&self) -> bool {
        self.more == 0 && self.letters.iter().all(|letter| letter.is_over() && !letter.is_dead_again())
    }

    /// Says on standard error what is not known.
    pub(super) fn complain(&self) {
        if let Some(fault) = &self.fault {
            complain(&format!("what became of the letters is not known: {fault}"));
        }
        if self.more > 0 {
            complain(&format!("{} more were sent and not followed", self.more));
        }
    }

    pub(super) fn print(&self) {
        if self.letters.is_empty() {
            return;
        }
        let mut table = Shown::new();
        table.load_style(presets::NOTHING);
        table.set_header(["letter", "event type", "subject", "outcome", "why"].to_vec());
        for followed in self.letters.iter().take(SHOWN) {
            let or_dash = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), plain);
            let (outcome, why) = words(followed.outcome.as_ref());
            let why: String = plain(&why).chars().take(WHY_CHARS).collect();
            table.add_row([
                followed.letter.clone(),
                or_dash(followed.event_type.as_deref()),
                or_dash(followed.subject.as_deref()),
                outcome.to_owned(),
                or_dash(Some(why.as_str()).filter(|why| !why.is_empty())),
            ]);
        }
        say!("\nwhat their consumer made of them:\n{table}");
        if self.letters.len() > SHOWN {
            say!("and {} more", self.letters.len() - SHOWN);
        }
        let count = |which: fn(&Followed) -> bool| self.letters.iter().filter(|letter| which(letter)).count();
        let (waiting, dead) = (count(|letter| !letter.is_over()), count(Followed::is_dead_again));
        say!(
            "{} came to an end, {dead} of them dead letters again; {waiting} still waiting",
            self.letters.len() - waiting
        );
    }
}

/// The outcome in a word or two, and why.
fn words(outcome: Option<&Outcome>) -> (&'static str, String) {
    let Some(Outcome { came, attempts, .. }) = outcome else {
        return ("still waiting", "nothing heard of it yet".to_owned());
    };
    match came {
        Came::Waits { cause } => ("still waiting", format!("tried {attempts} times: {cause}")),
        Came::Handled { events, wrote } => {
            let made = (!events.is_empty()).then(|| format!("made {}", listed(events)));
            let wrote = (!wrote.is_empty()).then(|| format!("wrote to {}", wrote.join(", ")));
            ("handled", made.into_iter().chain(wrote).collect::<Vec<_>>().join("; "))
        }
        Came::Ignored { why, detail, stands } => {
            let why = match why {
                Ignored::AlreadyApplied => "already applied",
                Ignored::NewerStands => "something newer stands",
                Ignored::NothingToDo => "nothing to do",
            };
            let detail = detail.as_ref().map(|detail| format!(", {detail}")).unwrap_or_default();
            let stands = if stands.is_empty() { String::new() } else { format!(": {}", listed(stands)) };
            ("ignored", format!("{why}{detail}{stands}"))
        }
        Came::SetAside { reason, error } => {
            let error = error.as_deref().map(|error| covered(reason, error)).unwrap_or_default();
            ("dead letter again", format!("{reason}{}{error}", if error.is_empty() { "" } else { ": " }))
        }
    }
}

fn listed(events: &[Stands]) -> String {
    let one = |event: &Stands| format!("{} ({} {})", event.event_type, event.subject, event.version);
    events.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::{Timestamp, Version};

    use super::*;

    #[test]
    fn an_outcome_is_told_in_words() {
        let stands = || {
            vec![Stands {
                event_type: "PaymentAuthorized".to_owned(),
                subject: "pay_1".to_owned(),
                version: Version::new(1),
            }]
        };
        let of = |came| {
            words(Some(&Outcome { came, consumer: "billing".to_owned(), attempts: 2, at: Timestamp::UNIX_EPOCH }))
        };
        assert_eq!(words(None), ("still waiting", "nothing heard of it yet".to_owned()));
        for (came, outcome, why) in [
            (Came::Waits { cause: "away".to_owned() }, "still waiting", "tried 2 times: away"),
            (
                Came::Handled { events: stands(), wrote: vec!["billing-ledger".to_owned()] },
                "handled",
                "made PaymentAuthorized (pay_1 1); wrote to billing-ledger",
            ),
            (
                Came::Ignored { why: Ignored::AlreadyApplied, detail: None, stands: stands() },
                "ignored",
                "already applied: PaymentAuthorized (pay_1 1)",
            ),
            (
                Came::Ignored {
                    why: Ignored::NothingToDo,
                    detail: Some("nobody to write to".to_owned()),
                    stands: Vec::new(),
                },
                "ignored",
                "nothing to do, nobody to write to",
            ),
            (
                Came::SetAside { reason: "exhausted".to_owned(), error: Some("away".to_owned()) },
                "dead letter again",
                "exhausted: away",
            ),
            (Came::SetAside { reason: "not_json".to_owned(), error: None }, "dead letter again", "not_json"),
        ] {
            assert_eq!(of(came), (outcome, why.to_owned()));
        }
    }
}
