//! Dead letters as they are shown.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use shotengai_contracts::api::ops::letters::{
    DeadLetters, Letter, LetterGroup, LetterQueue, Letters, Uncover, Uncovered, UnreadableQueue,
};
use shotengai_contracts::api::ops::records::Action;
use shotengai_contracts::api::ops::{LetterId, QueueName};
use shotengai_dead_letters::record::record;
use shotengai_dead_letters::{Bounds, Group, Route, Sample, route, routes};
use shotengai_messaging::receipts::order_in;
use shotengai_messaging::trace::TRACEPARENT;
use shotengai_messaging::{Fault, FaultKind};
use shotengai_runtime::http::{Answer, QueryParameters, Reply, SecondId};
use shotengai_runtime::{AdminCaller, JsonBody, PathId, Problem};

use super::Desk;
use crate::letters::{Look, look};
use crate::records::Deed;
use crate::runs::wish::{reason, target};

/// So many letters of each queue are looked at for causes.
const SAMPLE: usize = 100;
/// How long that may take: less than the door waits for an answer to begin.
const LOOKED_WITHIN: Duration = Duration::from_secs(8);
/// So many are looked through for one.
pub(super) const LOOKED_THROUGH: usize = 1_000;

pub(super) async fn by_cause(_: AdminCaller, desk: web::Data<Desk>) -> Answer<DeadLetters> {
    let shown = desk.looked.show(async || desk.look().await).await;
    let Some(seen) = shown.good else {
        let fault = shown.fault.unwrap_or_default();
        return Err(Fault::new(FaultKind::Transient, "ops.DeadLetters", fault).into());
    };
    Ok(Reply::ok(seen.as_ref().clone()))
}

pub(super) async fn of_queue(
    request: HttpRequest,
    _: AdminCaller,
    queue: PathId<QueueName>,
    desk: web::Data<Desk>,
) -> Answer<Letters> {
    let mut query = QueryParameters::of(&request)?;
    let limit = query.limit();
    query.finish()?;
    let route = desk.free_route(&queue)?;
    let (opened, most) = (desk.open(&route), usize::try_from(limit).unwrap_or(usize::MAX));
    let sample = undropped(async move { opened.sample(most).await }).await?;
    let items = sample.letters.iter().map(|letter| covered(&route, letter)).collect();
    Ok(Reply::ok(Letters { queue: queue_of(&route, &sample), items }))
}

pub(super) async fn uncover(
    AdminCaller(caller): AdminCaller,
    queue: PathId<QueueName>,
    letter: SecondId<LetterId>,
    body: JsonBody<Uncover>,
    desk: web::Data<Desk>,
) -> Answer<Uncovered> {
    let reason = reason(&body.value.reason)?;
    let (SecondId(letter), PathId(queue)) = (letter, queue);
    let route = desk.free_route(&queue)?;
    let (opened, wanted) = (desk.open(&route), letter.clone());
    let found = undropped(async move { opened.find(wanted.as_str(), LOOKED_THROUGH).await }).await?;
    let found = found.ok_or_else(|| Problem::not_found("no such letter is in this queue, or it is in other hands"))?;
    let deed =
        Deed { by: caller.user_id, action: Action::Uncover, queue, letter: Some(letter.clone()), run: None, reason };
    let record = desk.records.write(deed).await?;
    Ok(Reply::ok(Uncovered { id: letter, record: record.id, body: found.body }))
}

impl Desk {
    /// The route of this queue, if nobody is at it.
    fn free_route(&self, queue: &QueueName) -> Result<Route, Problem> {
        let found = route(&self.installation, queue.as_str());
        let found = found.map_err(|error| Problem::not_found(error.to_string()))?;
        self.runs.free(&found.dead_letters)?;
        Ok(found)
    }

    pub(super) fn open(&self, route: &Route) -> shotengai_dead_letters::DeadLetters {
        let bounds = Bounds { sample_within: LOOKED_WITHIN, ..Bounds::default() };
        shotengai_dead_letters::DeadLetters::open(self.infra.as_ref(), route, self.ports.clone()).with_bounds(bounds)
    }

    async fn look(&self) -> anyhow::Result<DeadLetters> {
        let (infra, ports, routes) = (Arc::clone(&self.infra), self.ports.clone(), routes(&self.installation));
        let is_free = |route: &Route| self.runs.free(&route.dead_letters).is_ok();
        let (routes, busy): (Vec<_>, Vec<_>) = routes.into_iter().partition(is_free);
        let seen = tokio::spawn(async move { (look(infra.as_ref(), &routes, SAMPLE, &ports).await, routes) });
        let (Look { queues, groups, unreadable }, routes) = seen.await?;
        let queues = queues.into_iter().map(|seen| {
            let route = routes.iter().find(|route| route.dead_letters == seen.queue);
            LetterQueue {
                target: route.map(|route| target(&route.target)).unwrap_or_default(),
                queue: seen.queue,
                letters: seen.depth,
                seen: seen.seen,
                complete: seen.complete,
            }
        });
        let unreadable = unreadable.into_iter().map(|queue| UnreadableQueue { queue: queue.queue, why: queue.fault });
        Ok(DeadLetters {
            queues: queues.collect(),
            groups: groups.into_iter().map(group).collect(),
            unreadable: unreadable.collect(),
            busy: busy.into_iter().map(|route| route.dead_letters).collect(),
            at: self.ports.clock.now(),
        })
    }
}

/// Goes on when the client is gone: what is held would stay hidden for a minute.
pub(super) async fn undropped<T: Send + 'static>(
    work: impl Future<Output = Result<T, Fault>> + Send + 'static,
) -> Result<T, Fault> {
    let ended = tokio::spawn(work).await;
    ended.unwrap_or_else(|error| Err(Fault::new(FaultKind::Transient, "ops.DeadLetters", error)))
}

fn group(group: Group) -> LetterGroup {
    let Group { cause, count, first_seen, last_seen, example } = group;
    LetterGroup {
        queue: cause.queue,
        reason: cause.reason,
        consumer: cause.consumer,
        event_type: cause.event_type,
        error: cause.error,
        count,
        first_seen,
        last_seen,
        example,
    }
}

fn queue_of(route: &Route, sample: &Sample) -> LetterQueue {
    LetterQueue {
        queue: route.dead_letters.clone(),
        target: target(&route.target),
        letters: sample.depth,
        seen: sample.letters.len(),
        complete: sample.complete,
    }
}

/// A letter without its body.
fn covered(route: &Route, letter: &shotengai_dead_letters::Letter) -> Letter {
    let trace = letter.facts.trace.as_deref().or_else(|| letter.attributes.get(TRACEPARENT).map(String::as_str));
    let lost = route.target.is_stream().then(|| record(letter).err()).flatten();
    Letter {
        id: letter.message_id.clone(),
        reason: letter.facts.reason.clone(),
        error: letter.covered_error().into_owned(),
        cause: letter.cause(),
        consumer: letter.facts.consumer.clone(),
        attempts: letter.facts.attempts,
        event_type: letter.event_type().map(str::to_owned),
        subject: letter.subject().map(str::to_owned),
        version: letter.heading.as_ref().map(|heading| heading.version),
        order_id: order_in(&letter.body),
        trace_id: trace.and_then(trace_id),
        first_received_at: letter.facts.first_seen,
        sent_at: letter.sent_at,
        redriven: letter.redriven.as_ref().map_or(0, |redriven| redriven.count),
        redriven_by: letter.redriven.as_ref().map(|redriven| redriven.run),
        body_bytes: letter.body.len(),
        not_redrivable: lost.map(|error| error.to_string()),
    }
}

/// The trace's id of a W3C `traceparent`, or a text that is one.
fn trace_id(text: &str) -> Option<String> {
    let is_id = |part: &&str| part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('-').find(is_id).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_known_by_its_id() {
        let id = "7bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{id}-00f067aa0ba902b7-01")).as_deref(), Some(id));
        assert_eq!(trace_id(id).as_deref(), Some(id));
        assert_eq!(trace_id("none"), None);
    }
}
