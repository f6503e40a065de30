//! Rehearsals of letters: what each would do.

use actix_web::web;
use futures::future::join_all;
use shotengai_contracts::api::ops::rehearsals::{MAX_REHEARSED, Rehearse, Rehearsed};
use shotengai_contracts::api::ops::runs::NO_SUCH_LETTERS;
use shotengai_contracts::api::shared::OUT_OF_RANGE;
use shotengai_dead_letters::route;
use shotengai_runtime::http::{Answer, Reply};
use shotengai_runtime::{AdminCaller, JsonBody, Problem};

use super::Desk;
use super::letters::{LOOKED_THROUGH, undropped};
use crate::rehearse::rehearse;

pub(super) async fn rehearsal(_: AdminCaller, body: JsonBody<Rehearse>, desk: web::Data<Desk>) -> Answer<Rehearsed> {
    let Rehearse { queue, letters } = body.value;
    if letters.is_empty() || letters.len() > MAX_REHEARSED {
        let detail = format!("letters must name 1 to {MAX_REHEARSED}");
        return Err(Problem::of(&OUT_OF_RANGE).detail(detail).pointer("/letters"));
    }
    let nothing_such = |error| Problem::of(&NO_SUCH_LETTERS).detail(format!("{error}")).pointer("/queue");
    let route = route(&desk.installation, queue.as_str()).map_err(nothing_such)?;
    desk.runs.free(&route.dead_letters)?;
    let opened = desk.open(&route);
    let sample = undropped(async move { opened.sample(LOOKED_THROUGH).await }).await?;
    // What is its own dead letters has records, and no consumer.
    let consumed = desk.installation.consumed_queues().find(|queue| queue.dead_letters() == route.dead_letters);
    let each = letters.into_iter().map(|id| {
        let letter = sample.letters.iter().find(|letter| letter.message_id == id.as_str());
        rehearse(desk.stage.as_ref(), &desk.infra, consumed, id, letter)
    });
    Ok(Reply::ok(Rehearsed { queue, items: join_all(each).await }))
}
