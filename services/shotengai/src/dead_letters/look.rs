//! `list` and `show`.

use std::process::ExitCode;

use futures::future::join_all;
use serde_json::json;
use shotengai_dead_letters::record::record;
use shotengai_dead_letters::{DeadLetters, Group, Letter, Route, Sample, Target, route, routes};
use shotengai_kernel::{Ports, Timestamp};
use shotengai_messaging::Fault;

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
    let looks = chosen.iter().map(|route| DeadLetters::open(&aws, route, Ports::system()));
    let looks: Vec<_> = looks.collect();
    let answers = join_all(looks.iter().map(|letters| letters.sample(args.sample))).await;
    let mut samples = Vec::new();
    let mut failed = false;
    for (route, answer) in chosen.iter().zip(answers) {
        match answer {
            Ok(sample) => samples.push(sample),
            Err(fault) => {
                failed = true;
                complain(&unreadable(&route.dead_letters, &fault));
            }
        }
    }
    let mut causes: Vec<Group> = samples.iter().flat_map(Sample::groups).collect();
    causes.sort_by_key(|group| std::cmp::Reverse(group.count));
    if args.json {
        println!("{}", as_json(&samples, &causes));
    } else {
        print_list(&samples, &causes, failed);
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn as_json(samples: &[Sample], causes: &[Group]) -> String {
    let queues = samples.iter().map(|sample| {
        json!({
            "queue": sample.queue,
            "depth": sample.depth,
            "seen": sample.letters.len(),
            "complete": sample.complete,
        })
    });
    json!({ "queues": queues.collect::<Vec<_>>(), "groups": causes }).to_string()
}

fn print_list(samples: &[Sample], causes: &[Group], failed: bool) {
    for sample in samples.iter().filter(|sample| sample.depth > 0 || !sample.letters.is_empty()) {
        println!("{}", summary(sample));
    }
    if !causes.is_empty() {
        println!("\n{}", groups(causes));
    } else if !failed && samples.iter().all(|sample| sample.depth == 0) {
        println!("no dead letters");
    }
}

fn summary(sample: &Sample) -> String {
    let (queue, seen) = (&sample.queue, sample.letters.len());
    let hidden = if sample.hidden > 0 { ", some stay hidden for a minute" } else { "" };
    if sample.complete {
        format!("{queue}: {seen} letters{hidden}")
    } else {
        format!("{queue}: about {} letters, a sample of {seen}{hidden}", sample.depth)
    }
}

pub(super) async fn show(args: ShowArgs) -> anyhow::Result<ExitCode> {
    let route = route(&roles::installation(), &args.queue)?;
    let aws = args.target.connect().await?;
    let sample = match DeadLetters::open(&aws, &route, Ports::system()).sample(args.limit).await {
        Ok(sample) => sample,
        Err(fault) => {
            complain(&unreadable(&route.dead_letters, &fault));
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("{}", summary(&sample));
    for letter in &sample.letters {
        println!("\n{}", in_full(&route, letter, args.bodies));
    }
    Ok(ExitCode::SUCCESS)
}

fn unreadable(queue: &str, fault: &Fault) -> String {
    format!("{queue} can't be read: {fault}")
}

fn in_full(route: &Route, letter: &Letter, body: bool) -> String {
    let facts = &letter.facts;
    let moment = |moment: Option<Timestamp>| moment.map(time);
    let attempts = (facts.attempts > 0).then(|| facts.attempts.to_string());
    let version = letter.heading.as_ref().map(|heading| heading.version.to_string());
    let redriven = letter.redriven.map(|redriven| format!("{} times", redriven.count));
    let attribute = |name: &str| letter.attributes.get(name).cloned();
    let lost = (route.target == Target::Stream).then(|| record(letter).err()).flatten().map(|error| error.to_string());
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
