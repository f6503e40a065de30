//! The routes: constants of which the role, the front door and the documents are made, and what answers them.

use actix_web::web::Data;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shotengai_contracts::api::shared::{IDEMPOTENCY_KEY_REUSED, INVALID_TEXT, OUT_OF_RANGE};
use shotengai_contracts::api::{Administrator, Customer, Route, parameter::IDEMPOTENCY_KEY};
use shotengai_kernel::UserId;
use shotengai_kernel::text::TextRule;
use shotengai_messaging::Key;
use shotengai_runtime::http::{AdminCaller, Answer, Caller, IdempotencyKey, JsonBody, PathId, Problem, Reply};

use crate::{ROLE, points::Points};

pub(crate) const GET_POINTS: Route<Customer, (), (), Balance> = Route::get("/loyalty/points", ROLE, "getPoints")
    .about("loyalty", "Your points", "What was paid counts within moments.")
    .cached("no-store");
pub(crate) const ADJUST_POINTS: Route<Administrator, UserId, Adjustment, Adjustment> =
    Route::post("/loyalty/points/{id}/adjustments", ROLE, "adjustPoints")
        .about("loyalty", "Give or take a customer's points", "Who has too few owes them. Any id is taken.")
        .reads(&[&IDEMPOTENCY_KEY])
        .refuses(&[&OUT_OF_RANGE, &INVALID_TEXT, &IDEMPOTENCY_KEY_REUSED]);

/// Points of a customer.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Balance {
    /// Points; below zero where more were taken than there were.
    points: i64,
}

/// Points that an administrator gives or takes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adjustment {
    /// How many; below zero they are taken.
    #[schemars(range(min = -1_000_000, max = 1_000_000))]
    points: i64,
    /// Why, in a line.
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

shotengai_contracts::moves_nothing!(Adjustment); // Points have no versions.

pub(crate) async fn get(caller: Caller, points: Data<Points>) -> Answer<Balance> {
    Ok(Reply::ok(Balance { points: points.of(&caller.user_id).await? }))
}

pub(crate) async fn adjust(
    AdminCaller(admin): AdminCaller,
    user: PathId<UserId>,
    key: IdempotencyKey,
    body: JsonBody<Adjustment>,
    points: Data<Points>,
) -> Answer<Adjustment> {
    let Adjustment { points: wanted, reason } = &body.value;
    if *wanted == 0 || !(-1_000_000..=1_000_000).contains(wanted) {
        return Err(Problem::of(&OUT_OF_RANGE).pointer("/points").detail("must be from -1000000 to 1000000, not 0"));
    }
    let unreadable = |error| Problem::of(&INVALID_TEXT).pointer("/reason").detail(format!("{error}"));
    let reason = TextRule::line(1, 200).check(reason).map_err(unreadable)?;
    // The same key of another administrator is another adjustment.
    let key = key.into_inner().unwrap_or_else(|| points.ports.ids.uuid_v7().to_string());
    let entry = Key::new(user.as_str(), format!("adjusted/{}/{key}", admin.user_id));
    let booked = points.book(entry, *wanted, reason).await?;
    if booked { Ok(Reply::ok(body.value)) } else { Err(Problem::of(&IDEMPOTENCY_KEY_REUSED)) }
}
