//! What AWS allows, by its own pages (`docs/quotas.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

const TABLE: &str = include_str!("../../../docs/quotas.toml");

/// The dated table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quotas {
    /// The day on which the pages were read.
    pub(super) as_of: String,
    quotas: BTreeMap<String, Quota>,
}

/// One of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quota {
    /// In us-east-1, unless asked for more.
    pub(super) default: f64,
    /// What else is to be known: other regions, or that it can't be raised.
    pub(super) note: String,
    /// The page.
    pub(super) source: String,
}

impl Quotas {
    pub(super) fn known() -> Self {
        toml::from_str(TABLE).expect("docs/quotas.toml can be read")
    }

    pub(super) fn of(&self, name: &str) -> &Quota {
        self.quotas.get(name).unwrap_or_else(|| panic!("docs/quotas.toml has no {name}"))
    }
}
