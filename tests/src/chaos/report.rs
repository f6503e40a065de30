//! What happened, in Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use super::faults::SERVICES;
use super::outage::Outage;
use super::{Chaos, Plan};

/// More than these say nothing new.
const SHOWN: usize = 50;

/// A chaos.
#[must_use]
pub fn chaos(plan: &Plan, chaos: &Chaos) -> String {
    let verdict = &chaos.verdict;
    let mut out = format!(
        "{} orders by {} customers at once, {} processes, a kill every {:?}, seed {}.\n\n",
        plan.orders,
        plan.at_once,
        plan.roles.len(),
        plan.kill_every,
        plan.seed
    );
    let (refused, lost) = chaos.asked_again;
    let mut row = |name: &str, value: String| {
        let _ = writeln!(out, "| {name} | {value} |");
    };
    row("", String::new());
    row("---", "---:".to_owned());
    row("faults and kills went on for", seconds(chaos.load));
    row("settled after", seconds(chaos.settled));
    for (name, until) in &chaos.under_way {
        row(&format!("{name} busy until"), seconds(*until));
    }
    row("answers to customers that were 5xx", refused.to_string());
    row("answers to customers that never came", lost.to_string());
    for (end, count) in &verdict.ends {
        row(&format!("orders {end}"), count.to_string());
    }
    for (kind, count) in &verdict.mails {
        row(&format!("mails: {kind}"), count.to_string());
    }
    row("mails that came once more", verdict.copies.to_string());
    row("captured and kept, yen", verdict.captured.to_string());
    out.push_str(&exchanges(chaos));
    let _ = writeln!(out, "\n| process | killed | ended by itself |\n|---|---:|---:|");
    for (role, kills) in &chaos.kills {
        let _ = writeln!(out, "| {role} | {kills} | {} |", chaos.ended.get(role).copied().unwrap_or_default());
    }
    out.push_str(&violations(&verdict.violations));
    out
}

/// An outage.
#[must_use]
pub fn outage(outage: &Outage) -> String {
    let mut out = String::from("| | |\n|---|---:|\n");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(out, "| {name} | {value} |");
    };
    row("DynamoDB was away for", seconds(outage.away));
    row("requests to it meanwhile, all refused", outage.refused.to_string());
    row("orders before, meanwhile and after", outage.orders.to_string());
    row("consumers that stopped", outage.breakers.join(", "));
    for (role, count) in outage.receives.iter().filter(|(_, count)| **count > 0) {
        row(&format!("receives by {role} meanwhile"), count.to_string());
    }
    row("back → an order is accepted", seconds(outage.first_accepted));
    row("back → every order final, everything holds", seconds(outage.recovered));
    for (name, until) in &outage.under_way {
        row(&format!("back → {name} idle"), seconds(*until));
    }
    for (end, count) in &outage.verdict.ends {
        row(&format!("orders {end}"), count.to_string());
    }
    out.push_str(&violations(&outage.violations()));
    out
}

fn exchanges(chaos: &Chaos) -> String {
    let kinds: BTreeSet<_> = chaos.outcomes.keys().map(|(_, outcome)| *outcome).collect();
    let mut out = String::from("\n| requests to |");
    for kind in &kinds {
        let _ = write!(out, " {} |", kind.replace('_', " "));
    }
    let _ = writeln!(out, "\n|---|{}", "---:|".repeat(kinds.len()));
    for service in SERVICES {
        let _ = write!(out, "| {service} |");
        for kind in &kinds {
            let _ = write!(out, " {} |", chaos.outcomes.get(&(service, *kind)).copied().unwrap_or_default());
        }
        out.push('\n');
    }
    out
}

fn violations(violations: &[String]) -> String {
    let mut out = format!(
        "\nViolations: {}.\n",
        if violations.is_empty() { "none".to_owned() } else { violations.len().to_string() }
    );
    for violation in violations.iter().take(SHOWN) {
        let _ = writeln!(out, "- {violation}");
    }
    out
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
