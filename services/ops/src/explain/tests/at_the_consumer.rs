//! Causes from the queue on, and what nothing explains.

use super::*;

#[test]
fn a_dead_letter_comes_with_its_reason_and_what_would_be_in_its_way_next() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.letters.push(letter(&queues::BILLING, &facts.order[0], "exhausted"));
    gone(&mut seen, "billing");
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::DeadLetter, Certainty::Certain, MessagePlace::DeadLetters);
    assert_eq!((cause.reason.as_deref(), cause.why.as_deref()), (Some("exhausted"), Some("tried 40 times")));
    assert_eq!(kinds(&awaited)[1..], [(CauseKind::ConsumerAway, Certainty::Possible)]);
}

#[test]
fn a_letter_of_another_event_or_another_queue_explains_nothing() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.letters.push(letter(&queues::TALLY, &facts.order[0], "exhausted"));
    seen.letters.push(letter(&queues::BILLING, &facts.order[1], "exhausted"));
    assert_eq!(kinds(&only(&facts, &seen)), [(CauseKind::NotKnown, Certainty::Possible)]);
    // One that can't be read, but names the order, may be it.
    let mut unread = letter(&queues::BILLING, &facts.order[0], "bad_data");
    unread.event = None;
    seen.letters.push(unread);
    first(&only(&facts, &seen), CauseKind::DeadLetter, Certainty::Likely, MessagePlace::DeadLetters);
}

#[test]
fn a_paused_consumer_says_who_waits_since_when_and_how_it_goes_on() {
    let (facts, mut seen) = (waits_for_billing(), well());
    let by = UserId::parse("usr_administrator").unwrap();
    consumer(&mut seen, &queues::BILLING).paused =
        Some(Pause { by, reason: "the provider is moved".to_owned(), since: at(-30) });
    queue(&mut seen, &queues::BILLING).waiting = 1;
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::ConsumerPaused, Certainty::Certain, MessagePlace::Queue);
    assert_eq!((cause.since, cause.why.as_deref()), (at(-30), Some("the provider is moved")));
    assert!(cause.command.unwrap().contains("/ops/consumers/billing-queue\""));
    assert_eq!(kinds(&awaited)[1..], [(CauseKind::WaitsInQueue, Certainty::Possible)]);
}

#[test]
fn an_open_breaker_names_what_does_not_answer() {
    let (facts, mut seen) = (waits_for_billing(), well());
    consumer(&mut seen, &queues::BILLING).breaker_open = true;
    process(&mut seen, "billing").down.insert("billing/billing-ledger".to_owned(), "no answer".to_owned());
    let cause = first(&only(&facts, &seen), CauseKind::BreakerOpen, Certainty::Certain, MessagePlace::Queue);
    assert_eq!(cause.down["billing/billing-ledger"], "no answer");
}

#[test]
fn a_role_that_no_process_has_is_away_as_surely_as_all_processes_are_known() {
    let (facts, mut seen) = (waits_for_billing(), well());
    gone(&mut seen, "billing");
    let cause = first(&only(&facts, &seen), CauseKind::ConsumerAway, Certainty::Certain, MessagePlace::Queue);
    assert_eq!(cause.command.as_deref(), Some("shotengai serve billing"));
    // One that does not answer could be it.
    let silent = process(&mut seen, "tally");
    (silent.fault, silent.roles) = (Some("no answer".to_owned()), Vec::new());
    first(&only(&facts, &seen), CauseKind::ConsumerAway, Certainty::Likely, MessagePlace::Queue);
    // It may run where nobody has said.
    seen.all_processes = false;
    let awaited = only(&facts, &seen);
    let wanted = [(CauseKind::ConsumerAway, Certainty::Possible), (CauseKind::NotKnown, Certainty::Possible)];
    assert_eq!(kinds(&awaited), wanted);
}

#[test]
fn a_dependency_that_does_not_answer_is_named_before_the_breaker_opens() {
    let (facts, mut seen) = (waits_for_billing(), well());
    process(&mut seen, "billing").down.insert("billing/billing-events".to_owned(), "throttled".to_owned());
    first(&only(&facts, &seen), CauseKind::DependencyDown, Certainty::Likely, MessagePlace::Queue);
}

#[test]
fn a_queue_that_is_behind_has_it_among_others() {
    let (facts, mut seen) = (waits_for_billing(), well());
    queue(&mut seen, &queues::BILLING).waiting = 4_000;
    let cause = first(&only(&facts, &seen), CauseKind::WaitsInQueue, Certainty::Likely, MessagePlace::Queue);
    assert_eq!((cause.messages, cause.queue.as_deref()), (Some(4_000), Some("billing-queue")));
}

#[test]
fn a_message_in_hands_is_tried_again() {
    let (facts, mut seen) = (waits_for_billing(), well());
    queue(&mut seen, &queues::BILLING).in_flight = 1;
    first(&only(&facts, &seen), CauseKind::InFlight, Certainty::Likely, MessagePlace::Queue);
}

#[test]
fn a_payment_provider_that_was_asked_is_waited_for() {
    let (facts, mut seen) = (confirmed(&[(EventType::CaptureStarted, 7)]), well());
    queue(&mut seen, &queues::BILLING).in_flight = 1;
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::PaymentProvider, Certainty::Likely, MessagePlace::PaymentProvider);
    assert_eq!((awaited.deed, awaited.since, cause.since), (Deed::CapturePayment, at(7), at(7)));
    assert_eq!(awaited.message.event_type, "OrderConfirmed");
    // A moment after it was asked nothing is wrong.
    let now = std::mem::replace(&mut seen.street.at, at(8));
    first(&only(&facts, &seen), CauseKind::UnderWay, Certainty::Likely, MessagePlace::NotKnown);
    seen.street.at = now;
    // Where nothing is in the queue, nobody may ask again: its letter was discarded, say.
    queue(&mut seen, &queues::BILLING).in_flight = 0;
    let wanted = [(CauseKind::PaymentProvider, Certainty::Possible), (CauseKind::NotKnown, Certainty::Possible)];
    assert_eq!(kinds(&only(&facts, &seen)), wanted);
    queue(&mut seen, &queues::BILLING).in_flight = 1;
    // Where billing is gone, that comes first, and asking the provider again after it.
    gone(&mut seen, "billing");
    let awaited = only(&facts, &seen);
    first(&awaited, CauseKind::ConsumerAway, Certainty::Certain, MessagePlace::Queue);
    assert!(kinds(&awaited).contains(&(CauseKind::PaymentProvider, Certainty::Possible)), "{awaited:#?}");
}

#[test]
fn a_pending_order_of_which_nothing_is_on_its_way_waits_for_its_deadline() {
    let (facts, mut seen) = (waits_for_billing(), well());
    queue(&mut seen, &queues::ORDER_DEADLINE).delayed = 1;
    // Of how many orders there are reminders is known, not of which.
    let awaited = only(&facts, &seen);
    let wanted = [(CauseKind::Deadline, Certainty::Possible), (CauseKind::NotKnown, Certainty::Possible)];
    assert_eq!(kinds(&awaited), wanted);
    let cause = awaited.causes[0].clone();
    assert!(cause.command.unwrap().starts_with("shotengai republish --owner order "));
}

#[test]
fn an_order_that_is_confirmed_for_too_long_is_told_of_by_a_letter() {
    let (facts, mut seen) = (confirmed(&[]), well());
    seen.letters.push(letter(&queues::ORDER_DEADLINE, &facts.order[0], "not_captured"));
    let awaited = only(&facts, &seen);
    let wanted = [(CauseKind::Overdue, Certainty::Possible), (CauseKind::NotKnown, Certainty::Possible)];
    assert_eq!((kinds(&awaited), awaited.place), (wanted.to_vec(), MessagePlace::NotKnown));
    assert_eq!(awaited.causes[0].reason.as_deref(), Some("not_captured"));
}

#[test]
fn a_message_of_a_moment_ago_is_on_its_way() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.street.at = at(1);
    seen.marked.insert(placed(&facts));
    let awaited = only(&facts, &seen);
    let wanted = [(CauseKind::UnderWay, Certainty::Likely), (CauseKind::NotPublished, Certainty::Likely)];
    assert_eq!(kinds(&awaited), wanted);
}

#[test]
fn what_nothing_explains_is_not_known_and_what_could_not_be_asked_is_said() {
    let (facts, mut seen) = (waits_for_billing(), well());
    let awaited = only(&facts, &seen);
    first(&awaited, CauseKind::NotKnown, Certainty::Possible, MessagePlace::NotKnown);
    let part = |part: &str| Unknown { part: part.to_owned(), why: "no answer".to_owned() };
    seen.street.unknown.push(part("queues"));
    seen.unknown.push(part("dead letters"));
    let said: Vec<_> = told(&facts, &seen).unknown.into_iter().map(|unknown| unknown.part).collect();
    assert_eq!(said, ["queues", "dead letters"]);
}

#[test]
fn nobody_is_said_to_be_away_where_processes_could_not_be_asked() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.street.processes.clear();
    seen.street.consumers.clear();
    assert_eq!(kinds(&only(&facts, &seen)), [(CauseKind::NotKnown, Certainty::Possible)]);
}

#[test]
fn answers_wait_for_order_itself() {
    use EventType::{OrderPlaced, OrderStockSecured, PaymentAuthorized, StockReserved};
    let facts = facts(&[(OrderPlaced, 0), (OrderStockSecured, 2)], &[(StockReserved, 1)], &[(PaymentAuthorized, 3)]);
    let mut seen = well();
    gone(&mut seen, "order");
    let awaited = only(&facts, &seen);
    assert_eq!((awaited.of.as_str(), awaited.deed, awaited.since), ("order", Deed::TakeInAnswer, at(3)));
    assert_eq!((awaited.queue.as_str(), awaited.message.event_type.as_str()), ("order-queue", "PaymentAuthorized"));
    first(&awaited, CauseKind::ConsumerAway, Certainty::Certain, MessagePlace::Queue);
}
