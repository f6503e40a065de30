//! Inventory's own settings.

use std::num::NonZeroUsize;

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, whole};

/// Settings of the inventory role, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct InventoryArgs {
    /// Batches of messages that inventory holds at the same time. They are decided one after the other; the others are
    /// received, decoded and settled meanwhile
    #[arg(long, env = "INVENTORY_CONCURRENCY", default_value = "3", value_name = "1..", value_parser = whole::<NonZeroUsize>())]
    inventory_concurrency: Given<NonZeroUsize>,
}

/// Settings of the inventory role.
#[derive(Clone, Debug)]
pub struct InventorySettings {
    /// Batches of messages that inventory holds at the same time.
    pub inventory_concurrency: NonZeroUsize,
}

impl SettingsGroup for InventoryArgs {
    type Settings = InventorySettings;

    fn check(self, faults: &mut Faults) -> Option<InventorySettings> {
        Some(InventorySettings { inventory_concurrency: faults.take(self.inventory_concurrency)? })
    }
}

impl Default for InventorySettings {
    fn default() -> Self {
        InventoryArgs::defaults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_batch_is_held() {
        let error = InventoryArgs::from_flags(["--inventory-concurrency=0"]).unwrap_err();
        assert_eq!(error.to_string(), "INVENTORY_CONCURRENCY: must be a whole number, 1 at least");
        assert_eq!(InventorySettings::default().inventory_concurrency.get(), 3);
    }
}
