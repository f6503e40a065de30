//! Inventory's own settings.

use std::num::NonZeroUsize;

/// Settings of the inventory role.
#[derive(clap::Args, Clone, Debug)]
pub struct InventorySettings {
    /// Batches of messages that inventory holds at the same time. They are decided one after the other; the others are
    /// received, decoded and settled meanwhile.
    #[arg(long, env = "INVENTORY_CONCURRENCY", default_value = "3")]
    pub inventory_concurrency: NonZeroUsize,
}

impl Default for InventorySettings {
    fn default() -> Self {
        Self { inventory_concurrency: const { NonZeroUsize::new(3).unwrap() } }
    }
}
