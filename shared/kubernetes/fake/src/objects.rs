//! The objects, and the rules of each verb.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::{Answer, bad_request, conflict, invalid, not_found, status};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Create,
    Update,
    Delete,
}

impl Verb {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// A call, read.
pub(crate) struct Request {
    pub(crate) verb: Verb,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    name: Option<String>,
    query: BTreeMap<String, String>,
    body: Value,
}

impl Request {
    pub(crate) fn parse(method: &Method, path_and_query: &str, body: &Bytes) -> Result<Self, Answer> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let parts: Vec<_> = path.trim_matches('/').split('/').collect();
        let unknown = || status(StatusCode::NOT_FOUND, "NotFound", "the server could not find the requested resource");
        let ["apis", group, "v1", "namespaces", namespace, resource, rest @ ..] = parts.as_slice() else {
            return Err(unknown());
        };
        if !matches!((*group, *resource), ("coordination.k8s.io", "leases") | ("events.k8s.io", "events")) {
            return Err(unknown());
        }
        let name = rest.first().map(|name| (*name).to_owned());
        let verb = match (method, &name) {
            (&Method::GET, Some(_)) => Verb::Get,
            (&Method::GET, None) => Verb::List,
            (&Method::POST, None) => Verb::Create,
            (&Method::PUT, Some(_)) => Verb::Update,
            (&Method::DELETE, Some(_)) => Verb::Delete,
            _ => return Err(status(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "not in this cluster")),
        };
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(body).map_err(|error| bad_request(&error.to_string()))?
        };
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(key, value)| (key.to_owned(), decoded(value))).collect();
        Ok(Self { verb, resource: (*resource).to_owned(), namespace: (*namespace).to_owned(), name, query, body })
    }
}

/// `+` and `%xx` undone.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            (other, _) => {
                bytes.push(*other);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

type Id = (String, String, String);

/// All objects, by resource, namespace and name.
#[derive(Default)]
pub(crate) struct Objects {
    all: BTreeMap<Id, Value>,
    version: u64,
    uids: u64,
}

fn text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    object["metadata"][field].as_str().filter(|text| !text.is_empty())
}

impl Objects {
    pub(crate) fn perform(&mut self, request: &Request) -> Answer {
        let Request { resource, namespace, .. } = request;
        let named = request.name.as_deref().or_else(|| text(&request.body, "name")).unwrap_or_default();
        let id = (resource.clone(), namespace.clone(), named.to_owned());
        if matches!(request.verb, Verb::Create | Verb::Update)
            && let Err(why) = check(resource, namespace, named, &request.body)
        {
            return invalid(resource, named, &why);
        }
        match request.verb {
            Verb::Get => match self.all.get(&id) {
                Some(object) => Answer::new(StatusCode::OK, object.clone()),
                None => not_found(resource, named),
            },
            Verb::List => self.list(request),
            Verb::Create if text(&request.body, "resourceVersion").is_some() => {
                bad_request("resourceVersion should not be set on objects to be created")
            }
            Verb::Create if self.all.contains_key(&id) => {
                status(StatusCode::CONFLICT, "AlreadyExists", &format!("{resource} \"{named}\" already exists"))
            }
            Verb::Create => Answer::new(StatusCode::CREATED, self.create(id, request.body.clone())),
            Verb::Update => self.update(id, &request.body),
            Verb::Delete => self.delete(&id, &request.body["preconditions"]),
        }
    }

    fn list(&self, request: &Request) -> Answer {
        let query = |key: &str| request.query.get(key).map(String::as_str).filter(|value| !value.is_empty());
        let wanted: Vec<_> = query("labelSelector").into_iter().flat_map(|all| all.split(',')).collect();
        let matches = |object: &Value| {
            wanted.iter().all(|pair| {
                pair.split_once('=').is_some_and(|(key, value)| object["metadata"]["labels"][key] == *value)
            })
        };
        let after = query("continue").unwrap_or_default();
        let of = |((resource, namespace, name), object): &(&Id, &Value)| {
            *resource == request.resource && *namespace == request.namespace && name.as_str() > after && matches(object)
        };
        let limit = query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX);
        let mut found: Vec<_> = self.all.iter().filter(of).map(|(_, object)| object.clone()).collect();
        let more = found.len() > limit;
        found.truncate(limit);
        let mut metadata = json!({"resourceVersion": self.version.to_string()});
        if let Some(last) = found.last().filter(|_| more) {
            metadata["continue"] = last["metadata"]["name"].clone();
        }
        let body = json!({
            "kind": "LeaseList", "apiVersion": "coordination.k8s.io/v1", "metadata": metadata, "items": found,
        });
        Answer::new(StatusCode::OK, body)
    }

    fn create(&mut self, id: Id, mut object: Value) -> Value {
        self.uids += 1;
        object["metadata"]["uid"] = json!(format!("00000000-0000-4000-8000-{:012}", self.uids));
        object["metadata"]["name"] = json!(id.2);
        object["metadata"]["namespace"] = json!(id.1);
        object["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
        self.store(id, object)
    }

    fn store(&mut self, id: Id, mut object: Value) -> Value {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.all.insert(id, object.clone());
        object
    }

    fn update(&mut self, id: Id, body: &Value) -> Answer {
        let (version, uid) = (text(body, "resourceVersion"), text(body, "uid"));
        let Some(standing) = self.all.get(&id) else {
            if let Some(uid) = uid {
                let why = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: ");
                return conflict(&id.0, &id.2, &why);
            }
            // So it is for Leases.
            return Answer::new(StatusCode::CREATED, self.create(id, body.clone()));
        };
        let Some(version) = version else {
            return invalid(
                &id.0,
                &id.2,
                "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
            );
        };
        if text(standing, "resourceVersion") != Some(version)
            || uid.is_some_and(|uid| text(standing, "uid") != Some(uid))
        {
            return conflict(
                &id.0,
                &id.2,
                "the object has been modified; please apply your changes to the latest version",
            );
        }
        let mut object = body.clone();
        for field in ["uid", "creationTimestamp", "namespace", "name"] {
            object["metadata"][field] = standing["metadata"][field].clone();
        }
        Answer::new(StatusCode::OK, self.store(id, object))
    }

    fn delete(&mut self, id: &Id, preconditions: &Value) -> Answer {
        let Some(standing) = self.all.get(id) else { return not_found(&id.0, &id.2) };
        for field in ["uid", "resourceVersion"] {
            let wanted = &preconditions[field];
            if !wanted.is_null() && *wanted != standing["metadata"][field] {
                return conflict(&id.0, &id.2, &format!("Precondition failed: {field}"));
            }
        }
        self.version += 1;
        self.all.remove(id);
        Answer::new(StatusCode::OK, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}))
    }

    pub(crate) fn all(&self, resource: &str) -> Vec<Value> {
        self.all.iter().filter(|((of, _, _), _)| of == resource).map(|(_, object)| object.clone()).collect()
    }

    fn named(&self, name: &str) -> Id {
        let found = self.all.keys().find(|(resource, _, found)| resource == "leases" && found == name);
        found.expect("there is a Lease of this name").clone()
    }

    pub(crate) fn edit(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        let id = self.named(name);
        let mut object = self.all[&id].clone();
        change(&mut object);
        self.store(id, object);
    }

    pub(crate) fn delete_named(&mut self, name: &str) {
        let id = self.named(name);
        self.version += 1;
        self.all.remove(&id);
    }

    pub(crate) fn put(&mut self, namespace: &str, object: Value) {
        let name = text(&object, "name").expect("a name").to_owned();
        let id = ("leases".to_owned(), namespace.to_owned(), name);
        assert!(!self.all.contains_key(&id), "there is one of this name");
        self.create(id, object);
    }
}

/// Faults that the API server's validation names.
fn check(resource: &str, namespace: &str, name: &str, body: &Value) -> Result<(), String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if name.len() > 253 || !name.chars().all(good) || !edge(name.chars().next()) || !edge(name.chars().last()) {
        return Err("metadata.name: a lowercase RFC 1123 subdomain".to_owned());
    }
    if body["metadata"]["namespace"].as_str().is_some_and(|of| of != namespace) {
        return Err("metadata.namespace: does not match the request".to_owned());
    }
    for (key, value) in body["metadata"]["labels"].as_object().into_iter().flatten() {
        let value = value.as_str().ok_or("a label is no text")?;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if value.len() > 63 || !value.chars().all(fits) || value.starts_with('-') || value.ends_with('-') {
            return Err(format!("metadata.labels: Invalid value: {key}={value}"));
        }
    }
    if resource == "leases" { check_lease(&body["spec"]) } else { check_event(namespace, body) }
}

fn check_lease(spec: &Value) -> Result<(), String> {
    if spec["leaseDurationSeconds"].as_i64().is_some_and(|seconds| seconds <= 0) {
        return Err("spec.leaseDurationSeconds: must be greater than 0".to_owned());
    }
    if spec["leaseTransitions"].as_i64().is_some_and(|transitions| transitions < 0) {
        return Err("spec.leaseTransitions: must be greater than or equal to 0".to_owned());
    }
    for field in ["acquireTime", "renewTime"] {
        let time = spec[field].as_str();
        if time.is_some_and(|time| time.parse::<jiff::Timestamp>().is_err()) {
            return Err(format!("spec.{field}: no time"));
        }
    }
    Ok(())
}

fn check_event(namespace: &str, event: &Value) -> Result<(), String> {
    for field in ["eventTime", "reportingController", "reportingInstance", "action", "reason", "type"] {
        let value = event[field].as_str().unwrap_or_default();
        if value.is_empty() || value.len() > 128 {
            return Err(format!("{field}: required, at most 128 characters"));
        }
    }
    if event["note"].as_str().is_some_and(|note| note.len() > 1024) {
        return Err("note: can have at most 1024 characters".to_owned());
    }
    if event["regarding"]["namespace"] != *namespace {
        return Err("regarding.namespace: does not match the event's".to_owned());
    }
    Ok(())
}
