//! The interface about itself.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::route::Media;
use super::{Anyone, Route};
use crate::topology::Service;

const TAG: &str = "documents";

/// This document.
pub const OPENAPI: Route<Anyone, (), (), OpenApi> = Route::get("/openapi.json", Service::STOREFRONT, "getOpenApi")
    .about(TAG, "This interface as an OpenAPI document", "")
    .cached("no-cache");

/// The same for people.
pub const DOCS: Route<Anyone, (), (), ()> = Route::get("/docs", Service::STOREFRONT, "getDocs")
    .about(TAG, "This interface as a page", "")
    .cached("no-cache")
    .media(Media::Html);

/// An OpenAPI document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpenApi(pub Map<String, Value>);

impl JsonSchema for OpenApi {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OpenApi".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "description": "An OpenAPI 3.1 document.", "required": ["openapi", "info", "paths"] })
    }
}
