//! Redrives and discards.

use actix_web::{HttpRequest, web};
use shotengai_contracts::api;
use shotengai_contracts::api::Page;
use shotengai_contracts::api::ops::runs::{Run, RunKind, StartRun};
use shotengai_runtime::http::{Answer, IdempotencyKey, Reply};
use shotengai_runtime::{AdminCaller, Caller, JsonBody, PathId, Problem};
use uuid::Uuid;

use super::{Desk, page};
use crate::runs::Asking;

pub(super) async fn redrive(
    AdminCaller(caller): AdminCaller,
    key: IdempotencyKey,
    body: JsonBody<StartRun>,
    desk: web::Data<Desk>,
) -> Answer<Run> {
    start(RunKind::Redrive, caller, key, &body.value, &desk).await
}

pub(super) async fn discard(
    AdminCaller(caller): AdminCaller,
    key: IdempotencyKey,
    body: JsonBody<StartRun>,
    desk: web::Data<Desk>,
) -> Answer<Run> {
    start(RunKind::Discard, caller, key, &body.value, &desk).await
}

async fn start(kind: RunKind, caller: Caller, key: IdempotencyKey, asked: &StartRun, desk: &Desk) -> Answer<Run> {
    let (by, key) = (caller.user_id, key.into_inner());
    let wish = desk.runs.wish(kind, asked)?;
    if asked.preview {
        // Nothing of it is kept: what is run for good will be there.
        return Ok(Reply::ok(desk.runs.preview(wish, by).await?).at(api::RUNS.spec().path));
    }
    let run = desk.runs.start(wish, Asking { by, key }).await?;
    let at = api::RUN.path_of(&run.id);
    Ok(Reply::accepted(run).at(at))
}

pub(super) async fn list(request: HttpRequest, _: AdminCaller, desk: web::Data<Desk>) -> Answer<Page<Run>> {
    let (after, limit) = page(&request)?;
    Ok(Reply::ok(desk.runs.newest(after.as_ref(), limit).await?))
}

pub(super) async fn one(_: AdminCaller, id: PathId<Uuid>, desk: web::Data<Desk>) -> Answer<Run> {
    let run = desk.runs.run(*id).await?;
    run.map(Reply::ok).ok_or_else(|| Problem::not_found("no such run"))
}
