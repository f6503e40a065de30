//! Public keys of access tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
