//! Routes of any types, as lists have them.

use std::any::TypeId;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{Route, Spec};

/// A [`Route`] of any types, as lists have it.
pub trait Endpoint: Sync {
    /// What is known apart from its types.
    fn spec(&self) -> &Spec;

    /// The schema of the id in the path, where there is one.
    fn id_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>;

    /// The schema of the body, where there is one.
    fn body_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>;

    /// The schema of the answer, where it is JSON.
    fn answer_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema>;
}

impl<W, P, B, A> Endpoint for Route<W, P, B, A>
where
    W: 'static,
    P: JsonSchema + 'static,
    B: JsonSchema + 'static,
    A: JsonSchema + 'static,
{
    fn spec(&self) -> &Spec {
        &self.spec
    }

    fn id_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        schema::<P>(generator)
    }

    fn body_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        schema::<B>(generator)
    }

    fn answer_schema(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        schema::<A>(generator)
    }
}

fn schema<T: JsonSchema + 'static>(generator: &mut SchemaGenerator) -> Option<Schema> {
    (TypeId::of::<T>() != TypeId::of::<()>()).then(|| generator.subschema_for::<T>())
}
