//! The figures of money, counted when what the provider answered is committed. [`DEFINITIONS`] lists them.
//!
//! Money is counted in the major unit of its currency (yen, dollars), as a decimal fraction may have it: sums are good to
//! look at, and no book-keeping.

use shotengai_contracts::Event;
use shotengai_contracts::events::DeclineStage;
use shotengai_kernel::{Currency, Money};
use shotengai_metrics::{AmountCounter, Counter, Definition, Label};

const CURRENCY: Label = Label::each("currency", "currency (ISO 4217) that prices had");

/// Payments, by what became of them.
static PAYMENTS: Counter<1> = Counter::new(
    "shop.payments",
    "{payment}",
    "Payments, by what became of them; a payment passes several, and a refund by the shop counts each time",
    &[Label::of("outcome", &OUTCOMES)],
);

const OUTCOMES: [&str; 8] =
    ["authorized", "declined", "captured", "capture_refused", "voided", "refunded", "refund_paid", "refund_declined"];

/// Money that was captured.
static REVENUE: AmountCounter<1> = AmountCounter::new(
    "shop.revenue",
    "{currency}",
    "Money that was captured, in the major unit of its currency; never add up over currencies",
    &[CURRENCY],
);

/// Money that went back.
static REFUNDS: AmountCounter<1> = AmountCounter::new(
    "shop.refunds",
    "{currency}",
    "Money that went back after it was captured, in the major unit of its currency",
    &[CURRENCY],
);

/// All of them.
pub static DEFINITIONS: [&Definition; 3] = [PAYMENTS.definition(), REVENUE.definition(), REFUNDS.definition()];

/// Shows all series before there is anything to count.
pub(crate) fn show(currency: Currency) {
    for outcome in OUTCOMES {
        PAYMENTS.add(0, [outcome.into()]);
    }
    for amounts in [&REVENUE, &REFUNDS] {
        amounts.add(0.0, [currency.code().into()]);
    }
}

/// Counts what an event that was committed says.
pub(crate) fn count(event: &Event) {
    let outcome = match event {
        Event::PaymentAuthorized(_) => "authorized",
        Event::PaymentDeclined(declined) => match declined.stage {
            DeclineStage::Authorization => "declined",
            DeclineStage::Capture => "capture_refused",
        },
        Event::PaymentCaptured(captured) => {
            add(&REVENUE, captured.amount);
            "captured"
        }
        Event::PaymentVoided(_) => "voided",
        Event::PaymentRefunded(refunded) => {
            add(&REFUNDS, refunded.amount);
            "refunded"
        }
        Event::ShopRefundPaid(refunded) => {
            add(&REFUNDS, refunded.amount);
            "refund_paid"
        }
        Event::ShopRefundDeclined(_) => "refund_declined",
        _ => return,
    };
    PAYMENTS.add(1, [outcome.into()]);
}

fn add(amounts: &AmountCounter<1>, money: Money) {
    let major = money.to_major_number().as_f64().unwrap_or_default();
    amounts.add(major, [money.currency().code().into()]);
}
