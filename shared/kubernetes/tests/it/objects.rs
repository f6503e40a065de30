//! Content of the objects, and the Events about them.

use serde_json::{Value, json};
use shotengai_fake_cluster::{FakeCluster, Mishap, Outage};
use shotengai_messaging::{LeaseChange, Leases};

use super::*;

fn take_over(holder: &str) -> LeaseChange {
    LeaseChange::TakeOver { holder: holder.to_owned(), duration: LASTS }
}

/// Reasons and notes of all Events, once there are so many.
async fn events(fake: &FakeCluster, count: usize) -> Vec<(String, String)> {
    let deadline = Instant::now() + 60 * SECOND;
    while fake.events().len() < count {
        assert!(Instant::now() < deadline, "{:?}", fake.events());
        tokio::time::sleep(SECOND / 100).await;
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut events: Vec<_> = fake.events().iter().map(|event| (text(&event["reason"]), text(&event["note"]))).collect();
    events.sort();
    events
}

#[tokio::test(start_paused = true)]
async fn a_shards_lease_reads_well_in_kubectl() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let created = leases.create(SHARD, "bridge-0_1", Duration::from_millis(10_500)).await.unwrap();
    tokio::time::sleep(4 * SECOND).await;
    leases.change(&created, LeaseChange::Renew).await.unwrap();
    let object = fake.lease("bridge-ec-events-shardid-000000000000-").unwrap();
    let labels = json!({
        "app.kubernetes.io/part-of": "shotengai", "app.kubernetes.io/managed-by": "shotengai",
        "shotengai.dev/group": "bridge-ec-events", "shotengai.dev/kind": "shard",
    });
    let annotations = json!({
        "shotengai.dev/group": GROUP, "shotengai.dev/lease": SHARD, "shotengai.dev/lease-duration-ms": "10500",
    });
    assert_eq!((&object["metadata"]["labels"], &object["metadata"]["annotations"]), (&labels, &annotations));
    let spec = json!({
        "holderIdentity": "bridge-0_1", "leaseDurationSeconds": 11, "leaseTransitions": 0,
        "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:04.000000Z",
    });
    assert_eq!(object["spec"], spec);
    let member = leases.create("member/bridge-0_1", "bridge-0_1", LASTS).await.unwrap();
    let object = fake.lease("bridge-ec-events-member-bridge-0-1-").unwrap();
    assert_eq!(object["metadata"]["labels"]["shotengai.dev/kind"], "member");
    leases.delete(&member).await.unwrap();
    assert_eq!(fake.lease("bridge-ec-events-member"), None);
}

#[tokio::test(start_paused = true)]
async fn what_others_wrote_into_an_object_stays_there() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    leases.create(SHARD, "one", LASTS).await.unwrap();
    let name = fake.leases()[0]["metadata"]["name"].as_str().unwrap().to_owned();
    fake.edit(&name, |lease| lease["metadata"]["annotations"]["team"] = json!("sweets"));
    let seen = leases.list().await.unwrap().remove(0);
    let renewed = leases.change(&seen, LeaseChange::Renew).await.unwrap();
    leases.change(&renewed, take_over("other")).await.unwrap();
    let object = &fake.leases()[0];
    assert_eq!(object["metadata"]["annotations"]["team"], "sweets");
    assert_eq!((&object["spec"]["holderIdentity"], &object["spec"]["leaseTransitions"]), (&json!("other"), &json!(1)));
}

/// Names of an object's owners.
fn owners(object: &Value) -> Vec<String> {
    let owners = object["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
    owners
        .iter()
        .map(|owner| format!("{}/{}", owner["kind"].as_str().unwrap(), owner["name"].as_str().unwrap()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_lease_belongs_to_the_pod_that_holds_it_and_to_nobody_else_s() {
    let fake = FakeCluster::new();
    let of_pod = |name: &str| cluster(&fake).used_by_pod(name, format!("uid-of-{name}")).leases(GROUP);
    let (one, other, no_pod) = (of_pod("bridge-0"), of_pod("bridge-1"), cluster(&fake).leases(GROUP));
    let shard = |fake: &FakeCluster| fake.lease("bridge-ec-events-shardid").unwrap();

    let lease = one.create(SHARD, "bridge-0_1", LASTS).await.unwrap();
    let owner = json!([{"apiVersion": "v1", "kind": "Pod", "name": "bridge-0", "uid": "uid-of-bridge-0"}]);
    assert_eq!(shard(&fake)["metadata"]["ownerReferences"], owner);
    one.create("member/bridge-0_1", "bridge-0_1", LASTS).await.unwrap();
    assert_eq!(owners(&fake.lease("bridge-ec-events-member").unwrap()), ["Pod/bridge-0"]);

    // Somebody's own owner stays, whoever holds it.
    let name = shard(&fake)["metadata"]["name"].as_str().unwrap().to_owned();
    fake.edit(&name, |lease| {
        let theirs = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "theirs", "uid": "u"});
        lease["metadata"]["ownerReferences"].as_array_mut().unwrap().push(theirs);
    });
    let seen = other.list().await.unwrap().into_iter().find(|lease| lease.name == SHARD).unwrap();
    assert_ne!(seen.token, lease.token);
    let taken = other.change(&seen, take_over("bridge-1_1")).await.unwrap();
    assert_eq!(owners(&shard(&fake)), ["Deployment/theirs", "Pod/bridge-1"]);

    // Given back it still goes with the pod, unless another takes it before.
    let free = other.change(&taken, LeaseChange::Release).await.unwrap();
    assert_eq!(owners(&shard(&fake)), ["Deployment/theirs", "Pod/bridge-1"]);
    // One that is no pod must not lose it when that pod goes.
    let taken = no_pod.change(&free, take_over("laptop_1")).await.unwrap();
    assert_eq!(owners(&shard(&fake)), ["Deployment/theirs"]);
    no_pod.change(&taken, LeaseChange::Renew).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_written_anew_belongs_to_the_pod_that_did_it() {
    let fake = FakeCluster::new();
    let of_pod = |name: &str| cluster(&fake).used_by_pod(name, format!("uid-of-{name}")).leases(GROUP);
    of_pod("bridge-0").create(SHARD, "bridge-0_1", LASTS).await.unwrap();
    let name = fake.leases()[0]["metadata"]["name"].as_str().unwrap().to_owned();
    fake.edit(&name, |lease| lease["metadata"]["labels"] = json!({}));
    of_pod("bridge-1").create(SHARD, "bridge-1_1", LASTS).await.unwrap();
    assert_eq!(owners(&fake.leases()[0]), ["Pod/bridge-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_changes_hands_is_told_in_an_event() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let one = leases.create(SHARD, "one", LASTS).await.unwrap();
    let other = leases.change(&one, take_over("other")).await.unwrap();
    let free = leases.change(&other, LeaseChange::Release).await.unwrap();
    leases.change(&free, take_over("third")).await.unwrap();
    leases.create("member/one", "one", LASTS).await.unwrap();
    let told = events(&fake, 4).await;
    let told: Vec<_> = told.iter().map(|(reason, note)| (reason.as_str(), note.as_str())).collect();
    assert_eq!(
        told,
        [
            ("ShardReleased", "other gave shardId-000000000000 back"),
            ("ShardTaken", "one reads shardId-000000000000"),
            ("ShardTaken", "third reads shardId-000000000000"),
            ("ShardTakenOver", "other took shardId-000000000000 over from one, which did not renew in time"),
        ]
    );
    let event = fake.events().remove(0);
    let lease = &fake.lease("bridge-ec-events-shardid").unwrap()["metadata"];
    assert_eq!((&event["regarding"]["kind"], &event["regarding"]["name"]), (&json!("Lease"), &lease["name"]));
    assert_eq!(event["regarding"]["uid"], lease["uid"]);
}

#[tokio::test(start_paused = true)]
async fn leases_do_not_wait_for_events_and_do_without() {
    let (log, _guard) = Log::capture();
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    fake.forbid("create events", true);
    let mut lease = leases.create(SHARD, "one", LASTS).await.unwrap();
    for n in 0..20 {
        lease = leases.change(&lease, take_over(&format!("holder-{n}"))).await.unwrap();
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!((fake.events().len(), fake.calls_of("create events")), (0, 21));
    assert_eq!(log.lines_with("an Event was not written"), 1, "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_answered_ends_in_a_fault_in_time_for_others() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let lease = leases.create(SHARD, "one", LASTS).await.unwrap();
    fake.outage(Some(Outage::Stalls));
    let asked = Instant::now();
    let fault = leases.change(&lease, LeaseChange::Renew).await.unwrap_err().to_string();
    assert!(fault.contains("kubernetes.UpdateLease failed (transient): no answer within 2000 ms"), "{fault}");
    assert_eq!(asked.elapsed(), 2 * SECOND);
    let asked = Instant::now();
    leases.create("shard-2", "one", 4 * SECOND).await.unwrap_err();
    assert_eq!(asked.elapsed(), Duration::from_millis(800), "less than a fifth of the lease");
    leases.list().await.unwrap_err();
    leases.delete(&lease).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_answer_the_change_is_seen_and_not_made_twice() {
    let fake = FakeCluster::new();
    let leases = leases(&fake);
    let lease = leases.create(SHARD, "one", LASTS).await.unwrap();
    fake.mishap("update leases", Mishap::LoseAnswer);
    leases.change(&lease, take_over("other")).await.unwrap_err();
    tokio::time::sleep(SECOND).await;
    let conflict = leases.change(&lease, take_over("other")).await.unwrap_err().to_string();
    assert!(conflict.contains("another process changed"), "{conflict}");
    let seen = leases.list().await.unwrap().remove(0);
    assert_eq!((seen.holder.as_deref(), seen.transitions), (Some("other"), 1));
    leases.change(&seen, LeaseChange::Renew).await.unwrap();
}
