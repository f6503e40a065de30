//! Objects that were deleted, mangled or forbidden: errors that name them, and a way on.

use http::StatusCode;
use serde_json::json;
use shotengai_fake_cluster::{FakeCluster, Mishap};
use shotengai_messaging::{FaultKind, LeaseChange, LeaseError, Leases};

use super::*;

fn take_over(holder: &str) -> LeaseChange {
    LeaseChange::TakeOver { holder: holder.to_owned(), duration: LASTS }
}

fn name(fake: &FakeCluster) -> String {
    fake.leases()[0]["metadata"]["name"].as_str().unwrap().to_owned()
}

/// Change to an object behind our back.
type Breakage = fn(&mut serde_json::Value);

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_deleted_is_gone_and_no_change_creates_it() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let lease = leases.create(SHARD, "one", LASTS).await.unwrap();
    fake.delete(&name(&fake));
    for change in [LeaseChange::Renew, take_over("other"), LeaseChange::Release] {
        let error = leases.change(&lease, change).await.unwrap_err();
        assert!(matches!(error, LeaseError::Gone { .. }), "{error}");
    }
    assert!(fake.leases().is_empty(), "the API server creates what a PUT names, unless it names a uid");
    leases.delete(&lease).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_that_was_restored_under_the_same_version_is_another() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let lease = leases.create(SHARD, "one", LASTS).await.unwrap();
    let standing = fake.leases().remove(0);
    fake.delete(&name(&fake));
    fake.put("shop", standing);
    let error = leases.change(&lease, LeaseChange::Renew).await.unwrap_err();
    assert!(matches!(error, LeaseError::Conflict { .. }), "{error}");
    assert!(matches!(leases.delete(&lease).await, Err(LeaseError::Conflict { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_lease_without_a_spec_is_named_once_and_counts_as_free() {
    let (log, _guard) = Log::capture();
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    leases.create(SHARD, "one", LASTS).await.unwrap();
    let breakages: [(&str, Breakage); 3] = [
        ("it has no spec", |lease| drop(lease.as_object_mut().unwrap().remove("spec"))),
        ("its spec has no leaseDurationSeconds", |lease| lease["spec"] = json!({"holderIdentity": "nobody"})),
        ("its leaseTransitions are below zero", |lease| lease["spec"]["leaseTransitions"] = json!(-1)),
    ];
    for (why, breakage) in breakages {
        fake.edit(&name(&fake), breakage);
        for _ in 0..5 {
            let broken = leases.list().await.unwrap().remove(0);
            assert_eq!((broken.name.as_str(), &broken.holder, broken.duration), (SHARD, &None, Duration::ZERO));
        }
        assert_eq!(log.lines_with(why), 1, "{}", log.text());
        let broken = leases.list().await.unwrap().remove(0);
        let taken = leases.change(&broken, take_over("two")).await.unwrap();
        assert_eq!((taken.holder.as_deref(), taken.duration), (Some("two"), LASTS));
        assert_eq!(leases.list().await.unwrap(), [taken]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_edited_duration_counts_and_an_empty_holder_is_none() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    leases.create(SHARD, "one", Duration::from_millis(10_500)).await.unwrap();
    assert_eq!(leases.list().await.unwrap()[0].duration, Duration::from_millis(10_500));
    fake.edit(&name(&fake), |lease| {
        lease["spec"]["leaseDurationSeconds"] = json!(60);
        lease["spec"]["holderIdentity"] = json!("");
    });
    let seen = leases.list().await.unwrap().remove(0);
    assert_eq!((seen.duration, seen.holder), (60 * SECOND, None));
}

#[tokio::test(start_paused = true)]
async fn a_lease_whose_labels_were_taken_is_written_anew_by_the_next_taker() {
    let (log, _guard) = Log::capture();
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let lease = leases.create(SHARD, "one", LASTS).await.unwrap();
    fake.edit(&name(&fake), |lease| lease["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"}));
    assert_eq!(leases.list().await.unwrap(), []);
    assert!(matches!(leases.change(&lease, LeaseChange::Renew).await, Err(LeaseError::Conflict { .. })));
    let adopted = leases.create(SHARD, "two", LASTS).await.unwrap();
    assert_eq!(leases.list().await.unwrap(), [adopted]);
    assert_eq!(log.lines_with("it is written anew"), 1, "{}", log.text());
    assert_eq!(fake.leases().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_carries_our_labels_and_is_no_lease_of_the_group_is_passed_over_and_named_once() {
    let (log, _guard) = Log::capture();
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    leases.create(SHARD, "one", LASTS).await.unwrap();
    let labels = fake.leases()[0]["metadata"]["labels"].clone();
    fake.put("shop", json!({"metadata": {"name": "stray", "labels": labels}, "spec": {"holderIdentity": "x"}}));
    let mut copy = fake.leases().remove(0);
    copy["metadata"]["name"] = json!("a-copy");
    fake.put("shop", copy);
    fake.put("elsewhere", json!({"metadata": {"name": "other-namespace", "labels": labels}}));
    for _ in 0..5 {
        assert_eq!(leases.list().await.unwrap().len(), 1);
    }
    assert_eq!(log.lines_with("passed over"), 2, "{}", log.text());
    assert!(log.text().contains("stray") && log.text().contains("a-copy"));
}

#[tokio::test(start_paused = true)]
async fn groups_that_look_alike_share_no_leases() {
    let fake = FakeCluster::new();
    let (one, two) = (cluster(&fake).leases("bridge/ec-events"), cluster(&fake).leases("bridge-ec/events"));
    one.create(SHARD, "one", LASTS).await.unwrap();
    assert_eq!(two.list().await.unwrap(), []);
    two.create(SHARD, "two", LASTS).await.unwrap();
    assert_eq!(one.list().await.unwrap()[0].holder.as_deref(), Some("one"));
    assert_eq!(fake.leases().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn more_leases_than_a_page_holds_are_all_listed() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    for n in 0..1001 {
        leases.create(&format!("shardId-{n:012}"), "one", LASTS).await.unwrap();
    }
    assert_eq!(leases.list().await.unwrap().len(), 1001);
    assert_eq!(fake.calls_of("list leases"), 3);
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_api_server_say_what_can_be_done() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let cases = [
        (StatusCode::SERVICE_UNAVAILABLE, FaultKind::Transient),
        (StatusCode::INTERNAL_SERVER_ERROR, FaultKind::Transient),
        (StatusCode::GONE, FaultKind::Transient),
        (StatusCode::TOO_MANY_REQUESTS, FaultKind::Throttled),
        (StatusCode::UNAUTHORIZED, FaultKind::Denied),
        (StatusCode::UNPROCESSABLE_ENTITY, FaultKind::Permanent),
    ];
    for (code, kind) in cases {
        fake.mishap("list leases", Mishap::Refuse(code));
        let fault = leases.list().await.unwrap_err();
        assert_eq!((fault.kind(), fault.operation()), (kind, "kubernetes.ListLeases"), "{fault}");
        assert!(fault.to_string().contains(code.as_str()), "{fault}");
    }
    fake.forbid("create leases", true);
    let error = leases.create(SHARD, "one", LASTS).await.unwrap_err().to_string();
    assert!(error.contains("kubernetes.CreateLease failed (denied): 403 Forbidden"), "{error}");
    assert!(error.contains("the user cannot create leases in the namespace shop"), "{error}");
}
