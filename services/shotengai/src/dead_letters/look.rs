//! `list` and `show`.

use std::process::ExitCode;

use serde_json::Value;
use shotengai_dead_letters::record::record;
use shotengai_dead_letters::{DeadLetters, Letter, Route, Sample, route, routes};
use shotengai_kernel::{Ports, Timestamp};
use shotengai_ops::letters::{self, Look, QueueLook, Unreadable};

use super::args::{ListArgs, ShowArgs};
use super::text::{complain, groups, plain, time};
use crate::roles;

pub(super) async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let installation = roles::installation();
    let chosen: Vec<Route> = match args.queue.as_slice() {
        [] => routes(&installation),
        names => names.iter().map(|name| route(&installation, name)).collect::<Result<_, _>>()?,
    };
    let aws = args.target.connect().await?;
    let look = letters::look(&aws, &chosen, args.sample, &Ports::system()).await;
    for Unreadable { queue, fault } in &look.unreadable {
        complain(&unreadable(queue, fault));
    }
    if args.format.is_json() {
        say!("{}", serde_json::to_string(&look)?);
    } else {
        print_list(&look);
    }
    Ok(if look.unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_list(look: &Look) {
    for queue in look.queues.iter().filter(|queue| queue.depth > 0 || queue.seen > 0) {
        say!("{}", summary(queue));
    }
    if !look.groups.is_empty() {
        say!("\n{}", groups(&look.groups));
    } else if look.unreadable.is_empty() && look.queues.iter().all(|queue| queue.depth == 0) {
        say!("no dead letters");
    }
}

fn summary(look: &QueueLook) -> String {
    let QueueLook { queue, depth, seen, complete, hidden } = look;
    let hidden = if *hidden > 0 { ", some stay hidden for a minute" } else { "" };
    if *complete {
        format!("{queue}: {seen} letters{hidden}")
    } else {
        format!("{queue}: about {depth} letters, a sample of {seen}{hidden}")
    }
}

pub(super) async fn show(args: ShowArgs) -> anyhow::Result<ExitCode> {
    let route = route(&roles::installation(), &args.queue)?;
    let aws = args.target.connect().await?;
    let sample = match DeadLetters::open(&aws, &route, Ports::system()).sample(args.limit).await {
        Ok(sample) => sample,
        Err(fault) => {
            complain(&unreadable(&route.dead_letters, &fault.to_string()));
            return Ok(ExitCode::FAILURE);
        }
    };
    if args.format.is_json() {
        say!("{}", as_json(&sample, args.bodies)?);
        return Ok(ExitCode::SUCCESS);
    }
    say!("{}", summary(&QueueLook::from(&sample)));
    for letter in &sample.letters {
        say!("\n{}", in_full(&route, letter, args.bodies));
    }
    Ok(ExitCode::SUCCESS)
}

/// Bodies may hold what a terminal's history should not: they are left out unless asked for.
fn as_json(sample: &Sample, bodies: bool) -> serde_json::Result<String> {
    let mut shown = serde_json::to_value(sample)?;
    let letters = shown.get_mut("letters").and_then(Value::as_array_mut);
    for letter in letters.into_iter().flatten().filter_map(Value::as_object_mut).filter(|_| !bodies) {
        letter.remove("body");
    }
    serde_json::to_string(&shown)
}

fn unreadable(queue: &str, fault: &str) -> String {
    format!("{queue} can't be read: {fault}")
}

fn in_full(route: &Route, letter: &Letter, body: bool) -> String {
    let facts = &letter.facts;
    let moment = |moment: Option<Timestamp>| moment.map(time);
    let attempts = (facts.attempts > 0).then(|| facts.attempts.to_string());
    let version = letter.heading.as_ref().map(|heading| heading.version.to_string());
    let redriven = letter.redriven.as_ref().map(|redriven| format!("{} times", redriven.count));
    let attribute = |name: &str| letter.attributes.get(name).cloned();
    let lost = route.target.is_stream().then(|| record(letter).err()).flatten().map(|error| error.to_string());
    let lines = [
        ("letter", Some(letter.message_id.clone())),
        ("reason", Some(facts.reason.clone())),
        ("error", Some(facts.error.clone())),
        ("consumer", (!facts.consumer.is_empty()).then(|| facts.consumer.clone())),
        ("attempts", attempts),
        ("event type", letter.event_type().map(str::to_owned)),
        ("subject", letter.subject().map(str::to_owned)),
        ("version", version),
        ("first seen", moment(facts.first_seen)),
        ("sent", moment(letter.sent_at)),
        ("redriven", redriven),
        ("shard", attribute("shard")),
        ("position", attribute("position")),
        ("trace", facts.trace.clone().or_else(|| attribute("traceparent"))),
        ("not redrivable", lost),
        ("body", body.then(|| letter.body.clone())),
    ];
    let lines = lines.into_iter().filter_map(|(name, value)| Some(format!("{name:<15}{}", plain(&value?))));
    lines.collect::<Vec<_>>().join("\n")
}
