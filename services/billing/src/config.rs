//! Billing's own settings.

use std::num::NonZeroUsize;

/// Settings of the billing role.
#[derive(clap::Args, Clone, Debug)]
pub struct BillingSettings {
    /// Batches of messages that billing handles at the same time.
    #[arg(long, env = "BILLING_CONCURRENCY", default_value = "4")]
    pub billing_concurrency: NonZeroUsize,
}

impl Default for BillingSettings {
    fn default() -> Self {
        Self { billing_concurrency: const { NonZeroUsize::new(4).unwrap() } }
    }
}
