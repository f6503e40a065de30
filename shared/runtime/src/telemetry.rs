//! Logs, traces and metrics of a process.
//!
//! Traces are always made, so that the W3C context travels through envelopes, messages and mails; they are exported only
//! where a collector is named. Logs go to standard error.

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{Encoder, Registry, TextEncoder};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::settings::{LogFormat, Settings};

/// What is logged unless told otherwise.
pub const DEFAULT_LOG: &str = "info,aws_config=warn,aws_smithy_runtime=warn,actix_server=warn,opentelemetry=warn,opentelemetry_sdk=warn,refinery_core=warn,hyper_util=warn,mio=warn";
const FLUSH_WITHIN: Duration = Duration::from_secs(5);

static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// A process's telemetry, to be flushed at its end.
pub struct Telemetry {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Telemetry {
    /// Installs logging, tracing and metrics for this process, which runs `roles`. Once a process.
    ///
    /// # Errors
    /// When the exporter can't be made or something else has installed a subscriber.
    pub fn install(settings: &Settings, roles: &str) -> anyhow::Result<Self> {
        let resource = Resource::builder()
            .with_service_name("shotengai")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(KeyValue::new("shotengai.roles", roles.to_owned()))
            .build();
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());

        let mut traces = SdkTracerProvider::builder().with_resource(resource.clone());
        if let Some(endpoint) = &settings.otlp_endpoint {
            let exporter = SpanExporter::builder()
                .with_tonic()
                .with_endpoint(endpoint)
                .with_timeout(FLUSH_WITHIN)
                .build()
                .context("OTEL_EXPORTER_OTLP_ENDPOINT: the exporter can't be made")?;
            traces = traces.with_batch_exporter(exporter);
        }
        let traces = traces.build();
        opentelemetry::global::set_tracer_provider(traces.clone());

        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).without_target_info().build()?;
        let metrics = SdkMeterProvider::builder().with_resource(resource).with_reader(exporter).build();
        opentelemetry::global::set_meter_provider(metrics.clone());
        // A second installation in one process keeps the first registry; the subscriber below refuses it anyway.
        let _ = REGISTRY.set(registry);

        let directives = settings.log.as_deref().unwrap_or(DEFAULT_LOG);
        let log: Targets = directives.parse().context("LOG: not tracing's directives")?;
        let logs = match settings.log_format {
            LogFormat::Pretty => fmt::layer().compact().with_target(false).with_writer(std::io::stderr).boxed(),
            LogFormat::Json => {
                fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(std::io::stderr).boxed()
            }
        };
        // Spans of our own are traced whatever the log shows; those of libraries never.
        let ours = Targets::new().with_target("shotengai", LevelFilter::INFO);
        let spans = tracing_opentelemetry::layer().with_tracer(traces.tracer("shotengai")).with_filter(ours);
        tracing_subscriber::registry()
            .with(logs.with_filter(log))
            .with(spans)
            .try_init()
            .context("telemetry is installed already")?;
        Ok(Self { traces, metrics })
    }

    /// Sends what is still held, within a bound.
    pub async fn shutdown(self) {
        let flushed = tokio::time::timeout(
            FLUSH_WITHIN,
            tokio::task::spawn_blocking(move || {
                let traces = self.traces.shutdown();
                let metrics = self.metrics.shutdown();
                (traces, metrics)
            }),
        )
        .await;
        if flushed.is_err() {
            tracing::warn!("not all traces could be sent in time");
        }
    }
}

/// Everything measured so far, in Prometheus's text format; empty before [`Telemetry::install`].
#[must_use]
pub fn metrics_text() -> String {
    let Some(registry) = REGISTRY.get() else { return String::new() };
    let mut buffer = Vec::new();
    if let Err(error) = TextEncoder::new().encode(&registry.gather(), &mut buffer) {
        tracing::warn!(%error, "metrics can't be encoded");
    }
    String::from_utf8(buffer).unwrap_or_default()
}
