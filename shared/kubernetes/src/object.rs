//! Object of a lease: its fields, as they are written and read.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease as LeaseObject, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta, OwnerReference};
use kube::api::Preconditions;
use shotengai_kernel::Timestamp;
use shotengai_messaging::{Lease, LeaseChange};
use shotengai_streaming::lease::MEMBER_PREFIX;

use crate::names::{group_label, object_name};

const PART_OF: &str = "app.kubernetes.io/part-of";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const US: &str = "shotengai";
/// A label with the group made readable, and an annotation with the group itself.
const GROUP: &str = "shotengai.dev/group";
const KIND: &str = "shotengai.dev/kind";
/// The annotation with the lease's own name, which the object's name can't always hold.
const NAME: &str = "shotengai.dev/lease";
/// The annotation with the duration to the millisecond; `leaseDurationSeconds` is rounded up.
const DURATION: &str = "shotengai.dev/lease-duration-ms";

/// Kind of an object within its group.
#[derive(Debug, PartialEq)]
pub(crate) enum Read {
    /// A lease.
    Lease(Lease),
    /// Under a lease's name stands what can't be read: free, of no duration.
    Broken(Lease, String),
    /// None of this group's; why.
    Foreign(String),
}

/// The objects of a group, in the selector's language.
pub(crate) fn selector(group: &str) -> String {
    format!("{MANAGED_BY}={US},{GROUP}={}", group_label(group))
}

/// Kubernetes keeps microseconds; what is finer would not read back equal.
pub(crate) fn micros(at: Timestamp) -> MicroTime {
    MicroTime(Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at))
}

pub(crate) fn is_shard(lease: &str) -> bool {
    !lease.starts_with(MEMBER_PREFIX)
}

/// The object of a lease that is held from `now` on.
pub(crate) fn new(group: &str, name: &str, holder: &str, duration: Duration, now: MicroTime) -> LeaseObject {
    let metadata = ObjectMeta { name: Some(object_name(group, name)), ..ObjectMeta::default() };
    let mut object = LeaseObject { metadata, spec: None };
    sign(&mut object, group, name);
    hold(&mut object, holder, duration, 0, now);
    object
}

/// Labels and annotations by which the object is known; what others wrote beside them stays.
pub(crate) fn sign(object: &mut LeaseObject, group: &str, name: &str) {
    let kind = if is_shard(name) { "shard" } else { "member" };
    let labels = object.metadata.labels.get_or_insert_default();
    for (key, value) in [(PART_OF, US), (MANAGED_BY, US), (GROUP, &group_label(group)), (KIND, kind)] {
        labels.insert(key.to_owned(), value.to_owned());
    }
    let annotations = object.metadata.annotations.get_or_insert_default();
    for (key, value) in [(GROUP, group), (NAME, name)] {
        annotations.insert(key.to_owned(), value.to_owned());
    }
}

/// Makes it somebody's from `now` on, whatever stood there.
pub(crate) fn hold(object: &mut LeaseObject, holder: &str, duration: Duration, transitions: i32, now: MicroTime) {
    let annotations = object.metadata.annotations.get_or_insert_default();
    annotations.insert(DURATION.to_owned(), duration.as_millis().to_string());
    object.spec = Some(LeaseSpec {
        holder_identity: Some(holder.to_owned()),
        lease_duration_seconds: Some(whole_seconds(duration)),
        acquire_time: Some(now.clone()),
        renew_time: Some(now),
        lease_transitions: Some(transitions),
        ..LeaseSpec::default()
    });
}

/// A pod as an owner. It doesn't hold up anybody's deletion: that would take a right more.
pub(crate) fn pod(name: String, uid: String) -> OwnerReference {
    OwnerReference { api_version: "v1".to_owned(), kind: "Pod".to_owned(), name, uid, ..OwnerReference::default() }
}

/// Makes this pod the owner in place of the pod before; owners of other kinds stay.
pub(crate) fn own(object: &mut LeaseObject, pod: Option<&OwnerReference>) {
    let mut owners = object.metadata.owner_references.take().unwrap_or_default();
    owners.retain(|owner| owner.kind != "Pod" || owner.api_version != "v1");
    owners.extend(pod.cloned());
    object.metadata.owner_references = Some(owners).filter(|owners| !owners.is_empty());
}

/// The object after a change.
pub(crate) fn changed(mut object: LeaseObject, change: &LeaseChange, now: MicroTime) -> LeaseObject {
    let spec = object.spec.get_or_insert_default();
    match change {
        LeaseChange::Renew => spec.renew_time = Some(now),
        LeaseChange::Release => spec.holder_identity = None,
        LeaseChange::TakeOver { holder, duration } => {
            let transitions = spec.lease_transitions.unwrap_or_default().max(0).saturating_add(1);
            hold(&mut object, holder, *duration, transitions, now);
        }
    }
    object
}

/// Content of an object.
pub(crate) fn read(object: &LeaseObject, group: &str) -> Read {
    let Some(token) = token(object) else { return Read::Foreign("it has no uid or resourceVersion".to_owned()) };
    let none = BTreeMap::new();
    let annotations = object.metadata.annotations.as_ref().unwrap_or(&none);
    let labels = object.metadata.labels.as_ref().unwrap_or(&none);
    let label = |key: &str, value: &str| labels.get(key).is_some_and(|found| found == value);
    if !label(MANAGED_BY, US) || !label(GROUP, &group_label(group)) {
        return Read::Foreign(format!("its labels {MANAGED_BY} and {GROUP} are not this group's"));
    }
    let Some(name) = annotations.get(NAME) else { return Read::Foreign(format!("it has no annotation {NAME}")) };
    if annotations.get(GROUP).is_none_or(|found| found != group)
        || object.metadata.name.as_deref() != Some(&object_name(group, name))
    {
        return Read::Foreign(format!("its name and its annotations {GROUP} and {NAME} don't fit each other"));
    }
    let broken = |why: &str| {
        let (name, token) = (name.clone(), token.clone());
        Read::Broken(Lease { name, holder: None, duration: Duration::ZERO, transitions: 0, token }, why.to_owned())
    };
    let Some(spec) = &object.spec else { return broken("it has no spec") };
    let Some(seconds) = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok()) else {
        return broken("its spec has no leaseDurationSeconds");
    };
    let Ok(transitions) = u64::try_from(spec.lease_transitions.unwrap_or_default()) else {
        return broken("its leaseTransitions are below zero");
    };
    // Somebody may have edited the seconds alone: then they count.
    let exact = annotations.get(DURATION).and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
    let exact = exact.filter(|exact| u64::try_from(whole_seconds(*exact)).is_ok_and(|whole| whole == seconds));
    Read::Lease(Lease {
        name: name.clone(),
        // Other clients give a lease back by an empty holder.
        holder: spec.holder_identity.clone().filter(|holder| !holder.is_empty()),
        duration: exact.unwrap_or(Duration::from_secs(seconds)),
        transitions,
        token,
    })
}

/// An object's uid and version: one that was deleted and created again has another, even if the server's counter was
/// restored from a backup.
pub(crate) fn token(object: &LeaseObject) -> Option<String> {
    let ObjectMeta { uid, resource_version, .. } = &object.metadata;
    Some(format!("{}/{}", uid.as_deref()?, resource_version.as_deref()?))
}

/// A token as a condition.
pub(crate) fn preconditions(token: &str) -> Option<Preconditions> {
    let (uid, version) = token.split_once('/')?;
    Some(Preconditions { uid: Some(uid.to_owned()), resource_version: Some(version.to_owned()) })
}

/// At least one: the API server takes no other.
fn whole_seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis().div_ceil(1000).max(1)).unwrap_or(i32::MAX)
}
