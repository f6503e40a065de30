//! Events about leases that change hands. Best effort: leases never wait for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease as LeaseObject;
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::PostParams;
use kube::{Api, Client};
use shotengai_kernel::Ports;
use tokio::sync::Semaphore;

use crate::fault::{Refused, call};
use crate::object::micros;

const LIMIT: Duration = Duration::from_secs(2);
/// More than that under way, and events are dropped.
const MOST_AT_ONCE: usize = 8;
const CONTROLLER: &str = "shotengai.dev/leases";
/// The API's limit, in characters.
const MOST_IN_AN_INSTANCE: usize = 128;

/// Content of an Event.
pub(crate) struct Story<'a> {
    /// In CamelCase, past tense, such as `ShardTakenOver`.
    pub(crate) reason: &'static str,
    /// Action that was done, such as `TakeOver`.
    pub(crate) action: &'static str,
    /// Who did it.
    pub(crate) by: &'a str,
    pub(crate) note: String,
}

/// Tells stories about leases to whoever asks `kubectl get events` or `kubectl describe lease`.
pub(crate) struct Reporter {
    events: Api<Event>,
    namespace: String,
    ports: Ports,
    permits: Arc<Semaphore>,
    complained: Arc<AtomicBool>,
}

impl Reporter {
    pub(crate) fn new(client: Client, namespace: &str, ports: Ports) -> Self {
        Self {
            events: Api::namespaced(client, namespace),
            namespace: namespace.to_owned(),
            ports,
            permits: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            complained: Arc::default(),
        }
    }

    /// Sends it in the background.
    pub(crate) fn tell(&self, about: &LeaseObject, story: &Story<'_>) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else { return };
        let (events, complained) = (self.events.clone(), Arc::clone(&self.complained));
        let event = self.event(about, story);
        tokio::spawn(async move {
            let created = call("kubernetes.CreateEvent", LIMIT, events.create(&PostParams::default(), &event)).await;
            if let Err(Refused::Fault(fault)) = created
                && !complained.swap(true, Ordering::Relaxed)
            {
                tracing::warn!(%fault, "an Event was not written; leases work without, and later ones fail silently");
            }
            drop(permit);
        });
    }

    fn event(&self, about: &LeaseObject, story: &Story<'_>) -> Event {
        let name = about.metadata.name.clone().unwrap_or_default();
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{name}.{}", self.ports.ids.uuid_v7().as_simple())),
                namespace: Some(self.namespace.clone()),
                ..ObjectMeta::default()
            },
            event_time: Some(micros(self.ports.clock.now())),
            type_: Some("Normal".to_owned()),
            reason: Some(story.reason.to_owned()),
            action: Some(story.action.to_owned()),
            note: Some(story.note.clone()),
            reporting_controller: Some(CONTROLLER.to_owned()),
            reporting_instance: Some(story.by.chars().take(MOST_IN_AN_INSTANCE).collect()),
            regarding: Some(ObjectReference {
                api_version: Some("coordination.k8s.io/v1".to_owned()),
                kind: Some("Lease".to_owned()),
                name: Some(name),
                namespace: Some(self.namespace.clone()),
                uid: about.metadata.uid.clone(),
                resource_version: about.metadata.resource_version.clone(),
                ..ObjectReference::default()
            }),
            ..Event::default()
        }
    }
}
