//! `shotengai order explain`: why an order is where it is, as a running street tells its administrator.
//!
//! Exit codes: 1 where there is no such order, 2 where it could not be asked.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use shotengai_client::CallError;
use shotengai_contracts::api;
use shotengai_contracts::api::ops::explanations::{
    AwaitedDeed, CauseKind, Certainty, Deed, ExplainedCause, ExplainedFact, Explanation, MessagePlace,
};
use shotengai_kernel::{OrderId, Timestamp};

use super::Asked;
use crate::cli::Output;
use crate::dead_letters::complain;

#[derive(Args)]
pub(super) struct ExplainArgs {
    /// Which order
    #[arg(value_name = "ORDER")]
    order: OrderId,
    #[command(flatten)]
    asked: Asked,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
}

pub(super) async fn run(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let desk = args.asked.desk().await?;
    let explanation = match desk.call_of(api::EXPLANATION, &args.order).send().await {
        Ok(answered) => answered.body,
        Err(CallError::Refused { status, .. }) if status.as_u16() == 404 => {
            complain(&format!("there is no order {}", args.order));
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error).with_context(|| format!("{} could not be explained", args.order)),
    };
    match args.output {
        Output::Json => say!("{}", serde_json::to_string_pretty(&explanation)?),
        Output::Table => say!("{}", draw(&explanation)),
    }
    Ok(ExitCode::SUCCESS)
}

/// The explanation as text: how far it is, what is awaited, why, what to do, what is not known.
fn draw(explanation: &Explanation) -> String {
    let Explanation { order_id, at, status, last, awaited, unknown } = explanation;
    let mut text = format!("{order_id}: {}, last {}, {} ago", status.as_str(), fact(last), ago(last.at, *at));
    if awaited.is_empty() {
        text += "\nnothing is awaited";
    }
    for deed in awaited {
        let _infallible = write!(text, "\n\n{}", draw_deed(deed, *at));
    }
    for part in unknown {
        let _infallible = write!(text, "\nnot known: {} ({})", part.part, part.why);
    }
    text
}

fn draw_deed(awaited: &AwaitedDeed, at: Timestamp) -> String {
    let mut text = format!(
        "{} has to {}, for {} now\n  message  {} by {}\n  where    {}",
        awaited.of,
        deed(awaited.deed),
        ago(awaited.since, at),
        fact(&awaited.message),
        awaited.queue,
        place(awaited.place),
    );
    for cause in &awaited.causes {
        let _infallible =
            write!(text, "\n  {:<8} {}, for {}", certainty(cause.certainty), why(cause), ago(cause.since, at));
        for (what, said) in &cause.down {
            let _infallible = write!(text, "\n           {what}: {said}");
        }
        if let Some(command) = &cause.command {
            let _infallible = write!(text, "\n           $ {command}");
        }
    }
    text
}

fn fact(fact: &ExplainedFact) -> String {
    format!("{} of {}", fact.event_type, fact.source)
}

const fn deed(deed: Deed) -> &'static str {
    match deed {
        Deed::ReserveStock => "reserve the stock",
        Deed::AuthorizePayment => "have the payment authorized",
        Deed::CapturePayment => "have the payment captured",
        Deed::TakeInAnswer => "take in the answer",
        Deed::ReleaseStock => "give the stock back",
        Deed::DeductStock => "take the pieces off the stock",
        Deed::ReturnMoney => "let the money go",
        Deed::PayRefund => "pay the refund",
    }
}

const fn place(place: MessagePlace) -> &'static str {
    match place {
        MessagePlace::EventStore => "in the event store, not in the stream",
        MessagePlace::Stream => "in the stream, before the bridge",
        MessagePlace::Queue => "in the queue",
        MessagePlace::DeadLetters => "among the dead letters",
        MessagePlace::PaymentProvider => "with the payment provider",
        MessagePlace::NotKnown => "not known",
    }
}

const fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Certain => "certain",
        Certainty::Likely => "likely",
        Certainty::Possible => "possible",
    }
}

/// A cause in a sentence.
fn why(cause: &ExplainedCause) -> String {
    let or = |text: &Option<String>, other: &str| text.clone().unwrap_or_else(|| other.to_owned());
    let (queue, service, shard) =
        (or(&cause.queue, "a queue"), or(&cause.service, "a service"), or(&cause.shard, "a shard"));
    let said = cause.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    let reason = or(&cause.reason, "unknown");
    let messages = cause.messages.unwrap_or_default();
    let lag = cause.lag_ms.map(|ms| format!(", {} behind", seconds(ms / 1000))).unwrap_or_default();
    match cause.cause {
        CauseKind::DeadLetter => format!("it is a dead letter in {queue}, {reason}{said}"),
        CauseKind::SetAsideByBridge => format!("the bridge has set it aside in {queue}, {reason}{said}"),
        CauseKind::NotPublished => format!("{service} has not put it into the stream"),
        CauseKind::PublisherAway => format!("{service} has not put it into the stream, and no process has {service}"),
        CauseKind::NotCaptured => format!("change capture of {service}'s table does not work"),
        CauseKind::BeforeBridge => format!("the bridge has not come that far in {shard}{lag}"),
        CauseKind::BridgeAway => format!("no process has the bridge; {shard} is{}", or_read(&lag)),
        CauseKind::ShardUnread => format!("nobody reads {shard}{lag}{said}"),
        CauseKind::ConsumerPaused => format!("the consumer of {queue} is paused{said}"),
        CauseKind::BreakerOpen => format!("the consumer of {queue} waits for what it needs"),
        CauseKind::ConsumerAway => format!("no process that was asked has {service}"),
        CauseKind::DependencyDown => format!("{service} says that something it needs does not answer"),
        CauseKind::WaitsInQueue => format!("it waits in {queue}, which has {messages} waiting"),
        CauseKind::InFlight => {
            format!("{service} has it in hands, or failed and tries later ({messages} of {queue} in flight)")
        }
        CauseKind::PaymentProvider => format!("the payment provider was asked, and has refused or not answered{said}"),
        CauseKind::UnderWay => "it is on its way".to_owned(),
        CauseKind::Deadline => "nothing is on its way; a reminder cancels the order at its deadline".to_owned(),
        CauseKind::Overdue => format!("it is confirmed for too long, a letter in {queue} tells{said}"),
        CauseKind::NotKnown => "nothing that was looked at explains it".to_owned(),
    }
}

fn or_read(lag: &str) -> String {
    if lag.is_empty() { " not read".to_owned() } else { lag.trim_start_matches(',').to_owned() }
}

fn ago(since: Timestamp, at: Timestamp) -> String {
    seconds(at.duration_since(since).as_secs().max(0))
}

/// Seconds as people say them.
fn seconds(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn explanation(awaited: serde_json::Value, unknown: serde_json::Value) -> Explanation {
        serde_json::from_value(json!({
            "order_id": "ord_1", "at": "2026-11-28T12:34:10Z", "status": "pending", "last": placed(),
            "awaited": awaited, "unknown": unknown
        }))
        .unwrap()
    }

    fn placed() -> serde_json::Value {
        json!({
            "id": "0190d3a1-7a4c-7c3e-9b1a-0123456789ae", "source": "order", "type": "OrderPlaced", "subject": "ord_1", "version": 1,
            "at": "2026-11-28T12:30:00Z"
        })
    }

    #[test]
    fn an_explanation_says_what_is_awaited_why_and_what_to_do() {
        let awaited = json!([{
            "of": "billing", "deed": "authorize_payment", "message": placed(), "queue": "billing-queue", "place": "queue",
            "since": "2026-11-28T12:30:00Z",
            "causes": [
                { "cause": "consumer_paused", "certainty": "certain", "since": "2026-11-28T11:34:10Z", "service": "billing",
                  "queue": "billing-queue", "why": "it is moved", "command": "curl …" },
                { "cause": "dependency_down", "certainty": "possible", "since": "2026-11-28T12:34:00Z", "service": "billing",
                  "down": { "billing/billing-ledger": "no answer" } }
            ]
        }]);
        let text = draw(&explanation(awaited, json!([{ "part": "queues", "why": "no answer within 2 s" }])));
        let wanted = [
            "ord_1: pending, last OrderPlaced of order, 4 min 10 s ago",
            "",
            "billing has to have the payment authorized, for 4 min 10 s now",
            "  message  OrderPlaced of order by billing-queue",
            "  where    in the queue",
            "  certain  the consumer of billing-queue is paused: it is moved, for 1 h 0 min",
            "           $ curl …",
            "  possible billing says that something it needs does not answer, for 10 s",
            "           billing/billing-ledger: no answer",
            "not known: queues (no answer within 2 s)",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn an_order_of_which_nothing_is_awaited_says_so() {
        let text = draw(&explanation(json!([]), json!([])));
        assert_eq!(text.lines().nth(1), Some("nothing is awaited"));
    }

    #[test]
    fn every_cause_is_a_sentence_even_where_nothing_more_is_known() {
        for kind in [
            "dead_letter",
            "set_aside_by_bridge",
            "not_published",
            "publisher_away",
            "not_captured",
            "before_bridge",
            "bridge_away",
            "shard_unread",
            "consumer_paused",
            "breaker_open",
            "consumer_away",
            "dependency_down",
            "waits_in_queue",
            "in_flight",
            "payment_provider",
            "under_way",
            "deadline",
            "overdue",
            "not_known",
        ] {
            let cause = json!({ "cause": kind, "certainty": "likely", "since": "2026-11-28T12:34:00Z" });
            let said = why(&serde_json::from_value(cause).unwrap());
            assert!(said.split(' ').count() > 2 && !said.contains("{"), "{kind}: {said}");
        }
    }
}
