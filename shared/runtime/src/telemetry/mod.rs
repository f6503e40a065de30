//! Logs, traces, metrics.
//!
//! A tracer is always installed, so that W3C context is made and passed on; spans leave the process only where an OTLP
//! endpoint is set. Metrics are read by `/metrics`. Log lines go to standard error: standard output belongs to answers.
//!
//! - `filter`: which lines are written, and how often the same one is.

#[cfg(test)]
pub(crate) mod captured;
mod filter;

use std::sync::OnceLock;
use std::time::Duration;

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{Registry, TextEncoder};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use self::filter::DEFAULT_LOG;
use crate::settings::{LogFormat, Settings};

/// How long spans on their way out may hold up the end of the process.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
const EXPORT_TIMEOUT: Duration = Duration::from_secs(3);

/// What `/metrics` reads. Empty where no telemetry is installed, as in tests.
static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// The telemetry of this process. Keep it until the end, then [`Telemetry::shutdown`].
#[derive(Debug)]
pub struct Telemetry {
    tracer: SdkTracerProvider,
    meter: SdkMeterProvider,
}

impl Telemetry {
    /// Installs logging, tracing and metrics for these roles; once a process. Needs a tokio runtime where spans are
    /// exported.
    ///
    /// # Errors
    /// When something is installed already, or the exporter can't be built.
    pub fn install(settings: &Settings, roles: &[&str]) -> anyhow::Result<Self> {
        let resource = resource(roles);
        let tracer = tracer(settings, resource.clone())?;
        let registry = Registry::new();
        let meter = meter(&registry, resource)?;
        let filter = filter::of(&filter::directives(settings.telemetry.log.as_deref())).context("LOG can't be read")?;
        let spans = tracing_opentelemetry::layer()
            .with_tracer(tracer.tracer("shotengai"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // Our own spans exist whatever the log shows, or LOG=warn would cut every trace; libraries' never do.
            .with_filter(Targets::new().with_target("shotengai", LevelFilter::INFO));
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match settings.telemetry.log_format {
            LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).boxed(),
            LogFormat::Pretty => lines.with_target(false).boxed(),
        };
        tracing_subscriber::registry()
            .with(lines.with_filter(filter::rarely_the_same()).with_filter(filter))
            .with(spans)
            .try_init()?;
        global::set_text_map_propagator(TraceContextPropagator::new());
        global::set_tracer_provider(tracer.clone());
        global::set_meter_provider(meter.clone());
        anyhow::ensure!(REGISTRY.set(registry).is_ok(), "metrics are installed already");
        Ok(Self { tracer, meter })
    }

    /// Sends what is still held, for 5 s at most.
    pub async fn shutdown(self) {
        // The providers block.
        let flush = tokio::task::spawn_blocking(move || {
            let spans = self.tracer.shutdown_with_timeout(FLUSH_TIMEOUT);
            spans.and(self.meter.shutdown_with_timeout(FLUSH_TIMEOUT))
        });
        match tokio::time::timeout(FLUSH_TIMEOUT, flush).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "telemetry was not flushed"),
            Ok(Err(error)) => tracing::warn!(%error, "telemetry was not flushed"),
            Err(_) => tracing::warn!("telemetry was not flushed in time"),
        }
    }
}

fn resource(roles: &[&str]) -> Resource {
    let name = match roles {
        [role] => (*role).to_owned(),
        _ => "shotengai".to_owned(),
    };
    Resource::builder()
        .with_service_name(name)
        .with_attribute(KeyValue::new("service.namespace", "shotengai"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("shotengai.roles", roles.join(",")))
        .build()
}

fn tracer(settings: &Settings, resource: Resource) -> anyhow::Result<SdkTracerProvider> {
    let provider = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &settings.telemetry.otlp_endpoint else { return Ok(provider.build()) };
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_TIMEOUT)
        .build()
        .context("the exporter for OTEL_EXPORTER_OTLP_ENDPOINT can't be built")?;
    Ok(provider.with_batch_exporter(exporter).build())
}

fn meter(registry: &Registry, resource: Resource) -> anyhow::Result<SdkMeterProvider> {
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()
        .context("the metrics can't be set up")?;
    Ok(SdkMeterProvider::builder().with_resource(resource).with_reader(exporter).build())
}

/// All metrics, in Prometheus' text form. Empty where no telemetry is installed.
#[must_use]
pub fn metrics_text() -> String {
    let Some(registry) = REGISTRY.get() else { return String::new() };
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap_or_else(|error| {
        tracing::warn!(%error, "the metrics can't be written down");
        String::new()
    })
}
