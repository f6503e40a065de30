//! Leases as `coordination.k8s.io/v1` objects, so that `kubectl get leases` shows who reads what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use k8s_openapi::api::coordination::v1::Lease as LeaseObject;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, Client};
use shotengai_kernel::Ports;
use shotengai_messaging::{Fault, FaultKind, Lease, LeaseChange, LeaseError, Leases};

use crate::fault::{Refused, call};
use crate::names::object_name;
use crate::object::{self, Read};
use crate::report::{Reporter, Story};

const PAGE: u32 = 500;
/// No call takes longer. A write takes less than a fifth of its lease, so that there is time for others.
const LIMIT: Duration = Duration::from_secs(2);
const LEAST_LIMIT: Duration = Duration::from_millis(200);

/// The leases of one group in one namespace.
///
/// Every write names the uid and the `resourceVersion` it saw. The uid matters: the API server creates a Lease that a
/// PUT names and that isn't there, unless a uid says that one was expected.
pub struct KubernetesLeases {
    api: Api<LeaseObject>,
    group: String,
    ports: Ports,
    reporter: Reporter,
    /// The pod that this process is: owner of what it holds.
    pod: Option<OwnerReference>,
    /// Objects as last seen, by the lease's name: a write keeps what the port doesn't know of.
    seen: Mutex<BTreeMap<String, LeaseObject>>,
    /// Objects that were named in the log, with the token they had.
    named: Mutex<BTreeMap<String, String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn limit_of(duration: Duration) -> Duration {
    (duration / 5).clamp(LEAST_LIMIT, LIMIT)
}

impl KubernetesLeases {
    pub(crate) fn new(client: Client, namespace: &str, group: &str, ports: Ports, pod: Option<OwnerReference>) -> Self {
        Self {
            api: Api::namespaced(client.clone(), namespace),
            group: group.to_owned(),
            reporter: Reporter::new(client, namespace, ports.clone()),
            ports,
            pod,
            seen: Mutex::default(),
            named: Mutex::default(),
        }
    }

    /// Whether this object, as it stands, has not been named in the log yet.
    fn is_news(&self, object: &LeaseObject) -> bool {
        let name = object.metadata.name.clone().unwrap_or_default();
        let token = object::token(object).unwrap_or_default();
        lock(&self.named).insert(name, token.clone()) != Some(token)
    }

    /// The lease in an object, where it is one of the group's.
    fn lease(&self, object: &LeaseObject) -> Option<Lease> {
        let shown = object.metadata.name.as_deref().unwrap_or_default();
        match object::read(object, &self.group) {
            Read::Lease(lease) => Some(lease),
            Read::Broken(lease, why) => {
                if self.is_news(object) {
                    tracing::error!(
                        group = self.group,
                        lease = lease.name,
                        object = shown,
                        why,
                        "this Lease can't be read; it counts as free"
                    );
                }
                Some(lease)
            }
            Read::Foreign(why) => {
                if self.is_news(object) {
                    tracing::error!(
                        group = self.group,
                        object = shown,
                        why,
                        "this Lease is not one of the group's; it is passed over"
                    );
                }
                None
            }
        }
    }

    /// Remembers an object that was just written or read, and answers its lease.
    fn note(&self, name: &str, object: LeaseObject) -> Result<Lease, LeaseError> {
        let lease = self.lease(&object).ok_or_else(|| LeaseError::Unreadable {
            name: name.to_owned(),
            why: "the API server answered with an object that is not the one asked for".to_owned(),
        })?;
        lock(&self.seen).insert(name.to_owned(), object);
        Ok(lease)
    }

    async fn get(&self, name: &str, limit: Duration) -> Result<Option<LeaseObject>, Fault> {
        let object = object_name(&self.group, name);
        match call("kubernetes.GetLease", limit, self.api.get(&object)).await {
            Ok(object) => Ok(Some(object)),
            Err(Refused::Missing) => Ok(None),
            Err(Refused::Conflict) => Err(impossible("kubernetes.GetLease")),
            Err(Refused::Fault(fault)) => Err(fault),
        }
    }

    /// The object as it was when the lease had this token.
    async fn object_of(&self, lease: &Lease, limit: Duration) -> Result<LeaseObject, LeaseError> {
        let has_token = |object: &LeaseObject| object::token(object).as_ref() == Some(&lease.token);
        let seen = lock(&self.seen).get(&lease.name).cloned();
        if let Some(object) = seen.filter(has_token) {
            return Ok(object);
        }
        let name = lease.name.clone();
        match self.get(&name, limit).await? {
            None => Err(LeaseError::Gone { name }),
            Some(object) if has_token(&object) => Ok(object),
            Some(_) => Err(LeaseError::Conflict { name }),
        }
    }

    async fn replace(&self, name: &str, wanted: &LeaseObject, limit: Duration) -> Result<Lease, LeaseError> {
        let object = object_name(&self.group, name);
        let params = PostParams::default();
        match call("kubernetes.UpdateLease", limit, self.api.replace(&object, &params, wanted)).await {
            Ok(written) => self.note(name, written),
            Err(Refused::Missing) => Err(LeaseError::Gone { name: name.to_owned() }),
            // Deleted, too, is a conflict: of the uid.
            Err(Refused::Conflict) => match self.get(name, limit).await? {
                None => Err(LeaseError::Gone { name: name.to_owned() }),
                Some(standing) if is_echo(&standing, wanted) => self.note(name, standing),
                Some(_) => Err(LeaseError::Conflict { name: name.to_owned() }),
            },
            Err(Refused::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Writes anew what stands under a lease's name and isn't listed, because somebody took its labels or annotations.
    /// A change of it by whoever held it fails: nobody finds it by its labels.
    async fn adopt(
        &self,
        name: &str,
        standing: LeaseObject,
        why: &str,
        wanted: LeaseObject,
    ) -> Result<Lease, LeaseError> {
        tracing::error!(group = self.group, lease = name, why, "a Lease of this name isn't listed; it is written anew");
        let mut object = standing;
        object::sign(&mut object, &self.group, name);
        let annotations = wanted.metadata.annotations.unwrap_or_default();
        object.metadata.annotations.get_or_insert_default().extend(annotations);
        object.spec = wanted.spec;
        object::own(&mut object, self.pod.as_ref());
        self.replace(name, &object, LIMIT).await
    }

    fn tell(&self, lease: &Lease, reason: &'static str, action: &'static str, by: &str, note: String) {
        let object = lock(&self.seen).get(&lease.name).cloned();
        if let Some(object) = object.filter(|_| object::is_shard(&lease.name)) {
            self.reporter.tell(&object, &Story { reason, action, by, note });
        }
    }

    fn tell_taken(&self, lease: &Lease, from: Option<&str>) {
        let (shard, by) = (&lease.name, lease.holder.as_deref().unwrap_or_default());
        match from.filter(|from| *from != by) {
            Some(from) => {
                let note = format!("{by} took {shard} over from {from}, which did not renew in time");
                self.tell(lease, "ShardTakenOver", "TakeOver", by, note);
            }
            None => self.tell(lease, "ShardTaken", "Take", by, format!("{by} reads {shard}")),
        }
    }
}

fn impossible(operation: &'static str) -> Fault {
    Fault::new(FaultKind::Permanent, operation, "409 Conflict where nothing is written")
}

/// Whether what stands is what was to be written: times are of the one write.
fn is_echo(standing: &LeaseObject, wanted: &LeaseObject) -> bool {
    wanted.metadata.uid.as_ref().is_none_or(|uid| standing.metadata.uid.as_ref() == Some(uid))
        && standing.spec == wanted.spec
        && standing.metadata.labels == wanted.metadata.labels
        && standing.metadata.annotations == wanted.metadata.annotations
}

#[async_trait]
impl Leases for KubernetesLeases {
    async fn list(&self) -> Result<Vec<Lease>, Fault> {
        let mut params = ListParams::default().labels(&object::selector(&self.group)).limit(PAGE);
        let (mut leases, mut seen, mut listed) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        loop {
            let page = match call("kubernetes.ListLeases", LIMIT, self.api.list(&params)).await {
                Ok(page) => page,
                Err(Refused::Fault(fault)) => return Err(fault),
                Err(refused) => {
                    return Err(Fault::new(FaultKind::Permanent, "kubernetes.ListLeases", format!("{refused:?}")));
                }
            };
            for object in page.items {
                listed.extend(object.metadata.name.clone());
                if let Some(lease) = self.lease(&object) {
                    seen.insert(lease.name.clone(), object);
                    leases.push(lease);
                }
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params.continue_token = Some(token),
                None => break,
            }
        }
        leases.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        lock(&self.named).retain(|object, _| listed.contains(object));
        *lock(&self.seen) = seen;
        Ok(leases)
    }

    async fn create(&self, name: &str, holder: &str, duration: Duration) -> Result<Lease, LeaseError> {
        let now = object::micros(self.ports.clock.now());
        let mut wanted = object::new(&self.group, name, holder, duration, now);
        object::own(&mut wanted, self.pod.as_ref());
        let limit = limit_of(duration);
        let params = PostParams::default();
        let lease = match call("kubernetes.CreateLease", limit, self.api.create(&params, &wanted)).await {
            Ok(created) => self.note(name, created)?,
            Err(Refused::Conflict) => match self.get(name, limit).await? {
                Some(standing) if is_echo(&standing, &wanted) => self.note(name, standing)?,
                Some(standing) => match object::read(&standing, &self.group) {
                    Read::Foreign(why) => match self.adopt(name, standing, &why, wanted).await {
                        Err(LeaseError::Gone { name }) => return Err(LeaseError::Conflict { name }),
                        adopted => adopted?,
                    },
                    Read::Lease(_) | Read::Broken(..) => return Err(LeaseError::Conflict { name: name.to_owned() }),
                },
                // Deleted in the meantime: the next look creates it.
                None => return Err(LeaseError::Conflict { name: name.to_owned() }),
            },
            Err(Refused::Missing) => {
                return Err(Fault::new(FaultKind::Permanent, "kubernetes.CreateLease", "404 NotFound").into());
            }
            Err(Refused::Fault(fault)) => return Err(fault.into()),
        };
        self.tell_taken(&lease, None);
        Ok(lease)
    }

    async fn change(&self, seen: &Lease, change: LeaseChange) -> Result<Lease, LeaseError> {
        let limit = match &change {
            LeaseChange::TakeOver { duration, .. } => limit_of(*duration),
            LeaseChange::Renew | LeaseChange::Release => limit_of(seen.duration),
        };
        let object = self.object_of(seen, limit).await?;
        let mut wanted = object::changed(object, &change, object::micros(self.ports.clock.now()));
        if matches!(change, LeaseChange::TakeOver { .. }) {
            object::own(&mut wanted, self.pod.as_ref());
        }
        let lease = self.replace(&seen.name, &wanted, limit).await?;
        match (change, seen.holder.as_deref()) {
            (LeaseChange::TakeOver { .. }, from) => self.tell_taken(&lease, from),
            (LeaseChange::Release, Some(by)) => {
                self.tell(&lease, "ShardReleased", "Release", by, format!("{by} gave {} back", seen.name));
            }
            (LeaseChange::Release | LeaseChange::Renew, _) => {}
        }
        Ok(lease)
    }

    async fn delete(&self, seen: &Lease) -> Result<(), LeaseError> {
        let name = seen.name.clone();
        let Some(preconditions) = object::preconditions(&seen.token) else {
            return Err(LeaseError::Unreadable { name, why: format!("{:?} is no token of a Lease", seen.token) });
        };
        let (object, params) = (object_name(&self.group, &name), DeleteParams::default().preconditions(preconditions));
        match call("kubernetes.DeleteLease", LIMIT, self.api.delete(&object, &params)).await {
            Ok(_) | Err(Refused::Missing) => Ok(()),
            Err(Refused::Conflict) => match self.get(&name, LIMIT).await? {
                None => Ok(()),
                Some(_) => Err(LeaseError::Conflict { name }),
            },
            Err(Refused::Fault(fault)) => Err(fault.into()),
        }
    }
}
