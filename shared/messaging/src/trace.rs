//! W3C trace context in and out of envelopes and message attributes.

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The attribute and header name of the W3C trace context.
pub const TRACEPARENT: &str = "traceparent";

/// The `traceparent` of this span; none when nothing is traced.
#[must_use]
pub fn traceparent_of(span: &Span) -> Option<String> {
    let mut carrier = HashMap::new();
    opentelemetry::global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&span.context(), &mut carrier);
    });
    carrier.remove(TRACEPARENT)
}

/// The `traceparent` of the current span.
#[must_use]
pub fn current_traceparent() -> Option<String> {
    traceparent_of(&Span::current())
}

/// Makes `span` a child of the remote span that `traceparent` names. Anything unreadable is ignored: a trace is never
/// worth a failure.
pub fn follow(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else { return };
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent: Context = opentelemetry::global::get_text_map_propagator(|propagator: &dyn TextMapPropagator| {
        propagator.extract(&carrier)
    });
    // Without a tracing layer there is nothing to attach to, which is fine.
    let _ = span.set_parent(parent);
}
