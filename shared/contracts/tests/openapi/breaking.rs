//! Changes of a document that break the clients of an earlier one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Which way a value goes: what we are sent must not become narrower, what we answer must not become less.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Sent,
    Answered,
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    breaks: Vec<String>,
    seen: BTreeSet<(String, String)>,
}

/// Each change from `old` to `new` that breaks a client of `old`.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, breaks: Vec::new(), seen: BTreeSet::new() };
    for (path, item) in entries(&old["paths"]) {
        for (method, operation) in entries(item) {
            let name = format!("{} {path}", method.to_uppercase());
            match &new["paths"][path][method] {
                Value::Null => comparison.tell(&name, "is gone"),
                now => comparison.operation(&name, operation, now),
            }
        }
    }
    comparison.breaks
}

/// Whether semver lets clients of `old` break with `new`: the first number moved, or while that is 0 the second.
pub(crate) fn may_break(old: &str, new: &str) -> bool {
    let leading = |version: &str| {
        let mut numbers = version.split('.').map(|number| number.parse::<u64>().unwrap());
        let (first, second) = (numbers.next().unwrap(), numbers.next().unwrap());
        if first == 0 { (0, second) } else { (first, 0) }
    };
    leading(new) > leading(old)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(at) => document.pointer(at.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// The values that a schema allows, if it lists them.
fn choices(schema: &Value) -> Option<BTreeSet<String>> {
    if !schema["const"].is_null() {
        return Some(BTreeSet::from([schema["const"].to_string()]));
    }
    if schema["enum"].is_array() {
        return Some(list(&schema["enum"]).iter().map(ToString::to_string).collect());
    }
    let parts = list(&schema["oneOf"]);
    let all: Option<Vec<_>> = parts.iter().map(choices).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.into_iter().flatten().collect())
}

fn names(value: &Value) -> BTreeSet<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

impl Comparison<'_> {
    fn tell(&mut self, place: &str, what: &str) {
        self.breaks.push(format!("{place} {what}"));
    }

    fn operation(&mut self, name: &str, old: &Value, new: &Value) {
        let same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        for parameter in list(&old["parameters"]) {
            let place = format!("{name}, parameter {}", parameter["name"]);
            match list(&new["parameters"]).iter().find(|now| same(now, parameter)) {
                None => self.tell(&place, "is gone"),
                Some(now) => self.schema(&place, Way::Sent, &parameter["schema"], &now["schema"]),
            }
        }
        for parameter in list(&new["parameters"]).iter().filter(|now| now["required"] == true) {
            if !list(&old["parameters"]).iter().any(|known| same(known, parameter) && known["required"] == true) {
                self.tell(&format!("{name}, parameter {}", parameter["name"]), "is required now");
            }
        }
        let json = |body: &Value| body["content"]["application/json"]["schema"].clone();
        match (&old["requestBody"], &new["requestBody"]) {
            (Value::Null, now) if now["required"] == true => self.tell(name, "needs a body now"),
            (Value::Null, _) => {}
            (_, Value::Null) => self.tell(name, "takes no body any more"),
            (known, now) => {
                if now["required"] == true && known["required"] != true {
                    self.tell(name, "needs a body now");
                }
                self.schema(&format!("{name}, body"), Way::Sent, &json(known), &json(now));
            }
        }
        if list(&old["security"]).is_empty() && !list(&new["security"]).is_empty() {
            self.tell(name, "asks for a token now");
        }
        for (status, response) in entries(&old["responses"]).filter(|(status, _)| status.starts_with(['1', '2'])) {
            let place = format!("{name}, {status}");
            let now = &new["responses"][status];
            if now.is_null() {
                self.tell(&place, "is gone");
                continue;
            }
            for (header, _) in entries(&response["headers"]).filter(|(header, _)| now["headers"][*header].is_null()) {
                self.tell(&place, &format!("has no header {header} any more"));
            }
            for (media, content) in entries(&response["content"]) {
                match &now["content"][media] {
                    Value::Null => self.tell(&place, &format!("is no {media} any more")),
                    told => self.schema(&place, Way::Answered, &content["schema"], &told["schema"]),
                }
            }
        }
    }

    fn schema(&mut self, place: &str, way: Way, old: &Value, new: &Value) {
        if let (Some(old), Some(new)) = (old["$ref"].as_str(), new["$ref"].as_str())
            && !self.seen.insert((format!("{place}{old}"), new.to_owned()))
        {
            return;
        }
        let (old, new) = (resolve(self.old, old), resolve(self.new, new));
        if !old["type"].is_null() && !new["type"].is_null() && old["type"] != new["type"] {
            self.tell(place, &format!("was {} and is {}", old["type"], new["type"]));
        }
        match (choices(old), choices(new)) {
            (Some(old), Some(new)) => {
                for lost in old.difference(&new) {
                    self.tell(place, &format!("is never {lost} any more"));
                }
            }
            (None, Some(_)) if way == Way::Sent => self.tell(place, "takes fewer values now"),
            _ => {}
        }
        let (must, must_now) = (names(&old["required"]), names(&new["required"]));
        for field in must_now.difference(&must).filter(|_| way == Way::Sent) {
            self.tell(&format!("{place}/{field}"), "is required now");
        }
        for field in must.difference(&must_now).filter(|_| way == Way::Answered) {
            self.tell(&format!("{place}/{field}"), "may be absent now");
        }
        for (field, known) in entries(&old["properties"]) {
            let place = format!("{place}/{field}");
            match &new["properties"][field] {
                Value::Null => self.tell(&place, "is gone"),
                now => self.schema(&place, way, known, now),
            }
        }
        if !old["items"].is_null() {
            self.schema(&format!("{place}[]"), way, &old["items"], &new["items"]);
        }
        for (known, now) in list(&old["anyOf"]).iter().zip(list(&new["anyOf"])) {
            self.schema(place, way, known, now);
        }
    }
}
