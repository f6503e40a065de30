//! What to do about a cause, as a command to copy. Each looks, or is safe to repeat; what changes something for good says first
//! what it would do.

use shotengai_contracts::api::ops::explanations::{CauseKind, ExplainedCause};
use shotengai_kernel::{OrderId, Timestamp};

use super::awaited::Awaited;
use super::facts::Fact;

/// The command for a cause; none where there is nothing but to wait.
pub(super) fn command(cause: &ExplainedCause, order: &OrderId, awaited: &Awaited<'_>) -> Option<String> {
    Some(match cause.cause {
        CauseKind::DeadLetter | CauseKind::SetAsideByBridge | CauseKind::Overdue => {
            let (queue, letter) = (cause.queue.as_ref()?, cause.letter.as_ref()?);
            format!("shotengai dead-letters redrive {queue} --message-id {letter} --dry-run")
        }
        CauseKind::NotPublished | CauseKind::Deadline | CauseKind::NotKnown => republish(awaited.message),
        CauseKind::NotCaptured => "PUBLISH=cdc shotengai provision".to_owned(),
        CauseKind::PublisherAway | CauseKind::BridgeAway | CauseKind::ConsumerAway => {
            format!("shotengai serve {}", cause.service.as_ref()?)
        }
        CauseKind::BeforeBridge | CauseKind::ShardUnread | CauseKind::WaitsInQueue | CauseKind::InFlight => {
            "shotengai status kinesis".to_owned()
        }
        CauseKind::ConsumerPaused => {
            let queue = cause.queue.as_ref()?;
            format!(
                "curl -X PUT \"$API/ops/consumers/{queue}\" -H \"authorization: Bearer $ADMIN\" -H \"content-type: application/json\" \
                 -d '{{\"paused\":false,\"reason\":\"it may go on\"}}'"
            )
        }
        CauseKind::BreakerOpen | CauseKind::DependencyDown => "shotengai status".to_owned(),
        CauseKind::PaymentProvider => format!("shotengai order journey {order}"),
        CauseKind::UnderWay => format!("shotengai order explain {order}"),
    })
}

/// Brings the events of its owner of that second into the stream once more, which changes nothing where they have come.
fn republish(message: &Fact) -> String {
    let (from, to) = second(message.at);
    format!("shotengai republish --owner {} --from {from} --to {to}", message.event_type().owner())
}

fn second(at: Timestamp) -> (Timestamp, Timestamp) {
    let second = at.as_second();
    // Within what timestamps can say: the message's own second is.
    let moment = |second| Timestamp::from_second(second).unwrap_or(at);
    (moment(second), moment(second.saturating_add(1)))
}
