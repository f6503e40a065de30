//! What operators see of calls.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use opentelemetry_sdk::metrics::SdkMeterProvider;
use shotengai_aws::AwsConfig;
use shotengai_aws::admin::StreamSpec;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::STREAM;
use shotengai_kernel::{AggregateId, ProductId, Version};
use shotengai_messaging::ports::bucket::Upload;
use shotengai_messaging::{Infrastructure, StreamRecord};
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

    let counted = |outcome: &str| counted("shotengai_aws_requests_total", "dynamodb", "PutItem", ("outcome", outcome));
    // Tests beside this one count too.
    assert!(counted("ok") >= 1.0 && counted("refused") >= 1.0);
}

/// What a counter says of an operation, with one more label.
fn counted(counter: &str, service: &str, method: &str, (label, value): (&str, &str)) -> f64 {
    let families = METRICS.gather();
    let Some(family) = families.iter().find(|family| family.name() == counter) else { return 0.0 };
    let with_labels = family.get_metric().iter().filter(|metric| {
        let has =
            |name: &str, value: &str| metric.get_label().iter().any(|it| it.name() == name && it.value() == value);
        has("rpc_service", service) && has("rpc_method", method) && has(label, value)
    });
    with_labels.map(|metric| metric.get_counter().get_value()).sum()
}

#[tokio::test]
async fn what_calls_are_paid_by_is_added_up() {
    let units = |service, method, unit| counted("shotengai_aws_units_total", service, method, ("unit", unit));
    let aws = account_with_store().await;
    let before = units("dynamodb", "PutItem", "write");
    let store = aws.event_store(Owner::Catalog);
    store.append(&[commit("prod_1", 0)]).await.unwrap();
    // The item, and its entries in two indexes.
    assert!(units("dynamodb", "PutItem", "write") >= before + 3.0);
    let before = units("dynamodb", "Query", "read");
    store.load(&AggregateId::from(&ProductId::parse("prod_1").unwrap()), Version::ZERO).await.unwrap();
    assert!(units("dynamodb", "Query", "read") >= before + 1.0, "a consistent read");

    let spec = StreamSpec { shards: 1, retention: Duration::from_secs(24 * 3600) };
    aws.admin().ensure_stream(STREAM, spec).await.unwrap();
    let before = units("kinesis", "PutRecords", "payload");
    let record = |bytes| StreamRecord { key: "a".to_owned(), data: vec![b'x'; bytes] };
    aws.stream_writer().put(&[record(1), record(25 * 1024), record(25 * 1024 + 1)]).await.unwrap();
    assert!(units("kinesis", "PutRecords", "payload") >= before + 4.0);
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
