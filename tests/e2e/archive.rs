//! The archive of all events, and a shop that is brought back from it.

mod disaster;
mod many;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use shotengai_contracts::topology::buckets::EVENT_ARCHIVE;
use shotengai_messaging::Infrastructure;
use shotengai_messaging::ports::bucket::{Bucket, NewObject};
use shotengai_tests::test_cluster::{TestCluster, binary};
use shotengai_tests::wait::until;

const WITHIN: Duration = Duration::from_secs(60);
/// Settings of a shop with an archive, which is not kept waiting.
pub(crate) const SETTINGS: [(&str, &str); 3] =
    [("ARCHIVE", "on"), ("ARCHIVE_AGE_SECONDS", "1"), ("ARCHIVE_LEASE_SECONDS", "3")];

/// A provisioned street with an archive.
pub(crate) async fn provisioned() -> TestCluster {
    TestCluster::provisioned_with(&binary(), &SETTINGS).await
}

/// Runs `archive …`; answers its exit code, standard output and standard error.
pub(crate) async fn archive(cluster: &TestCluster, args: &[&str]) -> (Option<i32>, String, String) {
    let output = cluster.command(&[&["archive"], args].concat()).output().await.unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), said, complained)
}

/// Holds the archive against the event stores, with no event too young.
pub(crate) async fn verified(cluster: &TestCluster) -> (Option<i32>, Value) {
    let (code, said, complained) = archive(cluster, &["verify", "--grace-seconds", "0", "--output", "json"]).await;
    (code, serde_json::from_str(&said).unwrap_or_else(|_| panic!("{code:?} {said} {complained}")))
}

/// Waits until the archive has every event.
pub(crate) async fn until_whole(cluster: &TestCluster) -> Value {
    let whole = Mutex::new(Value::Null);
    until("every event is in the archive", WITHIN, || async {
        let (code, report) = verified(cluster).await;
        if code != Some(0) {
            return Err(report.to_string());
        }
        *whole.lock().unwrap() = report;
        Ok(())
    })
    .await;
    whole.into_inner().unwrap()
}

/// The keys of the archive's objects with events.
pub(crate) async fn keys(bucket: &Arc<dyn Bucket>) -> Vec<String> {
    let (mut keys, mut after) = (Vec::<String>::new(), None);
    loop {
        let page = bucket.list("events/", after.as_deref(), 1000).await.unwrap();
        keys.extend(page.objects.into_iter().map(|object| object.key));
        if !page.more {
            return keys;
        }
        after = keys.last().cloned();
    }
}

pub(crate) fn bucket(cluster: &TestCluster) -> Arc<dyn Bucket> {
    cluster.aws.bucket(EVENT_ARCHIVE.name)
}

pub(crate) async fn put(bucket: &Arc<dyn Bucket>, key: &str, bytes: bytes::Bytes) {
    let object = NewObject { key: key.to_owned(), content_type: "application/gzip", cache_control: "no-store", bytes };
    bucket.put(object).await.unwrap();
}
