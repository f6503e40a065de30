//! For tests: as much of a Kubernetes API server as leases need.
//!
//! Leases (`get`, `list` by equality labels in pages, `create`, `update`, `delete`) and Events (`create`, of both groups).
//! It does what the real one does where it matters: `resourceVersion`s are one counter for all, a write that names an old
//! one or another uid is a 409, an update must name one, **an update of what isn't there creates it** unless it names a
//! uid, and what a Lease may hold is checked.
//!
//! Not there: watches, patches, field selectors, other namespaces' rules, authentication.
//!
//! - [`FakeCluster`]: the objects, and what tests break. [`server`]: the same over HTTP.
//! - `answer`: answers and refusals in Kubernetes' words. `objects`: the rules of each verb.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc, reason = "for tests only")]

mod answer;
mod objects;
pub mod server;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde_json::Value;

use answer::{Answer, status};
use objects::{Objects, Request};

/// How an API server is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It answers every call with this error.
    Answers(StatusCode),
    /// It takes calls and never answers.
    Stalls,
    /// It cuts every call off.
    CutsOff,
}

/// Fate of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing is done, and this is answered.
    Refuse(StatusCode),
    /// It is done, and the answer is lost.
    LoseAnswer,
}

/// The call was cut off before its answer.
#[derive(Debug)]
pub struct CutOff;

impl std::fmt::Display for CutOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection was cut off")
    }
}

impl std::error::Error for CutOff {}

/// An API server in this process.
pub struct FakeCluster {
    objects: Mutex<Objects>,
    outage: Mutex<Option<Outage>>,
    mishaps: Mutex<BTreeMap<String, VecDeque<Mishap>>>,
    forbidden: Mutex<BTreeSet<String>>,
    calls: Mutex<BTreeMap<String, usize>>,
}

impl FakeCluster {
    /// One without objects.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            objects: Mutex::default(),
            outage: Mutex::default(),
            mishaps: Mutex::default(),
            forbidden: Mutex::default(),
            calls: Mutex::default(),
        })
    }

    /// Answers a call.
    ///
    /// # Errors
    /// [`CutOff`] when tests want that.
    pub async fn answer(&self, method: &Method, path_and_query: &str, body: &Bytes) -> Result<Response<Bytes>, CutOff> {
        let request = match Request::parse(method, path_and_query, body) {
            Ok(request) => request,
            Err(refusal) => return Ok(refusal.into_response()),
        };
        let call = format!("{} {}", request.verb.as_str(), request.resource);
        *self.calls.lock().unwrap().entry(call.clone()).or_default() += 1;
        let outage = *self.outage.lock().unwrap();
        match outage {
            None => {}
            Some(Outage::Answers(code)) => return Ok(status(code, "ServiceUnavailable", "an outage").into_response()),
            Some(Outage::CutsOff) => return Err(CutOff),
            Some(Outage::Stalls) => {
                // Until the client gives up, or for ever.
                std::future::pending::<()>().await;
            }
        }
        if self.forbidden.lock().unwrap().contains(&call) {
            let why = format!(
                "{} is forbidden: the user cannot {call} in the namespace {}",
                request.resource, request.namespace
            );
            return Ok(status(StatusCode::FORBIDDEN, "Forbidden", &why).into_response());
        }
        let mishap = self.mishaps.lock().unwrap().get_mut(&call).and_then(VecDeque::pop_front);
        if let Some(Mishap::Refuse(code)) = mishap {
            return Ok(status(code, "InternalError", "a mishap").into_response());
        }
        let answer: Answer = self.objects().perform(&request);
        if mishap == Some(Mishap::LoseAnswer) { Err(CutOff) } else { Ok(answer.into_response()) }
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap()
    }

    /// Begins an outage, or ends it.
    pub fn outage(&self, outage: Option<Outage>) {
        *self.outage.lock().unwrap() = outage;
    }

    /// Fate of the next call of this kind (`update leases`) that nothing waits for yet.
    pub fn mishap(&self, call: &str, mishap: Mishap) {
        self.mishaps.lock().unwrap().entry(call.to_owned()).or_default().push_back(mishap);
    }

    /// Takes the right to calls of this kind (`create events`), as RBAC would; with `false`, gives it back.
    pub fn forbid(&self, call: &str, forbidden: bool) {
        let mut all = self.forbidden.lock().unwrap();
        if forbidden {
            all.insert(call.to_owned())
        } else {
            all.remove(call)
        };
    }

    /// How many calls there were so far, by kind.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, usize> {
        self.calls.lock().unwrap().clone()
    }

    /// How many calls there were of one kind.
    #[must_use]
    pub fn calls_of(&self, call: &str) -> usize {
        self.calls.lock().unwrap().get(call).copied().unwrap_or_default()
    }

    /// The Leases of all namespaces.
    #[must_use]
    pub fn leases(&self) -> Vec<Value> {
        self.objects().all("leases")
    }

    /// The Events of all namespaces.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.objects().all("events")
    }

    /// The Lease whose name begins like this, in any namespace.
    #[must_use]
    pub fn lease(&self, beginning: &str) -> Option<Value> {
        let named = |lease: &Value| lease["metadata"]["name"].as_str().is_some_and(|name| name.starts_with(beginning));
        self.leases().into_iter().find(named)
    }

    /// Changes a Lease as somebody with `kubectl edit` would: it gets a new `resourceVersion`.
    pub fn edit(&self, lease: &str, change: impl FnOnce(&mut Value)) {
        self.objects().edit(lease, change);
    }

    /// Deletes a Lease as somebody with `kubectl delete` would.
    pub fn delete(&self, lease: &str) {
        self.objects().delete_named(lease);
    }

    /// Puts an object there as it is, of a name that is free; the server's fields are filled in.
    pub fn put(&self, namespace: &str, lease: Value) {
        self.objects().put(namespace, lease);
    }
}
