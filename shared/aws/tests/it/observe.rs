//! What operators see of calls.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use opentelemetry_sdk::metrics::SdkMeterProvider;
use shotengai_aws::AwsConfig;
use shotengai_contracts::Owner;
use shotengai_messaging::Infrastructure;
use shotengai_messaging::ports::bucket::Upload;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::{Instrument, info_span, span};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::local::{account_with_store, commit, connect, endpoint};

/// Collects the names under which spans are exported.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Names {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        attributes.record(&mut self.clone());
    }
}

impl Visit for Names {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "otel.name" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }
}

/// What this process counts.
pub(crate) static METRICS: LazyLock<prometheus::Registry> = LazyLock::new(|| {
    let registry = prometheus::Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
    opentelemetry::global::set_meter_provider(SdkMeterProvider::builder().with_reader(exporter).build());
    registry
});

#[tokio::test]
async fn requests_are_counted_by_outcome_and_traced_inside_a_span_only() {
    shotengai_testing::harness::every_line_counts();
    let names = Names::default();

    let traced = async {
        let store = account_with_store().await.event_store(Owner::Catalog);
        store.append(&[commit("prod_1", 0)]).await.unwrap();
        assert!(names.0.lock().unwrap().is_empty(), "no span is open");
        let lost = store.append(&[commit("prod_1", 0)]).instrument(info_span!("request")).await;
        assert!(lost.is_err());
        assert_eq!(*names.0.lock().unwrap(), ["dynamodb.PutItem"]);
    };
    // The SDK has spans of its own at lower levels.
    traced.with_subscriber(Registry::default().with(LevelFilter::INFO).with(names.clone())).await;

    let families = METRICS.gather();
    let family = families.iter().find(|family| family.name() == "shotengai_aws_requests_total").unwrap();
    let counted = |outcome: &str| -> f64 {
        let with_labels = family.get_metric().iter().filter(|metric| {
            let has = |name: &str, value: &str| {
                metric.get_label().iter().any(|label| label.name() == name && label.value() == value)
            };
            has("rpc_service", "dynamodb") && has("rpc_method", "PutItem") && has("outcome", outcome)
        });
        with_labels.map(|metric| metric.get_counter().get_value()).sum()
    };
    // Tests beside this one count too.
    assert!(counted("ok") >= 1.0 && counted("refused") >= 1.0);
}

/// Nothing is sent, so there is nothing that could have failed.
#[tokio::test]
async fn signing_is_no_request() {
    shotengai_testing::harness::every_line_counts();
    let names = Names::default();
    let signed = async {
        let bucket = connect(AwsConfig::local(endpoint())).await.bucket("signed-only");
        let upload = Upload { key: "uploads/a".to_owned(), content_type: "image/png".to_owned(), size: 1 };
        let within = async {
            bucket.sign_upload(&upload, Duration::from_secs(60)).await.unwrap();
            bucket.sign_download("images/a", Duration::from_secs(60)).await.unwrap();
        };
        within.instrument(info_span!("request")).await;
        assert_eq!(*names.0.lock().unwrap(), Vec::<String>::new());
        // A request has a span, so the list would not be empty by chance.
        let pinged = bucket.ping().instrument(info_span!("request")).await;
        assert!(pinged.is_err(), "nobody made this bucket");
        assert_eq!(*names.0.lock().unwrap(), ["s3.HeadBucket"]);
    };
    signed.with_subscriber(Registry::default().with(LevelFilter::INFO).with(names.clone())).await;
}
