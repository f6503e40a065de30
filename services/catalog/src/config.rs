//! Catalog's own settings.

use std::time::Duration;

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, on_or_off, parsed, whole};
use shotengai_streaming::ShardConfig;

/// Settings of catalog alone, on the way in. The currency of prices is the whole street's.
#[derive(clap::Args, Clone, Debug)]
pub struct CatalogArgs {
    /// Whether prices are taken from the Kinesis stream ProductPricesStream
    #[arg(long, env = "PRICE_STREAM", default_value = "read", value_name = "read|off", value_parser = parsed(is_read))]
    price_stream: Given<bool>,
    /// Longest wait between reads of a shard of the price stream that has been quiet for five seconds; each is twice the one
    /// before
    #[arg(long, env = "PRICE_IDLE_POLL_MS", default_value = "1000", value_name = "200..60000", value_parser = whole::<u64>())]
    price_idle_poll_ms: Given<u64>,
    /// Seconds within which the shards of a catalog that died are another's
    #[arg(long, env = "PRICE_LEASE_SECONDS", default_value = "15", value_name = "1..300", value_parser = whole::<u64>())]
    price_lease_seconds: Given<u64>,
    #[command(flatten)]
    images: ImagesArgs,
    /// Images that a process makes pictures of at the same time; each takes up to 300 MB of memory
    #[arg(long, env = "IMAGE_WORKERS", default_value = "1", value_name = "1..16", value_parser = whole::<usize>())]
    image_workers: Given<usize>,
    /// Seconds between two looks for objects of no image, each over 20,000 objects at the most; 0: never
    #[arg(long, env = "IMAGE_SWEEP_SECONDS", default_value = "3600", value_name = "0..604800", value_parser = whole::<u64>())]
    image_sweep_seconds: Given<u64>,
}

/// Whether there are images: a setting of catalog, and of what makes its bucket.
#[derive(clap::Args, Clone, Debug)]
pub struct ImagesArgs {
    /// Whether products have images, in the bucket IMAGE_BUCKET
    #[arg(long, env = "IMAGES", default_value = "on", value_name = "on|off", value_parser = on_or_off())]
    images: Given<bool>,
}

impl SettingsGroup for ImagesArgs {
    type Settings = bool;

    fn check(self, faults: &mut Faults) -> Option<bool> {
        faults.take(self.images)
    }
}

/// Settings of catalog alone.
#[derive(Clone, Debug)]
pub struct CatalogSettings {
    /// Whether prices are taken from the price stream.
    pub price_stream: bool,
    /// Longest wait between reads of a shard of the price stream that has been quiet for five seconds, in milliseconds.
    pub price_idle_poll_ms: u64,
    /// Seconds within which the shards of a catalog that died are another's.
    pub price_lease_seconds: u64,
    /// Whether products have images.
    pub images: bool,
    /// Images that a process makes pictures of at the same time.
    pub image_workers: usize,
    /// Seconds between two looks for objects of no image; 0: never.
    pub image_sweep_seconds: u64,
}

impl SettingsGroup for CatalogArgs {
    type Settings = CatalogSettings;

    fn check(self, faults: &mut Faults) -> Option<CatalogSettings> {
        let price_stream = faults.take(self.price_stream);
        let price_idle_poll_ms = faults.take(self.price_idle_poll_ms);
        let price_lease_seconds = faults.take(self.price_lease_seconds);
        let images = self.images.check(faults);
        let image_workers = faults.take(self.image_workers);
        let image_sweep_seconds = faults.take(self.image_sweep_seconds);
        Some(CatalogSettings {
            price_stream: price_stream?,
            price_idle_poll_ms: price_idle_poll_ms?,
            price_lease_seconds: price_lease_seconds?,
            images: images?,
            image_workers: image_workers?,
            image_sweep_seconds: image_sweep_seconds?,
        })
    }
}

impl CatalogSettings {
    /// How the shards of the price stream are read and shared.
    #[must_use]
    pub fn shards(&self) -> ShardConfig {
        ShardConfig {
            idle_poll: Duration::from_millis(self.price_idle_poll_ms),
            lease: Duration::from_secs(self.price_lease_seconds),
            ..ShardConfig::default()
        }
    }
}

impl Default for CatalogSettings {
    fn default() -> Self {
        CatalogArgs::defaults()
    }
}

fn is_read(text: &str) -> Result<bool, String> {
    match text {
        "read" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be read or off".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_is_named_together() {
        let flags = [
            "--price-stream=on",
            "--price-idle-poll-ms=199",
            "--price-lease-seconds=0",
            "--images=yes",
            "--image-workers=0",
            "--image-sweep-seconds=-1",
        ];
        let error = CatalogArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.faults.len(), flags.len(), "{error}");
        assert!(CatalogSettings::default().price_stream);
        assert!(!CatalogArgs::from_flags(["--price-stream=off"]).unwrap().price_stream);
        assert!(CatalogSettings::default().images && ImagesArgs::defaults());
        assert!(!CatalogArgs::from_flags(["--images=off"]).unwrap().images);
    }
}
