//! Provisioning a local AWS.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use shotengai_aws::admin::{QueueSpec, StreamSpec, SubscriptionSpec, TableSpec};
use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{STREAM, queues, tables};
use shotengai_kernel::Ports;
use shotengai_provisioning::{Options, Outcome, Resource, check, destroy, provision, resources};
use shotengai_street::{MiniStack, MiniStackConfig, locate_venv};

/// A local AWS of this test's own.
struct Local {
    server: MiniStack,
    _folder: tempfile::TempDir,
}

impl Local {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let config =
            MiniStackConfig { venv: locate_venv(&repository).unwrap(), state_dir: folder.path().to_owned(), port: 0 };
        Self { server: MiniStack::start(&config).await.unwrap(), _folder: folder }
    }

    /// An installation in an account of its own.
    async fn account(&self, account: &str) -> Aws {
        let config = AwsConfig {
            local_account: Some(account.to_owned()),
            prefix: "blue-".to_owned(),
            ..AwsConfig::local(self.server.endpoint_url())
        };
        Aws::connect(config, Ports::system()).await
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn provisioning_twice_at_once_and_again_makes_one_set_and_destroying_leaves_nothing() {
    let local = Local::start().await;
    let aws = local.account("100000000001").await;
    let options = Options::default();
    let quiet = |_: &_, _| {};

    let (one, two) =
        tokio::join!(is_send(provision(&aws, &options, &quiet)), is_send(provision(&aws, &options, &quiet)));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one.resources.len(), two.resources.len());
    assert!(check(&aws, &options).await.unwrap().iter().all(|(_, present)| *present));

    let again = provision(&aws, &options, &quiet).await.unwrap();
    let others: Vec<_> = again.resources.iter().filter(|(_, outcome)| *outcome != Outcome::Found).collect();
    assert!(others.is_empty(), "{others:?}");
    let names = |report: &shotengai_provisioning::Report| {
        report.resources.iter().map(|(resource, _)| resource.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&again), names(&one), "reports name resources in the table's order");

    let destroyed = destroy(&aws, &options, &|_, _| {}).await.unwrap();
    assert!(destroyed.iter().all(|(_, existed)| *existed), "{destroyed:?}");
    assert!(check(&aws, &options).await.unwrap().iter().all(|(_, present)| !present));
    let destroyed = destroy(&aws, &options, &|_, _| {}).await.unwrap();
    assert!(destroyed.iter().all(|(_, existed)| !*existed));
    local.server.stop().await.unwrap();
}

#[tokio::test]
async fn a_fresh_account_is_provisioned_quickly_and_each_resource_is_told() {
    let local = Local::start().await;
    let aws = local.account("100000000002").await;
    let told = std::sync::Mutex::new(Vec::new());
    let report = provision(&aws, &Options { shards: 2, ..Options::default() }, &|resource, outcome| {
        told.lock().unwrap().push((resource.to_string(), outcome));
    })
    .await
    .unwrap();
    assert_eq!(report.count(Outcome::Created), report.resources.len());
    assert_eq!(told.lock().unwrap().len(), report.resources.len());
    println!("{} resources in {:?}", report.resources.len(), report.elapsed);
    // The aim is 1.5 s; other tests share the machine.
    assert!(report.elapsed.as_secs() < 10, "{:?}", report.elapsed);
    let again = provision(&aws, &Options { shards: 2, ..Options::default() }, &|_, _| {}).await.unwrap();
    println!("again in {:?}", again.elapsed);
    assert!(again.elapsed.as_secs() < 10, "{:?}", again.elapsed);
    local.server.stop().await.unwrap();
}

#[tokio::test]
async fn an_installation_without_images_has_no_bucket_and_looks_for_none() {
    let local = Local::start().await;
    let aws = local.account("100000000008").await;
    let without = Options { shards: 1, buckets: false, ..Options::default() };
    let report = provision(&aws, &without, &|_, _| {}).await.unwrap();
    assert_eq!(report.count(Outcome::Created), report.resources.len());
    assert!(check(&aws, &without).await.unwrap().iter().all(|(_, present)| *present));
    let all = check(&aws, &Options::default()).await.unwrap();
    let missing: Vec<_> = all.iter().filter(|(_, present)| !present).map(|(resource, _)| resource.kind()).collect();
    assert_eq!(missing, ["bucket"]);
    assert!(destroy(&aws, &without, &|_, _| {}).await.unwrap().iter().all(|(_, existed)| *existed));
    local.server.stop().await.unwrap();
}

#[tokio::test]
async fn every_resource_that_fails_is_told_and_none_that_needs_it_is_begun() {
    let nobody = format!("http://127.0.0.1:{}", shotengai_street::free_port().unwrap());
    let config = AwsConfig { local_account: Some("100000000004".to_owned()), ..AwsConfig::local(nobody) };
    let aws = Aws::connect(config, Ports::system()).await;
    let errors = provision(&aws, &Options::default(), &|resource, _| panic!("{resource} was made")).await.unwrap_err();
    let told: Vec<String> = errors.0.iter().map(|error| error.resource.to_string()).collect();
    let first =
        |resource: &Resource| matches!(resource, Resource::Stream { .. } | Resource::Table(_) | Resource::Topic(_));
    let all = resources(aws.config(), &Options::default());
    let wanted: Vec<String> = all.iter().filter(|resource| first(resource)).map(ToString::to_string).collect();
    assert_eq!(told, wanted);
    assert!(
        errors.to_string().contains("the stream ec-events: ") && errors.to_string().contains("; the table "),
        "{errors}"
    );
}

#[tokio::test]
async fn what_differs_is_changed_and_nothing_else() {
    let local = Local::start().await;
    let aws = local.account("100000000003").await;
    let options = Options::default();
    provision(&aws, &options, &|_, _| {}).await.unwrap();

    // Each as an earlier release might have left it.
    let admin = aws.admin();
    let mut drifted = BTreeSet::new();
    for resource in resources(aws.config(), &options) {
        let name = resource.to_string();
        let outcome = match resource {
            Resource::Stream { name, spec } if name == STREAM => {
                admin.ensure_stream(STREAM, StreamSpec { retention: Duration::from_secs(24 * 3600), ..spec }).await
            }
            Resource::Queue(spec) if spec.name == queues::ORDER.name => {
                admin.ensure_queue(&QueueSpec { visibility: Duration::from_secs(7), ..spec }).await
            }
            Resource::Subscription(spec) if spec.queue == queues::TALLY.name => {
                admin.ensure_subscription(&SubscriptionSpec { event_types: vec!["OrderPaid"], ..spec }).await
            }
            Resource::Table(spec) if spec.name == tables::TALLY_COUNTERS.name => {
                admin.ensure_table(&TableSpec { expires: None, ..spec }).await
            }
            Resource::Table(spec) if spec.name == Owner::Order.events_table() => {
                admin.delete_table(&spec.name).await.unwrap();
                admin.ensure_table(&TableSpec { indexes: Vec::new(), ..spec }).await
            }
            _ => continue,
        };
        assert_ne!(outcome.unwrap(), Outcome::Found, "{name}");
        drifted.insert(name);
    }
    assert_eq!(drifted.len(), 5);

    let report = provision(&aws, &options, &|_, _| {}).await.unwrap();
    let changed = report.resources.iter().filter(|(_, outcome)| *outcome != Outcome::Found);
    assert!(changed.clone().all(|(_, outcome)| *outcome == Outcome::Changed));
    assert_eq!(changed.map(|(resource, _)| resource.to_string()).collect::<BTreeSet<_>>(), drifted);
    let again = provision(&aws, &options, &|_, _| {}).await.unwrap();
    assert_eq!(again.count(Outcome::Found), again.resources.len());
    local.server.stop().await.unwrap();
}
