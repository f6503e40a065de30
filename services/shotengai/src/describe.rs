//! `shotengai describe`: what this program is made of, for charts, documents and tests that must not drift from it.
//!
//! `topology`: services, queues, subscriptions, tables, event types, and who calls whom.
//!
//! `routes`: the public interface, in short; `GET /openapi.json` of a process says all of it.
//!
//! `reasons`: why a message becomes a dead letter.
//!
//! `metrics`: every figure at `/metrics`, with its labels.
//!
//! `settings`: what can be set, from the command line's own declarations; what all roles share, what each role has of its
//! own, and the options of every other command.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use comfy_table::{Table, presets};
use serde::Serialize;
use shotengai_contracts::api::Audience;
use shotengai_contracts::topology;
use shotengai_dead_letters::OF_NO_CONSUMER;
use shotengai_messaging::Reason;
use shotengai_messaging::reason::OF_EVERY_CONSUMER;
use shotengai_runtime::settings::{Setting, SharedArgs, settings_of, settings_of_command};

use crate::cli::{Cli, DescribeArgs, Output};
use crate::program::program;
use crate::{added, roles};

#[cfg(test)]
mod metrics_page;

/// What this program is made of.
#[derive(Serialize)]
struct Description {
    topology: topology::Description,
    routes: Vec<Route>,
    reasons: Vec<Declared>,
    metrics: Vec<Metric>,
    settings: Settings,
}

/// A reason for dead letters and who declares it.
#[derive(Serialize)]
struct Declared {
    by: &'static str,
    #[serde(flatten)]
    what: Reason,
}

/// A figure and who records it.
#[derive(Serialize)]
struct Metric {
    by: &'static str,
    #[serde(flatten)]
    what: shotengai_metrics::Description,
}

/// A public route.
#[derive(Serialize)]
struct Route {
    method: &'static str,
    path: &'static str,
    name: &'static str,
    service: &'static str,
    /// Who may call it.
    caller: &'static str,
}

#[derive(Serialize)]
struct Settings {
    shared: Vec<Setting>,
    roles: BTreeMap<&'static str, Vec<Setting>>,
    commands: BTreeMap<String, Vec<Setting>>,
}

pub(crate) fn run(args: &DescribeArgs) -> anyhow::Result<ExitCode> {
    let description = description();
    match args.output {
        Output::Json => say!("{}", serde_json::to_string_pretty(&description)?),
        Output::Table => {
            let topology = &description.topology;
            say!("{}\n\n{}\n\n{}\n", services(topology), queues(topology), tables(topology));
            say!("{}\n", reasons_table(&description.reasons));
            say!("{}\n", metrics(&description.metrics));
            say!("{}\n\n{}", routes(&description.routes), settings(&description.settings));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn description() -> Description {
    let mut commands = BTreeMap::new();
    options("", &Cli::command(), &mut commands);
    let shared = settings_of::<SharedArgs>().into_iter().chain(added::url_settings()).collect();
    let settings = Settings { shared, roles: roles::settings().collect(), commands };
    let routes = program().interface.specs().map(|spec| Route {
        method: spec.method.as_str(),
        path: spec.path,
        name: spec.name,
        service: spec.role.as_str(),
        caller: caller(spec.audience),
    });
    let metrics =
        roles::metrics().flat_map(|(by, all)| all.iter().map(move |figure| Metric { by, what: (*figure).into() }));
    Description {
        topology: topology::Description::of(&roles::installation()),
        routes: routes.collect(),
        reasons: reasons(),
        metrics: metrics.collect(),
        settings,
    }
}

fn reasons() -> Vec<Declared> {
    let all: [(&str, &[Reason]); 2] = [("every consumer", &OF_EVERY_CONSUMER), ("no consumer", &OF_NO_CONSUMER)];
    let all = all.into_iter().chain(roles::reasons());
    all.flat_map(|(by, reasons)| reasons.iter().map(move |reason| Declared { by, what: *reason })).collect()
}

/// The options of every command below this one, by their names with spaces between. Those of `serve` stand by role.
fn options(above: &str, command: &Command, found: &mut BTreeMap<String, Vec<Setting>>) {
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = format!("{above}{}", command.get_name());
        if command.has_subcommands() {
            options(&format!("{name} "), command, found);
        } else if name != "serve" {
            found.insert(name, settings_of_command(command));
        }
    }
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.to_vec());
    table
}

fn services(topology: &topology::Description) -> Table {
    let mut table = table(&["service", "calls", "needs"]);
    for service in &topology.services {
        let calls: Vec<_> = service.calls.iter().map(|call| call.service).collect();
        table.add_row([service.name, &calls.join(", "), &service.needs.join(", ")]);
    }
    table
}

fn queues(topology: &topology::Description) -> Table {
    let mut table = table(&["queue", "service", "dead letters", "source", "events"]);
    for queue in &topology.queues {
        let events = queue.events.join(", ");
        table.add_row([queue.name, queue.service, &queue.dead_letters, queue.source, &events]);
    }
    table
}

fn tables(topology: &topology::Description) -> Table {
    let mut table = table(&["table", "service", "holds"]);
    for one in &topology.tables {
        let holds = if one.expires { format!("{}, which expire", one.kind) } else { one.kind.to_owned() };
        table.add_row([&one.name, one.service, &holds]);
    }
    table
}

fn reasons_table(reasons: &[Declared]) -> Table {
    let mut table = table(&["dead letters of", "reason", "means"]);
    for Declared { by, what } in reasons {
        table.add_row([by, what.word, what.means]);
    }
    table
}

fn routes(routes: &[Route]) -> Table {
    let mut table = table(&["route", "service", "caller"]);
    for route in routes {
        table.add_row([&format!("{} {}", route.method, route.path), route.service, route.caller]);
    }
    table
}

fn metrics(metrics: &[Metric]) -> Table {
    let mut table = table(&["metric", "of", "kind", "labels", "says"]);
    for Metric { by, what } in metrics {
        let labels: Vec<_> = what.labels.iter().map(|label| label.prometheus.as_str()).collect();
        table.add_row([&what.prometheus, *by, what.kind, &labels.join(", "), what.description]);
    }
    table
}

const fn caller(audience: Audience) -> &'static str {
    match audience {
        Audience::Anyone => "anyone",
        Audience::Customer => "customer",
        Audience::LinkHolder => "link holder",
        Audience::Administrator => "administrator",
        Audience::Internal => "service",
    }
}

fn settings(settings: &Settings) -> Table {
    let mut table = table(&["of", "setting", "may be", "default"]);
    let shared = settings.shared.iter().map(|setting| ("all roles", setting));
    let roles = settings.roles.iter().flat_map(|(role, own)| own.iter().map(|setting| (*role, setting)));
    for (of, setting) in shared.chain(roles) {
        let default = setting.default.as_deref().unwrap_or_default();
        table.add_row([of, &setting.name, &may_be(setting), default]);
    }
    table
}

fn may_be(setting: &Setting) -> String {
    match (setting.minimum, setting.maximum) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        _ if !setting.values.is_empty() => setting.values.join(", "),
        _ if setting.secret => "a secret".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_kept_description_is_that_of_this_program() {
        let now = serde_json::to_string_pretty(&description()).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/describe.json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, format!("{now}\n")).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        let differs = now.lines().zip(kept.lines()).find(|(now, kept)| now != kept);
        assert_eq!(differs, None, "`make describe` writes docs/describe.json anew");
        assert_eq!(now.lines().count(), kept.lines().count(), "`make describe` writes docs/describe.json anew");
    }

    #[test]
    fn every_reason_is_declared_once_and_explained_with_who_has_it() {
        let page = include_str!("../../../docs/dead-letters.md");
        let table = page.split("## Reasons").nth(1).unwrap().split("\n## ").next().unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let explained: BTreeMap<_, _> = rows.filter(|(word, _)| *word != "reason").collect();
        let declared = reasons();
        let words: BTreeMap<_, _> = declared.iter().map(|reason| (reason.what.word, reason.by)).collect();
        assert_eq!(words.len(), declared.len(), "one word, one meaning");
        assert_eq!(explained.keys().collect::<Vec<_>>(), words.keys().collect::<Vec<_>>());
        for (word, by) in words.into_iter().filter(|(_, by)| !by.contains(' ')) {
            assert!(explained[word].starts_with(&format!("{by}: ")), "{word} is one of {by}");
        }
    }

    #[test]
    fn every_setting_has_a_name_of_its_own_and_every_secret_is_marked() {
        let Settings { shared, roles, .. } = description().settings;
        let all: Vec<_> = shared.iter().chain(roles.values().flatten()).collect();
        let mut names: Vec<_> = all.iter().map(|setting| &setting.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().all(|setting| setting.env.as_ref() == Some(&setting.name)), "flag and variable differ");
        let looks_secret =
            |name: &str| name.ends_with("_KEY") || ["TOKEN", "PASSWORD"].iter().any(|part| name.contains(part));
        for setting in all.iter().filter(|setting| looks_secret(&setting.name)) {
            assert!(setting.secret, "{}", setting.name);
        }
    }
}
