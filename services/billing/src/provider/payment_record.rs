//! The rules of the built-in provider: one payment's page. Pure.

use serde::{Deserialize, Serialize};
use shotengai_kernel::{Currency, Money, PaymentId};

use super::{Answer, Operation};

/// The token whose authorization is declined.
const DECLINED: &str = "tok_declined";
/// The token whose capture is declined after its authorization was approved.
const CAPTURE_DECLINED: &str = "tok_capture_declined";
/// Totals from here on, in major units, are declined.
const LIMIT_MAJOR: i64 = 1_000_000;

/// One line of a payment's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Operation that was asked for.
    pub operation: Operation,
    /// How much.
    pub amount: Money,
    /// Answer that was given, and will be for ever.
    #[serde(flatten)]
    pub answer: Answer,
}

/// All that happened to one payment: each operation once, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRecord {
    /// The lines.
    pub entries: Vec<Entry>,
    /// Whether its means of payment refuses captures.
    #[serde(default)]
    refuses_capture: bool,
}

impl PaymentRecord {
    /// The answer to an operation, and whether it is a new line.
    pub fn ask(
        &mut self,
        payment: &PaymentId,
        operation: Operation,
        amount: Money,
        token: Option<&str>,
    ) -> (Answer, bool) {
        if let Some(entry) = self.entry(operation) {
            return (entry.answer.clone(), false);
        }
        if operation == Operation::Authorize {
            self.refuses_capture = token == Some(CAPTURE_DECLINED);
        }
        let answer = match self.refusal(operation, amount, token) {
            Some(reason) => Answer::Declined { reason: reason.to_owned() },
            None => Answer::Approved { reference: format!("ledger-{}-{}", payment.body(), operation.as_str()) },
        };
        self.entries.push(Entry { operation, amount, answer: answer.clone() });
        (answer, true)
    }

    /// The line of an operation.
    #[must_use]
    pub fn entry(&self, operation: Operation) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.operation == operation)
    }

    /// Whether an operation was done.
    #[must_use]
    pub fn did(&self, operation: Operation) -> bool {
        self.entry(operation).is_some_and(|entry| matches!(entry.answer, Answer::Approved { .. }))
    }

    fn refusal(&self, operation: Operation, amount: Money, token: Option<&str>) -> Option<&'static str> {
        match operation {
            Operation::Authorize if self.entry(Operation::Void).is_some() => Some("voided"),
            Operation::Authorize if token == Some(DECLINED) => Some("card_declined"),
            Operation::Authorize if amount.minor() >= limit(amount.currency()) => Some("amount_too_high"),
            Operation::Capture | Operation::Void if !self.did(Operation::Authorize) => Some("nothing_held"),
            Operation::Capture if self.did(Operation::Void) => Some("voided"),
            Operation::Capture if self.refuses_capture => Some("capture_declined"),
            Operation::Void if self.did(Operation::Capture) => Some("already_captured"),
            Operation::Refund if !self.did(Operation::Capture) => Some("nothing_captured"),
            _ => None,
        }
    }
}

fn limit(currency: Currency) -> i64 {
    LIMIT_MAJOR.saturating_mul(10_i64.saturating_pow(currency.decimals()))
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::OrderId;

    use super::*;

    fn ask(record: &mut PaymentRecord, operation: Operation, token: Option<&str>) -> bool {
        let payment = PaymentId::of_order(&OrderId::parse("ord_1").unwrap());
        let amount = Money::from_minor(400, Currency::JPY).unwrap();
        matches!(record.ask(&payment, operation, amount, token).0, Answer::Approved { .. })
    }

    #[test]
    fn a_payment_is_captured_or_voided_and_never_both() {
        for (first, second) in [(Operation::Capture, Operation::Void), (Operation::Void, Operation::Capture)] {
            let mut record = PaymentRecord::default();
            assert!(ask(&mut record, Operation::Authorize, None));
            assert!(ask(&mut record, first, None));
            assert!(!ask(&mut record, second, None));
            assert!(ask(&mut record, first, None), "a repeated operation has the recorded answer");
            assert_eq!(record.entries.len(), 3);
        }
    }

    #[test]
    fn only_what_was_captured_is_refunded() {
        let mut record = PaymentRecord::default();
        assert!(ask(&mut record, Operation::Authorize, None));
        assert!(!ask(&mut record, Operation::Refund, None));
    }

    #[test]
    fn a_void_that_comes_first_keeps_the_authorization_out() {
        let mut record = PaymentRecord::default();
        assert!(!ask(&mut record, Operation::Void, None));
        assert!(!ask(&mut record, Operation::Authorize, None));
        assert!(!ask(&mut record, Operation::Capture, None));
    }

    #[test]
    fn tokens_decide_what_is_declined() {
        assert!(!ask(&mut PaymentRecord::default(), Operation::Authorize, Some(DECLINED)));
        let mut record = PaymentRecord::default();
        assert!(ask(&mut record, Operation::Authorize, Some(CAPTURE_DECLINED)));
        assert!(!ask(&mut record, Operation::Capture, None));
        assert!(ask(&mut record, Operation::Void, None), "what could not be captured can be voided");
    }

    #[test]
    fn a_million_major_units_are_declined_in_any_currency() {
        let payment = PaymentId::of_order(&OrderId::parse("ord_1").unwrap());
        for (minor, code, approved) in
            [(999_999, "JPY", true), (1_000_000, "JPY", false), (99_999_999, "USD", true), (100_000_000, "USD", false)]
        {
            let amount = Money::from_minor(minor, Currency::parse(code).unwrap()).unwrap();
            let (answer, _) = PaymentRecord::default().ask(&payment, Operation::Authorize, amount, None);
            assert_eq!(matches!(answer, Answer::Approved { .. }), approved, "{amount}");
        }
    }
}
