//! Log filter: which lines are written, and how often the same one is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use shotengai_messaging::LogLimiter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{ParseError, Targets, dynamic_filter_fn};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

/// What is logged where nothing else is asked for.
pub const DEFAULT_LOG: &str = "info";

/// Libraries whose everyday lines are about themselves.
const LIBRARIES: &str = "actix_server=warn,aws_config=warn,aws_smithy_runtime=warn,h2=warn,hyper=warn,hyper_util=warn,\
                         opentelemetry=warn,opentelemetry_sdk=warn,opentelemetry-otlp=warn,mio=warn,refinery_core=warn,\
                         tonic=warn,tower=warn";

/// A collector that is away is news once; then it is a reminder.
const REMIND_EVERY: Duration = Duration::from_secs(600);

/// The directives for what was asked for. Libraries stay at warnings, unless one is named or less is asked for.
pub(super) fn directives(asked: Option<&str>) -> String {
    let asked = asked.unwrap_or(DEFAULT_LOG);
    let asks_for_more =
        |directive: &str| ["info", "debug", "trace"].iter().any(|level| directive.trim().eq_ignore_ascii_case(level));
    // Of two directives for the same target the later one counts.
    if asked.split(',').any(asks_for_more) { format!("{LIBRARIES},{asked}") } else { asked.to_owned() }
}

/// The filter of these directives. One that can ask about spans, as `LOG` may, takes a lock whenever a span is entered or left;
/// where only targets and levels are asked about, which is the rule, none does.
///
/// # Errors
/// Where they can't be read.
pub(super) fn of<S: Subscriber + for<'a> LookupSpan<'a>>(
    directives: &str,
) -> Result<Box<dyn Filter<S> + Send + Sync>, ParseError> {
    let read = EnvFilter::try_new(directives)?;
    // As it was read: empty directives, say, mean another thing to the other.
    let plain = read.to_string();
    let asks_about_spans = plain.contains(['[', '{']);
    Ok(match plain.parse::<Targets>() {
        Ok(targets) if !asks_about_spans => Box::new(targets),
        _ => Box::new(read),
    })
}

/// Lets what the exporter of traces repeats pass once in ten minutes: a collector that is away would fill the log.
pub(super) fn rarely_the_same<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Filter<S> {
    let said = Mutex::new(LogLimiter::new(REMIND_EVERY));
    let passes = move |metadata: &Metadata<'_>, _: &Context<'_, S>| {
        !is_exporters(metadata) || said.lock().unwrap_or_else(PoisonError::into_inner).may(metadata.name())
    };
    // All others pass always, so nobody has to ask each time.
    dynamic_filter_fn(passes).with_callsite_filter(|metadata| {
        if is_exporters(metadata) { Interest::sometimes() } else { Interest::always() }
    })
}

fn is_exporters(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && metadata.target().starts_with("opentelemetry")
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::telemetry::captured::Lines;

    /// What is written of what `say` says, where this is asked for.
    fn written(asked: &str, say: impl Fn()) -> Vec<String> {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
        let filter = of(&directives(Some(asked))).unwrap();
        let layer = layer.with_filter(rarely_the_same()).with_filter(filter);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
        lines.text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_collector_that_is_away_is_told_of_once() {
        let lines = written("info", || {
            for _ in 0..5 {
                tracing::error!(name: "BatchSpanProcessor.ExportError", target: "opentelemetry_sdk", "away");
                tracing::info!(target: "shotengai_order", "placed");
            }
        });
        let of = |word: &str| lines.iter().filter(|line| line.contains(word)).count();
        assert_eq!((of("away"), of("placed")), (1, 5), "{lines:?}");
    }

    #[test]
    fn libraries_speak_of_themselves_only_when_asked_by_name() {
        let say = || {
            tracing::info!(target: "actix_server::builder", "Tokio runtime found");
            tracing::warn!(target: "actix_server::builder", "no sockets left");
        };
        assert_eq!(written("info", say).len(), 1);
        assert_eq!(written("debug", say).len(), 1);
        assert_eq!(written("info,actix_server=info", say).len(), 2);
        assert_eq!(written("error", say).len(), 0);
    }

    #[test]
    fn what_happens_within_a_span_can_be_asked_for() {
        let say = || {
            let of_order = tracing::info_span!("work", order = "ord_1");
            of_order.in_scope(|| tracing::debug!(target: "shotengai_order", "decided"));
            tracing::debug!(target: "shotengai_order", "decided");
        };
        assert_eq!(written("info,[work]=debug", say).len(), 1);
        assert_eq!(written("info,shotengai_order=debug", say).len(), 2);
        assert_eq!(written("info", say).len(), 0);
    }

    #[test]
    fn commas_too_many_change_nothing() {
        let say = || {
            tracing::info!(target: "shotengai_order", "placed");
            tracing::debug!(target: "shotengai_order", "decided");
        };
        for (asked, lines) in
            [("info,", 1), ("info,,shotengai_order=debug", 2), ("shotengai_order=", 2), ("error,,", 0)]
        {
            assert_eq!(written(asked, say).len(), lines, "{asked}");
        }
    }

    #[test]
    fn directives_that_can_not_be_read_are_refused() {
        for wrong in ["info,=,[", "info,=", "shotengai_order=loud"] {
            assert!(of::<tracing_subscriber::Registry>(wrong).is_err(), "{wrong}");
        }
    }
}
