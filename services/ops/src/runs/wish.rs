//! What was asked for, checked.

use std::num::NonZeroU32;

use serde_json::json;
use shotengai_contracts::api::ops::QueueName;
use shotengai_contracts::api::ops::letters::LetterCause;
use shotengai_contracts::api::ops::runs::{
    MAX_LETTERS, MAX_PER_SECOND, NO_SUCH_LETTERS, RUN_UNDER_WAY, Run, RunKind, RunState, StartRun,
};
use shotengai_contracts::api::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE};
use shotengai_dead_letters::{Filter, Job, Report, Route, Target, route};
use shotengai_kernel::{TextRule, Timestamp, UserId};
use shotengai_messaging::Fault;
use shotengai_runtime::Problem;
use uuid::Uuid;

use super::Runs;

/// Reasons for records: a few words.
pub const REASON: TextRule = TextRule { min: 1, max: 200, lines: true };

/// A run that may begin.
pub struct Wish {
    pub(super) kind: RunKind,
    pub(super) queue: QueueName,
    pub(super) route: Route,
    pub(super) job: Job,
    pub(super) reason: String,
    /// What was asked for, to know the same request again.
    pub(super) asked: serde_json::Value,
}

/// Why a run can't begin.
#[derive(Debug)]
pub enum Refused {
    /// What was asked for is at fault.
    Wish(Problem),
    /// Another one is at this queue.
    UnderWay(Uuid),
    /// The key was used for another request.
    KeyReused,
    /// Somebody asks for the same at the same time, or looks at the queue.
    Busy,
    /// The table failed.
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Wish(problem) => problem,
            Refused::UnderWay(run) => Self::of(&RUN_UNDER_WAY)
                .detail(format!("run {run} is at this queue; begin when it has ended"))
                .member("run", &run),
            Refused::KeyReused => {
                Self::of(&IDEMPOTENCY_KEY_REUSED).detail("this Idempotency-Key was used for another request")
            }
            Refused::Busy => Self::unavailable(1),
            Refused::Fault(fault) => fault.into(),
        }
    }
}

/// A reason that can stand in a record.
///
/// # Errors
/// A [`Problem`] that says what is wrong with it.
pub fn reason(text: &str) -> Result<String, Problem> {
    let unusable = |error| Problem::of(&INVALID_TEXT).detail(format!("reason {error}")).pointer("/reason");
    REASON.check(text).map(str::to_owned).map_err(unusable)
}

impl Runs {
    /// Checks what is asked for.
    ///
    /// # Errors
    /// [`Refused::Wish`].
    pub fn wish(&self, kind: RunKind, asked: &StartRun) -> Result<Wish, Refused> {
        self.checked(kind, asked).map_err(Refused::Wish)
    }

    fn checked(&self, kind: RunKind, asked: &StartRun) -> Result<Wish, Problem> {
        let reason = reason(&asked.reason)?;
        let out_of_range = |detail: String, pointer| Problem::of(&OUT_OF_RANGE).detail(detail).pointer(pointer);
        if asked.letters.as_ref().is_some_and(|letters| letters.is_empty() || letters.len() > MAX_LETTERS) {
            return Err(out_of_range(format!("letters must name 1 to {MAX_LETTERS}"), "/letters"));
        }
        let pace = match asked.per_second {
            None => None,
            Some(pace) => {
                let pace = NonZeroU32::new(pace).filter(|pace| pace.get() <= MAX_PER_SECOND);
                let detail = || format!("per_second must be from 1 to {MAX_PER_SECOND}");
                Some(pace.ok_or_else(|| out_of_range(detail(), "/per_second"))?)
            }
        };
        let nothing_such = |detail: String, pointer| Problem::of(&NO_SUCH_LETTERS).detail(detail).pointer(pointer);
        let route = route(&self.installation, asked.queue.as_str());
        let route = route.map_err(|error| nothing_such(error.to_string(), "/queue"))?;
        let LetterCause { reason: why, consumer, event_type, error } = asked.cause.clone().unwrap_or_default();
        let filter = Filter {
            reason: why,
            // What no consumer wrote names none.
            consumer: consumer.clone().filter(|name| !name.is_empty()),
            event_type,
            subject: asked.subject.clone(),
            message_ids: asked.letters.as_ref().map(|ids| ids.iter().map(|id| id.as_str().to_owned()).collect()),
            error,
            ..Filter::default()
        };
        filter.check(&self.installation, &self.reasons).map_err(|error| nothing_such(error.to_string(), "/cause"))?;
        let filter = Filter { consumer, ..filter };
        let job = Job { filter, pace, ..Job::default() };
        let told = json!({ "kind": kind, "wish": asked });
        Ok(Wish { kind, queue: asked.queue.clone(), route, job, reason, asked: told })
    }
}

impl Wish {
    /// The run, before anything has happened.
    pub(super) fn run(&self, id: Uuid, by: UserId, at: Timestamp) -> Run {
        let target = (self.kind == RunKind::Redrive).then(|| target(&self.route.target));
        Run {
            id,
            kind: self.kind,
            state: RunState::Running,
            queue: self.queue.clone(),
            target,
            by,
            reason: self.reason.clone(),
            at,
            ended_at: None,
            looked_at: 0,
            matching: 0,
            settled: 0,
            failed: 0,
            waiting: 0,
            undeleted: 0,
            came_later: 0,
            complete: false,
            stopped: None,
            handlings: None,
            outcomes: Vec::new(),
        }
    }
}

/// Where letters go, in words.
#[must_use]
pub fn target(target: &Target) -> String {
    target.to_string()
}

/// Brings a run up to its report.
pub(super) fn bring_up(run: &mut Run, report: &Report) {
    run.looked_at = report.looked_at;
    run.matching = report.matching;
    run.settled = report.settled;
    run.failed = report.failed.len();
    run.waiting = report.waiting;
    run.undeleted = report.undeleted.len();
    run.came_later = report.came_later;
    run.complete = report.complete;
    run.stopped.clone_from(&report.stopped);
}
