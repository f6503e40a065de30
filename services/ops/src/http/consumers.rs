//! Pausing consumers.

use actix_web::web;
use shotengai_contracts::api::ops::QueueName;
use shotengai_contracts::api::ops::consumers::{Consumer, PauseConsumer};
use shotengai_contracts::api::ops::records::Action;
use shotengai_contracts::api::ops::street::Pause;
use shotengai_kernel::UserId;
use shotengai_messaging::pauses::{Paused, set_paused};
use shotengai_runtime::http::{Answer, Reply};
use shotengai_runtime::{AdminCaller, JsonBody, PathId, Problem};

use super::Desk;
use crate::records::Deed;
use crate::runs::wish::reason;
use crate::street::consumer_of;

pub(super) async fn pause(
    AdminCaller(caller): AdminCaller,
    queue: PathId<QueueName>,
    body: JsonBody<PauseConsumer>,
    desk: web::Data<Desk>,
) -> Answer<Consumer> {
    let reason = reason(&body.value.reason)?;
    let queue = queue.into_inner();
    let known: Vec<_> = desk.installation.consumed_queues().map(|queue| queue.name).collect();
    if !known.contains(&queue.as_str()) {
        return Err(Problem::not_found(format!("no consumer has that queue, only those of {}", known.join(", "))));
    }
    let (by, since) = (caller.user_id, desk.ports.clock.now());
    let wanted = body.value.paused.then(|| Paused { by: by.to_string(), reason: reason.clone(), since });
    let action = if wanted.is_some() { Action::Pause } else { Action::Resume };
    desk.records.write(Deed { by, action, queue: queue.clone(), letter: None, run: None, reason }).await?;
    let paused = set_paused(desk.pauses.as_ref(), queue.as_str(), wanted).await?;
    let consumer = consumer_of(queue.as_str()).to_owned();
    Ok(Reply::ok(Consumer { queue, consumer, paused: paused.as_ref().and_then(shown) }))
}

/// A pause as it is shown; none whose author is none of ours.
pub(crate) fn shown(paused: &Paused) -> Option<Pause> {
    let by = UserId::parse(&paused.by).ok()?;
    Some(Pause { by, reason: paused.reason.clone(), since: paused.since })
}
