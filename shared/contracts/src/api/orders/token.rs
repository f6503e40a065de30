//! The customer's means of payment, as the payment provider names it.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A payment provider's token: 1 to 128 letters, digits, `-`, `_` or `.`. Never a card number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PaymentToken(String);

/// Why a text is not a token. Says nothing of the text: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentTokenError {
    /// Wrong characters or length.
    #[error("must be 1 to 128 letters, digits, '-', '_' or '.'")]
    Shape,
    /// Digits and separators only, as many as a card has.
    #[error("must be the payment provider's token, never a card number")]
    CardNumber,
}

impl PaymentToken {
    /// Reads a token.
    ///
    /// # Errors
    /// [`PaymentTokenError`].
    pub fn parse(text: &str) -> Result<Self, PaymentTokenError> {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let only_digits = text.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ' ');
        if only_digits && (12..=19).contains(&digits) {
            return Err(PaymentTokenError::CardNumber);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > 128 || !text.chars().all(plain) {
            return Err(PaymentTokenError::Shape);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it goes to billing.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<PaymentToken> for String {
    fn from(token: PaymentToken) -> Self {
        token.0
    }
}

impl JsonSchema for PaymentToken {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PaymentToken".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$" })
    }
}

impl TryFrom<String> for PaymentToken {
    type Error = PaymentTokenError;
    fn try_from(text: String) -> Result<Self, PaymentTokenError> {
        Self::parse(&text)
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_is_no_token() {
        for text in ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"] {
            assert_eq!(PaymentToken::parse(text), Err(PaymentTokenError::CardNumber), "{text}");
        }
    }

    #[test]
    fn a_token_has_plain_characters_and_never_prints() {
        let token = PaymentToken::parse("tok_declined").unwrap();
        assert_eq!(format!("{token:?}"), "PaymentToken(…)");
        for text in ["", "tok visa", "tok\n", &"x".repeat(129)] {
            assert_eq!(PaymentToken::parse(text), Err(PaymentTokenError::Shape), "{text:?}");
        }
    }
}
