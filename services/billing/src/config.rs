//! Billing's own settings.

use std::num::NonZeroUsize;

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, whole};

/// Settings of the billing role, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct BillingArgs {
    /// Batches of messages that billing handles at the same time
    #[arg(long, env = "BILLING_CONCURRENCY", default_value = "4", value_name = "1..", value_parser = whole::<NonZeroUsize>())]
    billing_concurrency: Given<NonZeroUsize>,
}

/// Settings of the billing role.
#[derive(Clone, Debug)]
pub struct BillingSettings {
    /// Batches of messages that billing holds at the same time.
    pub billing_concurrency: NonZeroUsize,
}

impl SettingsGroup for BillingArgs {
    type Settings = BillingSettings;

    fn check(self, faults: &mut Faults) -> Option<BillingSettings> {
        Some(BillingSettings { billing_concurrency: faults.take(self.billing_concurrency)? })
    }
}

impl Default for BillingSettings {
    fn default() -> Self {
        BillingArgs::defaults()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_batch_is_held() {
        let error = BillingArgs::from_flags(["--billing-concurrency=0"]).unwrap_err();
        assert_eq!(error.to_string(), "BILLING_CONCURRENCY: must be a whole number, 1 at least");
        assert_eq!(BillingSettings::default().billing_concurrency.get(), 4);
    }
}
