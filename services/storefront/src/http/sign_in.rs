//! Registering and signing in.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use actix_web::{HttpRequest, web};
use jiff::SignedDuration;
use shotengai_contracts::api::accounts::{
    ALREADY_REGISTERED, AccessToken, INVALID_EMAIL, LogIn, OpenGuest, Register, UNSAFE_PASSWORD,
};
use shotengai_contracts::api::parameter::DEVICE;
use shotengai_contracts::api::shared::INVALID_TEXT;
use shotengai_gateway::ClientAddress;
use shotengai_gateway::admission::too_many;
use shotengai_kernel::UserId;
use shotengai_runtime::http::{Answer, Reply};
use shotengai_runtime::{Claims, JsonBody, Problem};

use super::{AccountDesk, cookies, sessions, unsigned};
use crate::accounts::SignInError;
use crate::domain::{Email, Language, NewPassword, Person, PersonName, preferred};
use crate::even::Even;
use crate::passwords::Busy;
use crate::registration::{self, RegisterError, Wish};
use crate::users::Standing;
use crate::{guest, tokens};

/// In how many seconds somebody may come back for whom there was no turn.
const COME_BACK: u32 = 3;
/// How long a device is known that has signed in.
const DEVICE_KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(super) async fn open_guest(
    request: HttpRequest,
    desk: web::Data<AccountDesk>,
    body: JsonBody<OpenGuest>,
) -> Answer<AccessToken> {
    let OpenGuest { email, language } = body.value;
    let email = email.as_deref().map(read_email).transpose()?;
    let language = language.unwrap_or_else(|| language_of(&request));
    let id = guest::open(&desk.accounts.users, &desk.ports, email, language).await?;
    let token = tokens::of_guest(&desk.tokens, id).map_err(|error| unsigned(&error))?;
    Ok(Reply::created(token))
}

/// Answers alike whether or not the address has an account, and as late.
pub(super) async fn register(
    request: HttpRequest,
    bearer: Result<Claims, Problem>,
    desk: web::Data<AccountDesk>,
    body: JsonBody<Register>,
) -> Answer<()> {
    let even = Even::from_now();
    let Register { email, password, name, language } = body.value;
    let email = read_email(&email)?;
    let name = name.as_deref().map(PersonName::parse).transpose();
    let name = name.map_err(|error| Problem::of(&INVALID_TEXT).detail(format!("name {error}")).pointer("/name"))?;
    let password = NewPassword::parse(password.into_secret(), &email)
        .map_err(|error| Problem::of(&UNSAFE_PASSWORD).detail(format!("the password {error}")).pointer("/password"))?;
    let guest = guest_of(&request, bearer, &desk).await?;
    let (person, preferred) = (Person { email, name }, language_of(&request));
    let wish = Wish { person, password, language, preferred, guest };
    match registration::register(&desk.accounts, &desk.ports, wish).await {
        Ok(()) => {}
        Err(RegisterError::Busy(Busy)) => return Err(busy(Busy.into())),
        Err(RegisterError::Unhashed) => return Err(unhashed()),
        Err(RegisterError::Fault(fault)) => return Err(fault.into()),
    }
    even.wait().await;
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

pub(super) async fn login(
    request: HttpRequest,
    desk: web::Data<AccountDesk>,
    body: JsonBody<LogIn>,
) -> Answer<AccessToken> {
    let even = Even::from_now();
    let LogIn { email, password } = body.value;
    let device = cookies::read(&request, DEVICE.name);
    let attempt = desk.guessing.attempt(&email, ClientAddress::of(&request), device.as_deref()).map_err(too_many)?;
    let holder = desk.accounts.sign_in(&email, password.into_secret()).await.map_err(|error| {
        desk.guessing.give_back(&attempt);
        busy(error)
    })?;
    let Some(holder) = holder else {
        even.wait().await;
        // Not which of the two: that would tell who has an account.
        return Err(Problem::unauthorized("the e-mail address or the password is wrong"));
    };
    desk.guessing.give_back(&attempt);
    let issued = desk.sessions.begin(&holder).await?;
    let reply = sessions::answer(&desk, holder, &issued)?;
    Ok(match desk.guessing.device(&attempt) {
        Some(device) => reply.sets_cookie(cookies::kept(DEVICE.name, &device, DEVICE_KEPT)),
        None => reply,
    })
}

pub(super) fn busy(error: SignInError) -> Problem {
    match error {
        SignInError::Busy(_) => Problem::unavailable(COME_BACK),
        SignInError::Fault(fault) => fault.into(),
    }
}

pub(super) fn unhashed() -> Problem {
    tracing::error!("a password can't be hashed");
    Problem::internal()
}

/// The guest who asks, and their account. A token that is no good is refused: whoever sends one means to keep what is theirs.
async fn guest_of(
    request: &HttpRequest,
    bearer: Result<Claims, Problem>,
    desk: &AccountDesk,
) -> Result<Option<(UserId, Standing)>, Problem> {
    if !request.headers().contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let claims = bearer?;
    if desk.accounts.administrator.account(&claims.sub).is_some() {
        return Err(Problem::of(&ALREADY_REGISTERED));
    }
    let standing = desk.accounts.users.standing(&claims.sub).await?;
    // An account that was erased does not come back.
    let standing =
        standing.ok_or_else(|| Problem::unauthorized("the account of this access token is no longer there"))?;
    if standing.account.guest { Ok(Some((claims.sub, standing))) } else { Err(Problem::of(&ALREADY_REGISTERED)) }
}

fn read_email(text: &str) -> Result<Email, Problem> {
    Email::parse(text).map_err(|error| Problem::of(&INVALID_EMAIL).detail(format!("email {error}")).pointer("/email"))
}

fn language_of(request: &HttpRequest) -> Language {
    let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    preferred(header.unwrap_or_default())
}
