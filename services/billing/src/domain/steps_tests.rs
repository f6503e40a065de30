//! Workers that handle the same payment at the same time, interleaved between any two of their steps, and crashing.

use proptest::prelude::*;
use shotengai_contracts::BillingEvent;
use shotengai_contracts::payment::PaymentToken;
use shotengai_kernel::{Currency, Money, OrderId, PaymentId};
use shotengai_messaging::Aggregate;

use super::{Instruction, Means, Payment, ShopRefunds, Step, conclude, next};
use crate::provider::{Answer, Charge, Operation, PaymentRecord};

/// World that all workers share: the payment's events, appended at the version they were decided on, and the provider's book.
#[derive(Default)]
pub(super) struct World {
    pub(super) events: Vec<BillingEvent>,
    pub(super) record: PaymentRecord,
}

impl World {
    pub(super) fn payment(&self) -> Payment {
        let mut payment = Payment::default();
        self.events.iter().for_each(|event| payment.apply(event).unwrap());
        payment
    }

    fn append(&mut self, decided_at: usize, event: BillingEvent) {
        if decided_at == self.events.len() {
            self.events.push(event);
        }
    }

    fn ask(&mut self, step: &Step) -> Answer {
        let (Step::Call(call) | Step::Close(call) | Step::CloseAndRecord(call, _)) = step else { panic!("no call") };
        let charge = Charge { payment: payment_id(), amount: call.amount, refund: call.refund };
        self.record.ask(call.operation, &charge, call.token.as_ref().map(PaymentToken::expose)).0
    }
}

enum Phase {
    Ready,
    Decided(usize, Step),
    Answered(usize, Step, Answer),
    Settled,
}

struct Worker {
    instruction: Instruction,
    phase: Phase,
}

impl Worker {
    fn crash(&mut self) {
        if !matches!(self.phase, Phase::Settled) {
            self.phase = Phase::Ready;
        }
    }

    fn advance(&mut self, world: &mut World) {
        let phase = std::mem::replace(&mut self.phase, Phase::Ready);
        self.phase = match phase {
            Phase::Ready => match next(&payment_id(), &world.payment(), &self.instruction) {
                Step::Finished => Phase::Settled,
                Step::NotYet => Phase::Ready,
                step => Phase::Decided(world.events.len(), step),
            },
            Phase::Decided(version, Step::Record(event)) => {
                world.append(version, event);
                Phase::Ready
            }
            Phase::Decided(version, step) => {
                let answer = world.ask(&step);
                Phase::Answered(version, step, answer)
            }
            Phase::Answered(version, Step::Call(call), answer) => {
                world.append(
                    version,
                    conclude(&payment_id(), &call, answer).expect("the ledger gives back what it has"),
                );
                Phase::Ready
            }
            Phase::Answered(version, Step::CloseAndRecord(_, event), _) => {
                world.append(version, event);
                Phase::Ready
            }
            Phase::Answered(..) | Phase::Settled => Phase::Settled,
        };
    }
}

pub(super) fn payment_id() -> PaymentId {
    PaymentId::of_order(&OrderId::parse("ord_1").unwrap())
}

pub(super) fn amount() -> Money {
    Money::from_minor(400, Currency::JPY).unwrap()
}

pub(super) fn run(instructions: Vec<Instruction>, schedule: &[(usize, bool)]) -> World {
    let mut world = World::default();
    let mut workers: Vec<Worker> =
        instructions.into_iter().map(|instruction| Worker { instruction, phase: Phase::Ready }).collect();
    for (pick, crashes) in schedule {
        let index = pick % workers.len();
        if *crashes { workers[index].crash() } else { workers[index].advance(&mut world) }
    }
    for _ in 0..100 {
        workers.iter_mut().for_each(|worker| worker.advance(&mut world));
    }
    assert!(workers.iter().all(|worker| matches!(worker.phase, Phase::Settled)), "every message is settled");
    world
}

pub(super) fn placed(token: Option<&str>) -> Instruction {
    let means = token.map_or(Means::Unnamed, |token| Means::Token(PaymentToken::parse(token).unwrap()));
    Instruction::Authorize { amount: amount(), means }
}

/// An order whose intent is gone.
fn lost() -> Instruction {
    Instruction::Authorize { amount: amount(), means: Means::Missing }
}

fn cancelled() -> Instruction {
    Instruction::LetGo { amount: amount(), refunds: Vec::new() }
}

fn shuffled(tokens: Vec<Option<&'static str>>, cancel: bool) -> impl Strategy<Value = Vec<Instruction>> {
    (prop::sample::select(tokens), 1..3_usize, 1..3_usize, 1..3_usize)
        .prop_map(move |(token, places, confirms, cancels)| {
            let mut all = vec![placed(token); places];
            all.extend(vec![Instruction::Capture; confirms]);
            all.extend(vec![cancelled(); if cancel { cancels } else { 0 }]);
            all
        })
        .prop_shuffle()
}

pub(super) fn schedule() -> impl Strategy<Value = Vec<(usize, bool)>> {
    prop::collection::vec((0..6_usize, prop::bool::weighted(0.1)), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_cancelled_order_costs_nothing_in_any_interleaving(
        instructions in shuffled(vec![None, Some("tok_declined"), Some("tok_capture_declined")], true),
        schedule in schedule(),
    ) {
        let world = run(instructions, &schedule);
        let did = |operation| world.record.did(operation);
        prop_assert!(!(did(Operation::Capture) && did(Operation::Void)), "one net outcome");
        prop_assert_eq!(did(Operation::Capture), did(Operation::Refund), "what was taken went back");
        prop_assert_eq!(
            did(Operation::Authorize),
            did(Operation::Void) || did(Operation::Capture),
            "nothing is still held"
        );
        let end = world.payment();
        prop_assert!(
            matches!(end, Payment::Declined | Payment::Voided | Payment::Forestalled | Payment::Refunded),
            "{:?}", end
        );
        prop_assert_eq!(end == Payment::Refunded, did(Operation::Refund), "events and provider agree");
    }

    #[test]
    fn an_order_whose_intent_is_gone_is_declined_and_costs_nothing_in_any_interleaving(
        mut instructions in prop::collection::vec(prop::sample::select(vec![lost(), Instruction::Capture]), 0..4),
        cancels in any::<bool>(),
        schedule in schedule(),
    ) {
        instructions.push(lost());
        instructions.extend(cancels.then(cancelled));
        let world = run(instructions, &schedule);
        prop_assert!(!world.record.did(Operation::Authorize));
        let end = world.payment();
        prop_assert!(end == Payment::Declined || cancels && end == Payment::Forestalled, "{:?}", end);
    }

    #[test]
    fn an_intent_that_expires_while_workers_are_at_it_leaves_nothing_held(
        instructions in Just(vec![placed(None), lost(), Instruction::Capture, lost(), cancelled()]).prop_shuffle(),
        schedule in schedule(),
    ) {
        let world = run(instructions, &schedule);
        let did = |operation| world.record.did(operation);
        prop_assert_eq!(did(Operation::Capture), did(Operation::Refund), "what was taken went back");
        prop_assert_eq!(did(Operation::Authorize), did(Operation::Void) || did(Operation::Capture), "nothing is held");
    }

    #[test]
    fn an_order_is_charged_once_in_any_interleaving(
        instructions in shuffled(vec![None], false),
        schedule in schedule(),
    ) {
        let world = run(instructions, &schedule);
        prop_assert_eq!(world.payment(), Payment::Captured { amount: amount(), refunds: ShopRefunds::default() });
        prop_assert_eq!(world.events.len(), 3);
        let operations: Vec<_> = world.record.entries.iter().map(|entry| entry.operation).collect();
        prop_assert_eq!(operations, vec![Operation::Authorize, Operation::Capture]);
    }
}

#[test]
fn a_cancel_that_comes_first_keeps_the_order_from_being_charged() {
    let world = run(vec![cancelled(), placed(None)], &[(0, false), (0, false), (0, false), (0, false)]);
    assert_eq!(world.payment(), Payment::Forestalled);
    assert!(!world.record.did(Operation::Authorize));
}

#[test]
fn a_hold_that_comes_while_the_order_is_cancelled_is_given_up() {
    // The order's worker has its answer; the cancelling one writes the tombstone first, then voids.
    let world = run(vec![placed(None), cancelled()], &[(0, false), (0, false), (1, false), (1, false), (0, false)]);
    assert_eq!(world.payment(), Payment::Forestalled);
    assert!(world.record.did(Operation::Authorize) && world.record.did(Operation::Void));
}

#[test]
fn a_refused_capture_is_voided_when_the_order_is_cancelled() {
    let world = run(vec![placed(Some("tok_capture_declined")), Instruction::Capture], &[]);
    assert_eq!(world.payment(), Payment::CaptureRefused { amount: amount() });
    let world = run(vec![placed(Some("tok_capture_declined")), Instruction::Capture, cancelled()], &[]);
    assert!(!world.record.did(Operation::Capture));
    assert_eq!(world.record.did(Operation::Authorize), world.record.did(Operation::Void));
}
