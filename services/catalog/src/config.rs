//! Catalog's own settings.

/// What can be set for catalog alone: nothing yet. The currency of prices is the whole street's.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct CatalogSettings {}
