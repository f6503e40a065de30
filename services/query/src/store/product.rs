//! `read_products`.

use serde_json::{Value, json};
use shotengai_kernel::AggregateId;
use shotengai_messaging::Fault;
use tokio_postgres::Row;

use super::{Stored, column, money, names, parsed, presentation, version, written};
use crate::domain::ProductRow;
use crate::search::words::{FOLDING, Words};

impl Stored for ProductRow {
    const LOAD: &'static str = "
        SELECT product_id, name, names, description, descriptions, categories, search_text,
            price_minor, currency, image_keys, deleted, created_at, updated_at, version
        FROM read_products WHERE product_id = ANY($1)";
    const WRITE: &'static str = "
        INSERT INTO read_products AS old
            (product_id, name, names, description, descriptions, categories, search_text,
            price_minor, currency, image_keys, deleted, created_at, updated_at, version,
            search_names, search_keywords, search_descriptions, search_tokens, search_version, search_folded, search_folding)
        SELECT product_id, name, names, description, descriptions, categories, search_text,
            price_minor, currency, image_keys, deleted, created_at, updated_at, version,
            search_names, search_keywords, search_descriptions, search_tokens, version, version, search_folding
        FROM jsonb_to_recordset($1::jsonb) AS new (
            product_id text, name text, names jsonb, description text, descriptions jsonb, categories text[], search_text text,
            price_minor bigint, currency text, image_keys text[], deleted boolean, created_at timestamptz, updated_at timestamptz, version bigint,
            search_names text, search_keywords text, search_descriptions text, search_tokens integer[], search_folding integer)
        ORDER BY product_id COLLATE \"C\"
        ON CONFLICT (product_id) DO UPDATE SET
            name = excluded.name, names = excluded.names, description = excluded.description,
            descriptions = excluded.descriptions, categories = excluded.categories, search_text = excluded.search_text,
            price_minor = excluded.price_minor, currency = excluded.currency, image_keys = excluded.image_keys, deleted = excluded.deleted,
            created_at = excluded.created_at, updated_at = excluded.updated_at, version = excluded.version,
            search_names = excluded.search_names, search_keywords = excluded.search_keywords,
            search_descriptions = excluded.search_descriptions, search_tokens = excluded.search_tokens,
            search_version = excluded.search_version, search_folded = excluded.search_folded,
            search_folding = excluded.search_folding";
    const ID: &'static str = "product_id";

    fn key(aggregate: &AggregateId) -> &str {
        aggregate.as_str()
    }

    fn read(row: &Row) -> Result<Self, Fault> {
        Ok(Self {
            product_id: parsed(row, "product_id")?,
            name: column(row, "name")?,
            names: names(row)?,
            description: column(row, "description")?,
            presentation: presentation(row)?,
            price: money(row, "price_minor")?,
            image_keys: column(row, "image_keys")?,
            deleted: column(row, "deleted")?,
            created_at: column(row, "created_at")?,
            updated_at: column(row, "updated_at")?,
            version: version(row)?,
        })
    }

    fn write(&self) -> Result<Value, Fault> {
        // Of what nobody may find, nothing is kept to find it by.
        let words = if self.deleted {
            Words::default()
        } else {
            Words::of(&self.name, &self.names, &self.description, &self.presentation)
        };
        Ok(json!({
            "search_names": words.names,
            "search_keywords": words.keywords,
            "search_descriptions": words.descriptions,
            "search_tokens": words.tokens,
            "search_folding": FOLDING,
            "product_id": self.product_id,
            "name": self.name,
            "names": self.names,
            "description": self.description,
            "descriptions": self.presentation.descriptions,
            "categories": self.presentation.categories,
            "search_text": self.presentation.search_text,
            "price_minor": self.price.minor(),
            "currency": self.price.currency(),
            "image_keys": self.image_keys,
            "deleted": self.deleted,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "version": written(self.version)?,
        }))
    }
}
