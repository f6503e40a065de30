//! One operation: a route as OpenAPI has it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::parameter::{IF_MATCH, Location, Parameter};
use super::super::position;
use super::super::route::{Media, Spec, Success};
use super::super::{Audience, Endpoint, ProblemType, search, shared};
use super::Schemas;

pub(super) fn operation(route: &dyn Endpoint, schemas: &mut Schemas) -> Value {
    let spec = route.spec();
    let id = route.id_schema(&mut schemas.sent);
    let body = route.body_schema(&mut schemas.sent);
    let mut parameters: Vec<Value> =
        id.iter().map(|schema| json!({ "name": "id", "in": "path", "required": true, "schema": schema })).collect();
    // Those that a route can't do without: what is searched for, and a version, which it says by the refusal.
    let needs = |known: &Parameter| {
        known.location == Location::Path
            || known.name == search::Q.name
            || known.name == IF_MATCH.name
                && spec.problems.iter().any(|problem| **problem == shared::PRECONDITION_REQUIRED)
    };
    parameters.extend(spec.parameters.iter().map(|known| parameter(known, needs(known), schemas)));

    let mut operation = Map::new();
    let mut put = |key: &str, value: Value| operation.insert(key.to_owned(), value);
    put("operationId", json!(spec.name));
    put("tags", json!([spec.tag]));
    put("summary", json!(spec.summary));
    if !spec.description.is_empty() {
        put("description", json!(spec.description));
    }
    if !parameters.is_empty() {
        put("parameters", json!(parameters));
    }
    if let Some(body) = &body {
        put(
            "requestBody",
            json!({ "required": !spec.body_is_optional, "content": { "application/json": { "schema": body } } }),
        );
    }
    put("security", security(spec.audience));
    put("x-role", json!(spec.role.as_str()));
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for success in spec.success {
        responses.insert(success.status.to_string(), good(route, *success, schemas));
    }
    if spec.is_conditional() {
        responses.insert("304".to_owned(), kept(spec));
    }
    for (status, problems) in refusals(spec, id.is_some(), body.is_some()) {
        responses.insert(status.to_string(), schemas.refusal(&problems));
    }
    put("responses", json!(responses));
    Value::Object(operation)
}

fn parameter(parameter: &Parameter, needed: bool, schemas: &mut Schemas) -> Value {
    let schema = (parameter.schema)(&mut schemas.sent);
    let location = match parameter.location {
        Location::Path => "path",
        Location::Query => "query",
        Location::Header => "header",
        Location::Cookie => "cookie",
    };
    let mut told = json!({ "name": parameter.name, "in": location, "description": parameter.description });
    if needed {
        told["required"] = json!(true);
    }
    // A number stands in its text as itself, and so does a truth value.
    let example = match (parameter.example.parse::<u64>(), parameter.example.parse::<bool>()) {
        (Ok(number), _) => json!(number),
        (_, Ok(truth)) => json!(truth),
        _ => json!(parameter.example),
    };
    if let Some(most) = parameter.repeats {
        told["schema"] = json!({ "type": "array", "items": schema, "maxItems": most });
        told["example"] = json!([example]);
    } else {
        told["schema"] = schema.into();
        told["example"] = example;
    }
    told
}

fn security(audience: Audience) -> Value {
    match audience {
        Audience::Anyone => json!([]),
        // Scopes of a bearer token are names of roles since OpenAPI 3.1.
        Audience::Customer | Audience::Internal => json!([{ "accessToken": [] }]),
        // A token, or none and a link.
        Audience::LinkHolder => json!([{ "accessToken": [] }, {}]),
        Audience::Administrator => json!([{ "accessToken": ["administrator"] }]),
    }
}

fn good(route: &dyn Endpoint, success: Success, schemas: &mut Schemas) -> Value {
    let spec = route.spec();
    let mut headers = Map::new();
    let mut header = |name: &str, description: &str, schema: Value| {
        headers.insert(name.to_owned(), json!({ "description": description, "schema": schema }));
    };
    header("x-request-id", "The request's id.", json!({ "type": "string", "format": "uuid" }));
    let elsewhere = (300..400).contains(&success.status);
    if spec.has_location || elsewhere {
        header(
            "Location",
            "Where it can be read; after a command with the `min_version` that shows what was written.",
            json!({ "type": "string", "format": "uri-reference" }),
        );
    }
    if spec.has_position {
        header(
            position::NAME,
            "What was moved and to which version: `<id>:<version>`, several with commas between. Send it back with a read that is \
             to show it.",
            json!({ "type": "string" }),
        );
    }
    if spec.has_etag {
        header(
            "ETag",
            "What is shown. Of one thing it begins with its version, and `If-Match` of a change takes it.",
            json!({ "type": "string" }),
        );
    }
    if let Some(cache) = spec.cache {
        header("Cache-Control", "Who may keep the answer.", json!({ "type": "string", "const": cache }));
    }
    let mut told = json!({ "description": success.meaning, "headers": headers });
    if elsewhere {
        return told;
    }
    let content = match (spec.media, route.answer_schema(&mut schemas.answered)) {
        (Media::Json, Some(schema)) => json!({ "application/json": { "schema": schema } }),
        // What comes through the socket, message by message.
        (Media::WebSocket, Some(schema)) => {
            told["x-messages"] = schema.into();
            return told;
        }
        (Media::Html, _) => json!({ "text/html": { "schema": { "type": "string" } } }),
        (Media::Text, _) => json!({ "text/plain": { "schema": { "type": "string" } } }),
        (Media::Json | Media::WebSocket, None) => return told,
    };
    told["content"] = content;
    told
}

/// The answer to whoever has kept what would be shown.
fn kept(spec: &Spec) -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let mut headers = Map::from_iter([
        ("x-request-id".to_owned(), text("The request's id.")),
        ("ETag".to_owned(), text("One of the tags in `If-None-Match`.")),
    ]);
    if let Some(cache) = spec.cache {
        let schema = json!({ "type": "string", "const": cache });
        headers
            .insert("Cache-Control".to_owned(), json!({ "description": "Who may keep the answer.", "schema": schema }));
    }
    json!({ "description": "What you have kept is what would be shown.", "headers": headers })
}

/// The problems that a route may answer with, by status: its own, and those that follow from what it takes.
fn refusals(spec: &Spec, has_id: bool, has_body: bool) -> BTreeMap<u16, Vec<&'static ProblemType>> {
    let mut all: Vec<&'static ProblemType> = spec.problems.to_vec();
    if has_id {
        all.push(&shared::NOT_FOUND);
    }
    if has_body {
        all.extend([
            &shared::MALFORMED_JSON,
            &shared::INVALID_BODY,
            &shared::UNSUPPORTED_MEDIA_TYPE,
            &shared::BODY_TOO_LARGE,
            &shared::BODY_TIMEOUT,
        ]);
    }
    if matches!(spec.media, Media::Json | Media::WebSocket) {
        // Unknown ones are refused by routes that know none, too.
        all.extend([&shared::INVALID_PARAMETER, &shared::BAD_REQUEST]);
    }
    if spec.media == Media::WebSocket || spec.reads_cookies() {
        all.push(&shared::ORIGIN_NOT_ALLOWED);
    }
    match spec.audience {
        Audience::Anyone => {}
        Audience::Customer | Audience::LinkHolder | Audience::Internal => all.push(&shared::UNAUTHORIZED),
        Audience::Administrator => all.extend([&shared::UNAUTHORIZED, &shared::FORBIDDEN]),
    }
    all.extend([&shared::TOO_MANY_REQUESTS, &shared::INTERNAL, &shared::UNAVAILABLE, &shared::ROLE_TIMEOUT]);
    let mut by_status: BTreeMap<u16, Vec<&'static ProblemType>> = BTreeMap::new();
    for problem in all {
        let known = by_status.entry(problem.status).or_default();
        if !known.contains(&problem) {
            known.push(problem);
        }
    }
    for problems in by_status.values_mut() {
        problems.sort_by_key(|problem| problem.slug);
    }
    by_status
}

pub(super) fn refusal(problems: &[&'static ProblemType], schemas: &mut Schemas) -> Value {
    let description: Vec<_> =
        problems.iter().map(|problem| format!("`{}`: {} *{}*", problem.slug, problem.meaning, problem.cure)).collect();
    let example = |problem: &&'static ProblemType| {
        let value = json!({ "type": problem.uri(), "title": problem.title, "status": problem.status });
        (problem.slug.to_owned(), json!({ "summary": problem.meaning, "value": value }))
    };
    let examples: Map<_, _> = problems.iter().map(example).collect();
    let content = json!({ "schema": schemas.problem(), "examples": examples });
    let mut told =
        json!({ "description": description.join("\n\n"), "content": { "application/problem+json": content } });
    let seconds = json!({ "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 0 } });
    match problems.first().map_or(0, |problem| problem.status) {
        401 => {
            told["headers"] =
                json!({ "WWW-Authenticate": { "description": "`Bearer`.", "schema": { "type": "string" } } });
        }
        429 | 503 | 504 => told["headers"] = json!({ "Retry-After": seconds }),
        _ => {}
    }
    told
}
