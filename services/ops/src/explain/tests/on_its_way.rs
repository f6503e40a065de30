//! Causes up to the queue.

use super::*;

#[test]
fn a_commit_that_has_its_marker_is_not_published() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.marked.insert(placed(&facts));
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::NotPublished, Certainty::Certain, MessagePlace::EventStore);
    assert_eq!((awaited.deed, awaited.of.as_str()), (Deed::AuthorizePayment, "billing"));
    assert_eq!((awaited.since, cause.since, cause.service.as_deref()), (at(0), at(0), Some("order")));
    let command = "shotengai republish --owner order --from 1970-01-01T00:00:00Z --to 1970-01-01T00:00:01Z";
    assert_eq!(cause.command.as_deref(), Some(command));
}

#[test]
fn a_commit_whose_publisher_is_gone_says_what_to_start() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.marked.insert(placed(&facts));
    gone(&mut seen, "order");
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::PublisherAway, Certainty::Certain, MessagePlace::EventStore);
    assert_eq!(cause.command.as_deref(), Some("shotengai serve order"));
}

#[test]
fn a_table_whose_capture_has_ended_does_not_bring_its_events() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.is_captured = true;
    process(&mut seen, "order").down.insert("order/order-events capture".to_owned(), "it is off".to_owned());
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::NotCaptured, Certainty::Likely, MessagePlace::EventStore);
    assert_eq!(cause.down.len(), 1);
    assert_eq!(cause.command.as_deref(), Some("PUBLISH=cdc shotengai provision"));
}

#[test]
fn what_is_found_in_the_stream_before_the_bridge_is_there() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.ahead.insert(placed(&facts), "shard-2".to_owned());
    seen.street.stream.shards[2].lag_ms = Some(58_000);
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::BeforeBridge, Certainty::Certain, MessagePlace::Stream);
    assert_eq!((cause.shard.as_deref(), cause.lag_ms), (Some("shard-2"), Some(58_000)));
}

#[test]
fn a_shard_that_is_read_less_far_than_the_message_is_old_may_hold_it() {
    let (facts, mut seen) = (waits_for_billing(), well());
    // The backlog is longer than what was looked through.
    seen.is_searched = false;
    seen.street.stream.shards[1].lag_ms = Some(70_000);
    first(&only(&facts, &seen), CauseKind::BeforeBridge, Certainty::Likely, MessagePlace::Stream);
    for shard in &mut seen.street.stream.shards {
        shard.lag_ms = Some(70_000);
    }
    first(&only(&facts, &seen), CauseKind::BeforeBridge, Certainty::Certain, MessagePlace::Stream);
    for shard in &mut seen.street.stream.shards {
        shard.lag_ms = Some(100);
    }
    let younger = only(&facts, &seen);
    assert!(kinds(&younger).contains(&(CauseKind::BeforeBridge, Certainty::Possible)), "{younger:#?}");
}

#[test]
fn a_street_without_a_bridge_says_so() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.ahead.insert(placed(&facts), "shard-0".to_owned());
    gone(&mut seen, "bridge");
    let awaited = only(&facts, &seen);
    let cause = first(&awaited, CauseKind::BridgeAway, Certainty::Certain, MessagePlace::Stream);
    assert_eq!(cause.command.as_deref(), Some("shotengai serve bridge"));
    // Where the stream does not answer, it may have been read before.
    seen.ahead.clear();
    assert_eq!(kinds(&only(&facts, &seen)), [(CauseKind::NotKnown, Certainty::Possible)], "all of it is read");
    seen.street.unknown.push(Unknown { part: "stream".to_owned(), why: "no answer".to_owned() });
    let cause = first(&only(&facts, &seen), CauseKind::BridgeAway, Certainty::Likely, MessagePlace::Stream);
    assert_eq!(cause.shard.as_deref(), Some("ec-events"));
}

#[test]
fn a_shard_that_nobody_holds_or_whose_checkpoint_is_damaged_is_unread() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.ahead.insert(placed(&facts), "shard-3".to_owned());
    seen.unheld.insert("shard-3".to_owned());
    first(&only(&facts, &seen), CauseKind::ShardUnread, Certainty::Certain, MessagePlace::Stream);
    let mut seen = well();
    seen.street.stream.shards[3].fault = Some("its checkpoint can't be read".to_owned());
    let awaited = only(&facts, &seen);
    let cause = awaited.causes.iter().find(|cause| cause.cause == CauseKind::ShardUnread).unwrap();
    assert_eq!((cause.certainty, cause.why.is_some()), (Certainty::Possible, true), "which shard has it is not known");
}

#[test]
fn a_record_that_the_bridge_set_aside_is_a_letter() {
    let (facts, mut seen) = (waits_for_billing(), well());
    seen.letters.push(letter(&queues::BRIDGE_DEAD_LETTERS, &facts.order[0], "too_large"));
    let cause = first(&only(&facts, &seen), CauseKind::SetAsideByBridge, Certainty::Certain, MessagePlace::DeadLetters);
    assert_eq!((cause.reason.as_deref(), cause.since), (Some("too_large"), at(5)));
    let command = "shotengai dead-letters redrive bridge-dlq --message-id letter-1 --dry-run";
    assert_eq!(cause.command.as_deref(), Some(command));
}
