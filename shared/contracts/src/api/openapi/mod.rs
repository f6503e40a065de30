//! OpenAPI 3.1: a list of routes as the document that tools read.
//!
//! Nothing in it is written by hand: paths, parameters, bodies, answers and problems come from the [`Endpoint`]s, schemas
//! from their types. `info.version` is [`VERSION`]; whatever breaks a client moves it (`shotengai-contracts`' tests hold the
//! document against the one released last).

mod operation;

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::problem::Problem;
use super::{Audience, Endpoint, ProblemType};

/// The interface's version, as semver has it: its first number (while that is 0, its second) moves when clients break.
pub const VERSION: &str = "0.2.0";

/// What the document says of itself.
const DESCRIPTION: &str = "An order platform: products, orders that are reserved, paid and shipped, and a live tally.\n\n\
    **Signing in.** `POST /auth/guest` with `{}` answers an `access_token`; send it as `Authorization: Bearer <token>`. \
    Whoever has registered with `POST /auth/register`, and the administrator, get one from `POST /auth/login`.\n\n\
    **Reads are a little behind writes.** A command answers a `version`; a read with `?min_version=<id>:<version>` waits \
    until it shows that.\n\n\
    **Repeating is safe.** With an `Idempotency-Key` the same request again is the same request.\n\n\
    **Money** is in major units of its currency, as a JSON number.\n\n\
    **Errors** are `application/problem+json` (RFC 9457); `type` says which, and explains itself at that path.";

/// The document of these routes. What services ask each other is left out.
#[must_use]
pub fn document<'a>(routes: impl IntoIterator<Item = &'a &'a dyn Endpoint>) -> Value {
    let routes = routes.into_iter().copied().filter(|route| route.spec().audience != Audience::Internal);
    let mut schemas = Schemas::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut tags: Vec<(&str, Vec<&str>)> = Vec::new();
    for route in routes {
        let spec = route.spec();
        match tags.iter_mut().find(|(tag, _)| *tag == spec.tag) {
            Some((_, names)) => names.push(spec.name),
            None => tags.push((spec.tag, vec![spec.name])),
        }
        let operation = operation::operation(route, &mut schemas);
        paths.entry(spec.path).or_default().insert(spec.method.as_str().to_ascii_lowercase(), operation);
    }
    let (schemas, responses) = schemas.into_components();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Shotengai",
            "version": VERSION,
            "summary": "A shopping street as an order platform.",
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "servers": [{ "url": "/" }],
        // Paths have no order in JSON; people read in ours.
        "tags": tags.iter().map(|(tag, names)| json!({ "name": tag, "x-operations": names })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "securitySchemes": {
                "accessToken": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "From POST /auth/guest; of a customer who has registered, and of the administrator, from POST /auth/login."
                }
            }
        }
    })
}

/// Schemas of what is sent, and of what is answered: the same type may be stricter as one than as the other. And the
/// refusals that operations share.
struct Schemas {
    sent: SchemaGenerator,
    answered: SchemaGenerator,
    refusals: BTreeMap<String, Value>,
}

impl Schemas {
    fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            sent: settings().for_deserialize().into_generator(),
            answered: settings().for_serialize().into_generator(),
            refusals: BTreeMap::new(),
        }
    }

    /// Where the schema of a problem is.
    fn problem(&mut self) -> Value {
        self.answered.subschema_for::<Problem>().into()
    }

    /// Where the answer with one of these problems is.
    fn refusal(&mut self, problems: &[&'static ProblemType]) -> Value {
        let slugs: Vec<_> = problems.iter().map(|problem| problem.slug).collect();
        let name = slugs.join(".");
        if !self.refusals.contains_key(&name) {
            let refusal = operation::refusal(problems, self);
            self.refusals.insert(name.clone(), refusal);
        }
        json!({ "$ref": format!("#/components/responses/{name}") })
    }

    fn into_components(mut self) -> (BTreeMap<String, Value>, BTreeMap<String, Value>) {
        let sent = self.sent.take_definitions(true);
        let answered = self.answered.take_definitions(true);
        (sent.into_iter().chain(answered).collect(), self.refusals)
    }
}
