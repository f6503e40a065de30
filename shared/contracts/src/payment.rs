//! Payment intents: the provider's token for an order's means of payment, on its way from order to billing beside the events.
//!
//! Events go to every subscriber, into dead letters and archives, and stay for ever; a token must not. Order puts a row into
//! the table `payment-intents` before it commits `OrderPlaced`, which only says that there is one; billing alone reads it,
//! when it authorizes.
//!
//! A row is found by order *and* request: of two requests with one key and different bodies one becomes the order, and its
//! event's fingerprint leads to its own token, whoever wrote last.

use std::borrow::Cow;
use std::fmt;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shotengai_kernel::OrderId;

use crate::envelope::Envelope;
use crate::events::OrderPlaced;
use crate::topology::tables;

/// How long a row is kept at least: for longer than `OrderPlaced` can wait in stream, queue and dead letters, and some days
/// for whoever redrives on the last of them.
pub const INTENT_KEPT_FOR: SignedDuration = tables::INTENTS.kept;

/// A payment provider's token: 1 to 128 letters, digits, `-`, `_` or `.`. Never a card number. Does not print.
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

    /// The token itself, for the provider alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PaymentToken {
    type Error = PaymentTokenError;
    fn try_from(text: String) -> Result<Self, PaymentTokenError> {
        Self::parse(&text)
    }
}

impl From<PaymentToken> for String {
    fn from(token: PaymentToken) -> Self {
        token.0
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken(…)")
    }
}

impl JsonSchema for PaymentToken {
    fn schema_name() -> Cow<'static, str> {
        "PaymentToken".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$" })
    }
}

/// Where an intent stands: an order's partition, a request's place in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IntentKey {
    /// The order.
    pub order_id: OrderId,
    /// `request_fingerprint` of the request that it came with.
    pub fingerprint: String,
}

impl IntentKey {
    /// Where the intent of a placed order stands.
    #[must_use]
    pub fn of(placed: &OrderPlaced) -> Self {
        Self { order_id: placed.order_id.clone(), fingerprint: placed.request_fingerprint.clone() }
    }
}

/// An intent as its row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentIntent {
    /// The token.
    pub payment_token: PaymentToken,
}

/// Where an order's token is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// The customer named no means of payment.
    Nowhere,
    /// In the row of this key.
    Intent(IntentKey),
    /// In the event itself, as orders were placed before events left it out.
    Event(PaymentToken),
}

impl TokenPlace {
    /// Where the token of a placed order is, by the event as it came and as it is read today.
    #[must_use]
    pub fn of(envelope: &Envelope, placed: &OrderPlaced) -> Self {
        let own = || envelope.data.get("payment_token").and_then(Value::as_str).map(PaymentToken::parse);
        match placed.has_payment_token {
            false => Self::Nowhere,
            // Where an event of the first version holds what is no token, there is no intent either: it is declined.
            true if envelope.dataversion == 1 => match own() {
                Some(Ok(token)) => Self::Event(token),
                _ => Self::Intent(IntentKey::of(placed)),
            },
            true => Self::Intent(IntentKey::of(placed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Event, EventType, samples};

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
        assert!(!format!("{:?}", PaymentIntent { payment_token: token }).contains("tok_"));
        for text in ["", "tok visa", "tok\n", &"x".repeat(129)] {
            assert_eq!(PaymentToken::parse(text), Err(PaymentTokenError::Shape), "{text:?}");
        }
    }

    fn place(version: u32, changes: &[(&str, Value)]) -> TokenPlace {
        let mut envelope = samples::envelope(EventType::OrderPlaced).unwrap();
        envelope.dataversion = version;
        for (field, value) in changes {
            envelope.data[*field] = value.clone();
        }
        let Event::OrderPlaced(placed) = envelope.event().unwrap() else { panic!("{envelope:?}") };
        TokenPlace::of(&envelope, &placed)
    }

    #[test]
    fn an_order_of_today_has_its_token_in_an_intent_and_one_of_before_in_its_event() {
        let Event::OrderPlaced(sample) = samples::event(EventType::OrderPlaced).unwrap() else { panic!() };
        let intent = TokenPlace::Intent(IntentKey::of(&sample));
        assert_eq!(place(2, &[("has_payment_token", json!(true))]), intent);
        assert_eq!(place(2, &[("has_payment_token", json!(false))]), TokenPlace::Nowhere);
        // What an event of today says beside that is no token.
        let both = [("has_payment_token", json!(true)), ("payment_token", json!("tok_visa"))];
        assert_eq!(place(2, &both), intent);
        let token = TokenPlace::Event(PaymentToken::parse("tok_visa").unwrap());
        assert_eq!(place(1, &[("payment_token", json!("tok_visa"))]), token);
        assert_eq!(place(1, &[("payment_token", json!(null))]), TokenPlace::Nowhere);
        assert_eq!(place(1, &[]), TokenPlace::Nowhere);
        assert_eq!(place(1, &[("payment_token", json!("tok visa"))]), intent);
    }
}
