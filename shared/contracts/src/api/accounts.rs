//! Registering, signing in, and one's own account.

use std::fmt;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use shotengai_kernel::UserId;

use super::parameter::{ACCEPT_LANGUAGE, DEVICE, REFRESH_TOKEN};
use super::route::Success;
use super::{Anyone, Customer, ProblemType, RateLimit, Route, shared};

use crate::topology::Service;

mod keys;

pub use keys::{KeySet, PublicKey};

const ROLE: Service = Service::STOREFRONT;
const TAG: &str = "accounts";
const NO_STORE: &str = "no-store";

/// Opens a guest's account and signs them in.
pub const OPEN_GUEST: Route<Anyone, (), OpenGuest, AccessToken> = Route::post("/auth/guest", ROLE, "openGuest")
    .about(
        TAG,
        "Sign in as a guest",
        "Opens an account for somebody new. The token lives for a day and can't be renewed: who loses it loses the account.",
    )
    .answers(&[Success { status: 201, meaning: "The account is open; send the token with every request." }])
    .cached(NO_STORE)
    .reads(&[&ACCEPT_LANGUAGE])
    .counts_as(RateLimit::SignIns)
    .refuses(&[&INVALID_EMAIL]);

/// Registers an account: an address and a password by which a customer signs in.
pub const REGISTER: Route<Anyone, (), Register, ()> = Route::post("/auth/register", ROLE, "register")
    .about(
        TAG,
        "Register an account",
        "Sign in with `POST /auth/login` afterwards. The answer is the same whether or not the address has an account \
         already. With a guest's access token the guest's account becomes this one: its `user_id` and its orders stay.",
    )
    .answers(&[Success {
        status: 202,
        meaning: "The address has an account: this one, or the one that it had before.",
    }])
    .cached(NO_STORE)
    .reads(&[&ACCEPT_LANGUAGE])
    .counts_as(RateLimit::SignIns)
    .refuses(&[&INVALID_EMAIL, &UNSAFE_PASSWORD, &shared::INVALID_TEXT, &ALREADY_REGISTERED, &shared::UNAUTHORIZED]);

/// Signs a customer or the administrator in.
pub const LOG_IN: Route<Anyone, (), LogIn, AccessToken> = Route::post("/auth/login", ROLE, "logIn")
    .about(
        TAG,
        "Sign in",
        "As a customer who has registered, or as the administrator. The access token lives for ten minutes; the cookie \
        `refresh_token` renews it.",
    )
    .answers(&[Success { status: 200, meaning: "Send the token with every request." }])
    .cached(NO_STORE)
    .reads(&[&DEVICE])
    .counts_as(RateLimit::SignIns)
    .refuses(&[&shared::UNAUTHORIZED]);

/// Renews an access token.
pub const REFRESH: Route<Anyone, (), (), AccessToken> = Route::post("/auth/refresh", ROLE, "refresh")
    .about(
        TAG,
        "Renew an access token",
        "By the cookie `refresh_token`, which is good once and is replaced. One that comes back later than ten seconds after \
         it was used ends the session: somebody has a copy.",
    )
    .answers(&[Success { status: 200, meaning: "Send the token with every request." }])
    .cached(NO_STORE)
    .reads(&[&REFRESH_TOKEN])
    .counts_as(RateLimit::SignIns)
    .refuses(&[&shared::UNAUTHORIZED]);

/// Ends a session.
pub const LOG_OUT: Route<Anyone, (), (), ()> = Route::post("/auth/logout", ROLE, "logOut")
    .about(
        TAG,
        "Sign out",
        "The session of the cookie `refresh_token` is over. Access tokens live on for ten minutes at the most.",
    )
    .answers(&[Success { status: 204, meaning: "The session is over, if there was one." }])
    .cached(NO_STORE)
    .reads(&[&REFRESH_TOKEN])
    .counts_as(RateLimit::SignIns);

/// Sets a new password in place of the one that an account has.
pub const CHANGE_PASSWORD: Route<Customer, (), ChangePassword, AccessToken> = Route::post(
    "/auth/password",
    ROLE,
    "changePassword",
)
.about(
    TAG,
    "Change one's password",
    "All sessions of the account are over; the answer begins a new one. Access tokens that were handed out before live \
             on for ten minutes at the most.",
)
.answers(&[Success { status: 200, meaning: "The new password holds. Send the token with every request." }])
.cached(NO_STORE)
.reads(&[&DEVICE])
.counts_as(RateLimit::SignIns)
.refuses(&[&UNSAFE_PASSWORD, &WRONG_PASSWORD, &NO_PASSWORD, &shared::NOT_FOUND]);

/// Says who the caller is.
pub const GET_ME: Route<Customer, (), (), Me> = Route::get("/auth/me", ROLE, "getMe")
    .about(TAG, "One's own account", "")
    .cached(NO_STORE)
    .refuses(&[&shared::NOT_FOUND]);

/// The public keys of access tokens.
pub const KEYS: Route<Anyone, (), (), KeySet> = Route::get("/.well-known/jwks.json", ROLE, "getKeys")
    .about(TAG, "The keys that access tokens are signed with", "A JSON Web Key Set (RFC 7517).")
    .cached("public, max-age=300");

/// A person's language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Japanese, the street's own.
    #[default]
    Ja,
    /// English.
    En,
}

impl Language {
    /// Its tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccountRole {
    /// Buys.
    Customer,
    /// Keeps the shop.
    Administrator,
}

/// A guest's wishes; `{}` will do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "email": "mei@example.com", "language": "en" }, {}]))]
pub struct OpenGuest {
    /// Where mails about orders go; without it none are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "email"), length(max = 254))]
    pub email: Option<String>,
    /// What mails are written in; else what `Accept-Language` likes best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// A new account.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "email": "mei@example.com", "password": "kinoko and takenoko", "name": "Mei", "language": "en" }]))]
pub struct Register {
    /// Where mails go, and by what the account is known at sign-in.
    #[schemars(extend("format" = "email"), length(max = 254))]
    pub email: String,
    /// 8 to 128 characters, and none of those that everybody tries first.
    #[schemars(length(min = 8, max = 128))]
    pub password: Password,
    /// What mails call the person: up to 100 readable characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What mails are written in; else the guest's language, else what `Accept-Language` likes best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Register(…)")
    }
}

/// An address and its password.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "email": "admin@shotengai.example", "password": "shotengai" }]))]
pub struct LogIn {
    /// The account's address.
    pub email: String,
    /// The password.
    pub password: Password,
}

impl fmt::Debug for LogIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogIn(…)")
    }
}

/// A new password, and the one that it replaces.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "password": "kinoko and takenoko", "new_password": "takenoko and kinoko" }]))]
pub struct ChangePassword {
    /// The password that the account has.
    pub password: Password,
    /// 8 to 128 characters, and none of those that everybody tries first.
    #[schemars(length(min = 8, max = 128))]
    pub new_password: Password,
}

impl fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangePassword(…)")
    }
}

/// A password. Doesn't print; travels in the body that signs in, and nowhere else.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Password(#[schemars(with = "String")] SecretString);

impl Password {
    /// The password itself, still not to be printed.
    #[must_use]
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// An access token in a body. Doesn't print.
pub type Credential = Password;

/// An access token (RFC 6750).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "access_token": "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl", "token_type": "Bearer", "expires_in": 86400,
    "user_id": "usr_019acb5c36b4700088f1a1f7d7f2b0c4"
}]))]
pub struct AccessToken {
    /// Goes into `Authorization: Bearer <access_token>`.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Its lifetime in seconds.
    pub expires_in: u64,
    /// Whose it is.
    pub user_id: UserId,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(of {})", self.user_id)
    }
}

/// One's own account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "user_id": "usr_019acb5c36b4700088f1a1f7d7f2b0c4", "role": "customer", "guest": true, "email": "mei@example.com",
    "name": null, "language": "en"
}]))]
pub struct Me {
    /// Who.
    pub user_id: UserId,
    /// What the account may do.
    pub role: AccountRole,
    /// Without a password: who loses the token loses the account.
    pub guest: bool,
    /// Where mails go, if anywhere.
    pub email: Option<String>,
    /// What mails call the person, if known.
    pub name: Option<String>,
    /// What mails are written in.
    pub language: Language,
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Me({})", self.user_id)
    }
}

/// 422: `invalid-email`.
pub const INVALID_EMAIL: ProblemType = ProblemType {
    slug: "invalid-email",
    status: 422,
    title: "Not an e-mail address",
    meaning: "Mail can't be sent to this e-mail address.",
    cure: "Send one such as name@example.com, or leave it out.",
};

/// 422: `unsafe-password`.
pub const UNSAFE_PASSWORD: ProblemType = ProblemType {
    slug: "unsafe-password",
    status: 422,
    title: "Not a safe password",
    meaning: "The password is too short or too long, is the address, or is one of those that everybody tries first.",
    cure: "Choose 8 to 128 characters that nobody guesses, such as a few words.",
};

/// 422: `wrong-password`.
pub const WRONG_PASSWORD: ProblemType = ProblemType {
    slug: "wrong-password",
    status: 422,
    title: "Not the account's password",
    meaning: "The `password` that came along is not the one that the account has.",
    cure: "Send the password by which you sign in: the new one, if an earlier request got no answer. Tries are counted as at \
           sign-in.",
};

/// 409: `no-password`.
pub const NO_PASSWORD: ProblemType = ProblemType {
    slug: "no-password",
    status: 409,
    title: "The account has no password here",
    meaning: "A guest has none yet; the administrator's stands in the configuration; another issuer's customers have theirs \
              there.",
    cure: "Register as a guest with POST /auth/register; else change it where it is.",
};

/// 409: `already-registered`.
pub const ALREADY_REGISTERED: ProblemType = ProblemType {
    slug: "already-registered",
    status: 409,
    title: "You have an account",
    meaning: "The access token that came along is not a guest's: whoever has it has an account already.",
    cure: "Leave the token out to register another account.",
};
