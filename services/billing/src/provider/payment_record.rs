//! The rules of the built-in provider: one payment's page. Pure.

use serde::{Deserialize, Serialize};
use shotengai_kernel::{Currency, Money, RefundId};

use super::{Answer, Charge, Operation};

/// The token whose authorization is declined.
const DECLINED: &str = "tok_declined";
/// The token whose capture is declined after its authorization was approved.
const CAPTURE_DECLINED: &str = "tok_capture_declined";
/// The token whose refunds are declined after its capture was approved.
const REFUND_DECLINED: &str = "tok_refund_declined";
/// Totals from here on, in major units, are declined.
const LIMIT_MAJOR: i64 = 1_000_000;

/// One line of a payment's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Operation that was asked for.
    pub operation: Operation,
    /// The refund by the shop that it was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundId>,
    /// How much.
    pub amount: Money,
    /// Answer that was given, and will be for ever.
    #[serde(flatten)]
    pub answer: Answer,
}

impl Entry {
    const fn is_approved(&self) -> bool {
        matches!(self.answer, Answer::Approved { .. })
    }
}

/// All that happened to one payment: each operation once and each refund by the shop, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRecord {
    /// The lines.
    pub entries: Vec<Entry>,
    /// Whether its means of payment refuses captures.
    #[serde(default)]
    refuses_capture: bool,
    /// Whether its means of payment refuses refunds.
    #[serde(default)]
    refuses_refund: bool,
}

impl PaymentRecord {
    /// The answer to an operation, and whether it is a new line.
    pub fn ask(&mut self, operation: Operation, charge: &Charge, token: Option<&str>) -> (Answer, bool) {
        let same = |entry: &&Entry| entry.operation == operation && entry.refund == charge.refund;
        if let Some(entry) = self.entries.iter().find(same) {
            return (entry.answer.clone(), false);
        }
        if operation == Operation::Authorize {
            self.refuses_capture = token == Some(CAPTURE_DECLINED);
            self.refuses_refund = token == Some(REFUND_DECLINED);
        }
        let &Charge { ref payment, amount, refund } = charge;
        let answer = match self.refusal(operation, amount, token) {
            Some(reason) => Answer::Declined { reason: reason.to_owned() },
            None => {
                let which = refund.map(|refund| format!("-{}", refund.uuid().as_simple())).unwrap_or_default();
                Answer::Approved { reference: format!("ledger-{}-{}{which}", payment.body(), operation.as_str()) }
            }
        };
        self.entries.push(Entry { operation, refund, amount, answer: answer.clone() });
        (answer, true)
    }

    /// The line of an operation that is for no refund by the shop.
    #[must_use]
    pub fn entry(&self, operation: Operation) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.operation == operation && entry.refund.is_none())
    }

    /// Whether an operation was done.
    #[must_use]
    pub fn did(&self, operation: Operation) -> bool {
        self.entry(operation).is_some_and(Entry::is_approved)
    }

    /// Sum of what was captured and not given back, in minor units.
    #[must_use]
    pub fn taken(&self) -> i64 {
        let approved = self.entries.iter().filter(|entry| entry.is_approved());
        approved.fold(0, |sum, entry| match entry.operation {
            Operation::Capture => sum + entry.amount.minor(),
            Operation::Refund => sum - entry.amount.minor(),
            Operation::Authorize | Operation::Void => sum,
        })
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
            Operation::Refund if self.refuses_refund => Some("refund_declined"),
            Operation::Refund if amount.minor() > self.taken() => Some("more_than_captured"),
            _ => None,
        }
    }
}

fn limit(currency: Currency) -> i64 {
    LIMIT_MAJOR.saturating_mul(10_i64.saturating_pow(currency.decimals()))
}

#[cfg(test)]
mod tests {
    use shotengai_kernel::{OrderId, PaymentId};
    use uuid::Uuid;

    use super::*;

    fn charge(amount: Money, refund: Option<u128>) -> Charge {
        let payment = PaymentId::of_order(&OrderId::parse("ord_1").unwrap());
        Charge { payment, amount, refund: refund.map(|id| RefundId::new(Uuid::from_u128(id))) }
    }

    fn yen(amount: i64) -> Money {
        Money::from_minor(amount, Currency::JPY).unwrap()
    }

    fn ask(record: &mut PaymentRecord, operation: Operation, token: Option<&str>) -> bool {
        matches!(record.ask(operation, &charge(yen(400), None), token).0, Answer::Approved { .. })
    }

    fn give_back(record: &mut PaymentRecord, refund: Option<u128>, amount: i64) -> bool {
        matches!(record.ask(Operation::Refund, &charge(yen(amount), refund), None).0, Answer::Approved { .. })
    }

    #[test]
    fn refunds_are_done_once_each_and_never_more_than_was_captured() {
        let mut record = PaymentRecord::default();
        assert!(ask(&mut record, Operation::Authorize, None));
        assert!(!give_back(&mut record, Some(1), 100), "nothing was captured");
        assert!(ask(&mut record, Operation::Capture, None));
        assert!(!give_back(&mut record, Some(1), 100), "its answer stays what it was");
        assert!(give_back(&mut record, Some(2), 100));
        assert!(give_back(&mut record, Some(2), 100), "a repeated one has the recorded answer");
        assert_eq!(record.taken(), 300);
        assert!(!give_back(&mut record, Some(3), 301));
        assert!(give_back(&mut record, Some(4), 200));
        assert!(give_back(&mut record, None, 100), "the rest, of a cancelled order");
        assert_eq!(record.taken(), 0);
        assert!(!give_back(&mut record, Some(5), 1));
    }

    #[test]
    fn a_token_decides_that_refunds_are_declined() {
        let mut record = PaymentRecord::default();
        assert!(ask(&mut record, Operation::Authorize, Some(REFUND_DECLINED)));
        assert!(ask(&mut record, Operation::Capture, None));
        assert!(!give_back(&mut record, Some(1), 100));
        assert_eq!(record.taken(), 400);
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
        for (minor, code, approved) in
            [(999_999, "JPY", true), (1_000_000, "JPY", false), (99_999_999, "USD", true), (100_000_000, "USD", false)]
        {
            let amount = Money::from_minor(minor, Currency::parse(code).unwrap()).unwrap();
            let (answer, _) = PaymentRecord::default().ask(Operation::Authorize, &charge(amount, None), None);
            assert_eq!(matches!(answer, Answer::Approved { .. }), approved, "{amount}");
        }
    }
}
