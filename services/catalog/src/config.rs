//! Catalog's own settings.

use shotengai_runtime::settings::{Faults, SettingsGroup};

/// What can be set for catalog alone: nothing yet. The currency of prices is the whole street's.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct CatalogArgs {}

/// What can be set for catalog alone: nothing yet.
#[derive(Clone, Debug, Default)]
pub struct CatalogSettings {}

impl SettingsGroup for CatalogArgs {
    type Settings = CatalogSettings;

    fn check(self, _: &mut Faults) -> Option<CatalogSettings> {
        Some(CatalogSettings {})
    }
}
