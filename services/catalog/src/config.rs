//! Catalog's own settings.

use shotengai_runtime::settings::{Faults, SettingsGroup};

/// Settings of catalog alone, on the way in: none yet. The currency of prices is the whole street's.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct CatalogArgs {}

/// Settings of catalog alone: none yet.
#[derive(Clone, Debug, Default)]
pub struct CatalogSettings {}

impl SettingsGroup for CatalogArgs {
    type Settings = CatalogSettings;

    fn check(self, _: &mut Faults) -> Option<CatalogSettings> {
        Some(CatalogSettings {})
    }
}
