//! Values of statements, with the types that PostgreSQL has to read them as.

use serde_json::Value;
use shotengai_kernel::Timestamp;
use tokio_postgres::types::{ToSql, Type};

/// A value that can be a statement's parameter.
pub trait Parameter: Sync {
    /// The value, and the type of its place in the statement.
    fn typed(&self) -> (&(dyn ToSql + Sync), Type);
}

macro_rules! parameters {
    ($($rust:ty => $type:ident),+ $(,)?) => {
        $(impl Parameter for $rust {
            fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
                (self, Type::$type)
            }
        })+
    };
}

parameters! {
    &str => TEXT,
    Option<&str> => TEXT,
    String => TEXT,
    Vec<&str> => TEXT_ARRAY,
    Vec<i32> => INT4_ARRAY,
    Vec<i64> => INT8_ARRAY,
    bool => BOOL,
    i32 => INT4,
    i64 => INT8,
    f64 => FLOAT8,
    Timestamp => TIMESTAMPTZ,
    Value => JSONB,
}
