//! Changing one's password.

use actix_web::{HttpRequest, web};
use shotengai_contracts::api::accounts::{AccessToken, ChangePassword, NO_PASSWORD, UNSAFE_PASSWORD, WRONG_PASSWORD};
use shotengai_contracts::api::parameter::DEVICE;
use shotengai_gateway::ClientAddress;
use shotengai_gateway::admission::too_many;
use shotengai_messaging::Fault;
use shotengai_runtime::http::Answer;
use shotengai_runtime::{Caller, JsonBody, Problem};

use super::sign_in::{busy, unhashed};
use super::{AccountDesk, cookies, sessions};
use crate::domain::{Email, NewPassword};
use crate::passwords::{Busy, HashError};

pub(super) async fn change(
    request: HttpRequest,
    caller: Caller,
    desk: web::Data<AccountDesk>,
    body: JsonBody<ChangePassword>,
) -> Answer<AccessToken> {
    let ChangePassword { password, new_password } = body.value;
    let email = with_password(&desk, &caller).await?;
    let new = NewPassword::parse(new_password.into_secret(), &email).map_err(|error| {
        Problem::of(&UNSAFE_PASSWORD).detail(format!("the password {error}")).pointer("/new_password")
    })?;
    let device = cookies::read(&request, DEVICE.name);
    let client = ClientAddress::of(&request);
    // Counted as a sign-in: who has found an open session must not guess here.
    let attempt = desk.guessing.attempt(email.expose(), client, device.as_deref()).map_err(too_many)?;
    let checked = desk.accounts.checked(&caller.user_id, password.into_secret()).await.map_err(|error| {
        desk.guessing.give_back(&attempt);
        busy(error)
    })?;
    let wrong = || Problem::of(&WRONG_PASSWORD).pointer("/password");
    let before = checked.ok_or_else(wrong)?;
    desk.guessing.give_back(&attempt);
    let hash = desk.accounts.passwords.hash(new.into_secret()).await.map_err(|error| match error {
        HashError::Busy(Busy) => busy(Busy.into()),
        HashError::Failed => unhashed(),
    })?;
    // Whoever changed it in between was asked for it, too.
    if !desk.accounts.users.change_password(&caller.user_id, &before, hash).await? {
        return Err(wrong());
    }
    // Sessions know by which password they began, so all others are over.
    let holder = desk.accounts.holder(caller.user_id).await.map_err(changed)?.ok_or_else(wrong)?;
    let issued = desk.sessions.begin(&holder).await.map_err(changed)?;
    sessions::answer(&desk, holder, &issued)
}

/// The address of the caller's account, which has to have its password in the table.
async fn with_password(desk: &AccountDesk, caller: &Caller) -> Result<Email, Problem> {
    let account = desk.accounts.get(&caller.user_id).await?;
    let account = account.ok_or_else(|| Problem::not_found("this account is no longer there"))?;
    let configured = caller.user_id == *desk.accounts.administrator.id();
    let email = account.email.filter(|_| !(configured || account.guest || account.subject.is_some()));
    email.ok_or_else(|| Problem::of(&NO_PASSWORD))
}

/// A fault once the new password holds: the same request again would find that the old one is wrong.
fn changed(fault: Fault) -> Problem {
    Problem::from(fault).detail("the new password holds, but no session could begin: sign in with POST /auth/login")
}
