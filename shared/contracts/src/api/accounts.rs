//! Signing in, and one's own account.

use std::fmt;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use shotengai_kernel::UserId;

use super::parameter::ACCEPT_LANGUAGE;
use super::route::Success;
use super::{Anyone, Customer, ProblemType, RateLimit, Route, shared};
use crate::topology::Service;

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

/// Signs an administrator in.
pub const LOG_IN: Route<Anyone, (), LogIn, AccessToken> = Route::post("/auth/login", ROLE, "logIn")
    .about(TAG, "Sign in as the administrator", "The token lives for an hour.")
    .answers(&[Success { status: 200, meaning: "Send the token with every request." }])
    .cached(NO_STORE)
    .counts_as(RateLimit::SignIns)
    .refuses(&[&shared::UNAUTHORIZED]);

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

/// An address and its password.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "email": "admin@shotengai.example", "password": "shotengai" }]))]
pub struct LogIn {
    /// The administrator's address.
    pub email: String,
    /// The password.
    pub password: Password,
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

/// Public keys (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeySet {
    /// Each of them.
    pub keys: Vec<PublicKey>,
}

/// A public key: Ed25519 (RFC 8037) or P-256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicKey {
    /// `sig`.
    pub r#use: String,
    /// The algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub alg: Option<String>,
    /// Its name in a token's head.
    pub kid: String,
    /// The kind of key.
    pub kty: String,
    /// The curve.
    pub crv: String,
    /// The first coordinate.
    pub x: String,
    /// The second coordinate, where the curve has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub y: Option<String>,
}

/// 422: `invalid-email`.
pub const INVALID_EMAIL: ProblemType = ProblemType {
    slug: "invalid-email",
    status: 422,
    title: "Not an e-mail address",
    meaning: "Mail can't be sent to this e-mail address.",
    cure: "Send one such as name@example.com, or leave it out.",
};
