//! Parameters of the query string, and headers of requests.

use schemars::{Schema, SchemaGenerator, json_schema};

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the query string.
    Query,
    /// In a header of the request.
    Header,
}

/// A parameter that a request may have; none is required.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Where it stands.
    pub location: Location,
    /// What it is called.
    pub name: &'static str,
    /// What it means.
    pub description: &'static str,
    /// Whether it may be given more than once.
    pub repeats: bool,
    /// Its form.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// A value that has this form.
    pub example: &'static str,
}

impl Parameter {
    /// A parameter of the query string, given once.
    #[must_use]
    pub const fn query(
        name: &'static str,
        description: &'static str,
        schema: fn(&mut SchemaGenerator) -> Schema,
        example: &'static str,
    ) -> Self {
        Self { location: Location::Query, name, description, repeats: false, schema, example }
    }
}

/// The header that makes a repeated request the same request.
pub const IDEMPOTENCY_KEY: Parameter = Parameter {
    location: Location::Header,
    name: "Idempotency-Key",
    description: "Makes a repeated request the same request: it is done once, and answered as the first time. \
                  1 to 255 visible ASCII characters; choose a new one for each new wish.",
    repeats: false,
    schema: |_| json_schema!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" }),
    example: "2f1c4a7e-wish-1",
};

/// The header that chooses a guest's language where the body doesn't.
pub const ACCEPT_LANGUAGE: Parameter = Parameter {
    location: Location::Header,
    name: "Accept-Language",
    description: "Which languages are preferred, where nothing else says it. A hint: it is never refused.",
    repeats: false,
    schema: |_| json_schema!({ "type": "string" }),
    example: "en, ja;q=0.8",
};
