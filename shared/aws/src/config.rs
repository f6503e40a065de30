//! Where the AWS services are and what the installation's resources are called.

use shotengai_contracts::topology::buckets::{EVENT_ARCHIVE, PRODUCT_IMAGES};
use shotengai_contracts::topology::{Installation, STREAM};

/// Where an installation lives unless told otherwise.
pub const DEFAULT_REGION: &str = "ap-northeast-1";

/// Which AWS to talk to, and under which names.
#[derive(Debug, Clone)]
pub struct AwsConfig {
    /// One base URL for every service (a local AWS); none means the region's own endpoints.
    pub endpoint_url: Option<String>,
    /// The region.
    pub region: String,
    /// Stands before every resource's name (`RESOURCE_PREFIX`), the stream's included, so that installations can share
    /// an account.
    pub prefix: String,
    /// The stream (`KINESIS_STREAM_NAME`), without the prefix.
    pub stream_name: String,
    /// The bucket of products' images (`IMAGE_BUCKET`), its whole name; none: [`PRODUCT_IMAGES`] behind the prefix. A bucket's
    /// name is the only one in the world, so an installation on AWS has to choose one.
    pub image_bucket: Option<String>,
    /// The bucket of the archive (`ARCHIVE_BUCKET`), likewise; none: [`EVENT_ARCHIVE`] behind the prefix.
    pub archive_bucket: Option<String>,
    /// The base URL by which clients reach S3 (`S3_PUBLIC_ENDPOINT`), where it is another than `endpoint_url`.
    pub s3_public_endpoint: Option<String>,
    /// What is installed there: the platform, and the roles that an application adds.
    pub installation: Installation,
    /// Whether commits are marked for the outbox; false when change capture feeds the stream. Then a store commits nothing
    /// before its table was seen to be captured.
    pub marks_outbox: bool,
    /// The account on a local AWS, 12 digits; such a server takes it from the access key and keeps its resources apart.
    /// Only heeded when `endpoint_url` is on loopback.
    pub local_account: Option<String>,
}

impl Default for AwsConfig {
    fn default() -> Self {
        Self {
            endpoint_url: None,
            region: DEFAULT_REGION.to_owned(),
            prefix: String::new(),
            stream_name: STREAM.to_owned(),
            image_bucket: None,
            archive_bucket: None,
            s3_public_endpoint: None,
            installation: Installation::default(),
            marks_outbox: true,
            local_account: None,
        }
    }
}

impl AwsConfig {
    /// The defaults, on a local AWS at this URL.
    #[must_use]
    pub fn local(endpoint_url: impl Into<String>) -> Self {
        Self { endpoint_url: Some(endpoint_url.into()), ..Self::default() }
    }

    /// A resource's full name.
    #[must_use]
    pub fn full_name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A bucket's name in the world.
    #[must_use]
    pub fn bucket_name(&self, name: &str) -> String {
        // Prefixes may have what names of buckets can't.
        let behind_prefix = || self.full_name(name).to_ascii_lowercase().replace(['_', '.'], "-");
        self.chosen_bucket(name).map_or_else(behind_prefix, str::to_owned)
    }

    /// The name that the installation chose for a bucket, if it did.
    #[must_use]
    pub fn chosen_bucket(&self, name: &str) -> Option<&str> {
        let chosen = match name {
            _ if name == PRODUCT_IMAGES.name => &self.image_bucket,
            _ if name == EVENT_ARCHIVE.name => &self.archive_bucket,
            _ => &None,
        };
        chosen.as_deref()
    }

    /// Whether the endpoint is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.endpoint_url.as_deref().and_then(host).is_some_and(|host| {
            host == "localhost"
                || host.ends_with(".localhost")
                || host == "::1"
                || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        })
    }
}

/// The host of an `http(s)` URL, brackets of an IPv6 address taken off.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    match authority.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next(),
        None => authority.split(':').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        let loopback = |url: &str| AwsConfig::local(url).is_loopback();
        for url in ["http://127.0.0.1:4566", "http://localhost", "http://[::1]:4566/", "http://s3.localhost:4566"] {
            assert!(loopback(url), "{url}");
        }
        for url in
            ["http://ministack:4566", "https://127.0.0.1.example.com", "http://localhost.example.com", "localhost"]
        {
            assert!(!loopback(url), "{url}");
        }
        assert!(!AwsConfig::default().is_loopback());
    }

    #[test]
    fn the_prefix_stands_before_every_name() {
        let config = AwsConfig { prefix: "blue-".to_owned(), ..AwsConfig::default() };
        assert_eq!(config.full_name("order-queue"), "blue-order-queue");
        assert_eq!(config.bucket_name("product-images"), "blue-product-images");
        let config = AwsConfig { prefix: "Blue_1.".to_owned(), ..AwsConfig::default() };
        assert_eq!(config.bucket_name("product-images"), "blue-1-product-images");
    }

    #[test]
    fn a_bucket_whose_name_was_chosen_has_no_prefix() {
        let image_bucket = Some("example-shop-images".to_owned());
        let config = AwsConfig { prefix: "blue-".to_owned(), image_bucket, ..AwsConfig::default() };
        assert_eq!(config.bucket_name("product-images"), "example-shop-images");
        assert_eq!(config.bucket_name("event-archive"), "blue-event-archive");
        let config = AwsConfig { archive_bucket: Some("example-shop-events".to_owned()), ..config };
        assert_eq!(config.bucket_name("event-archive"), "example-shop-events");
    }
}
