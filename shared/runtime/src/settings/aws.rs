//! AWS: where it is and under which names.

use shotengai_contracts::topology::STREAM;

use super::{Faults, Given, SettingsGroup, parsed, text};

/// Which AWS, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// Endpoint of a local AWS; unset: AWS itself
    #[arg(long, env = "AWS_ENDPOINT_URL", value_name = "URL", value_parser = parsed(text::http_url))]
    aws_endpoint_url: Option<Given<String>>,
    /// AWS region
    #[arg(long, env = "AWS_REGION", default_value = "ap-northeast-1", value_name = "REGION", value_parser = parsed(region))]
    aws_region: Given<String>,
    /// Kinesis stream the events go through
    #[arg(long, env = "KINESIS_STREAM_NAME", default_value = STREAM, value_name = "NAME", value_parser = parsed(stream))]
    kinesis_stream_name: Given<String>,
    /// Put before every resource's name, to keep installations in one account apart
    #[arg(long, env = "RESOURCE_PREFIX", default_value = "", value_name = "PREFIX", value_parser = parsed(prefix))]
    resource_prefix: Given<String>,
    /// S3 bucket of products' images, its whole name; unset: product-images behind the prefix. On AWS a bucket's name is the only
    /// one in the world
    #[arg(long, env = "IMAGE_BUCKET", value_name = "NAME", value_parser = parsed(bucket))]
    image_bucket: Option<Given<String>>,
    /// S3 bucket of the archive of all events, its whole name; unset: event-archive behind the prefix
    #[arg(long, env = "ARCHIVE_BUCKET", value_name = "NAME", value_parser = parsed(bucket))]
    archive_bucket: Option<Given<String>>,
    /// Where clients reach S3, in the addresses that are signed for them; unset: where this process does
    #[arg(long, env = "S3_PUBLIC_ENDPOINT", value_name = "URL", value_parser = parsed(text::http_url))]
    s3_public_endpoint: Option<Given<String>>,
}

/// Which AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsSettings {
    /// Endpoint of a local AWS; `None` is AWS itself.
    pub endpoint_url: Option<String>,
    /// AWS region.
    pub region: String,
    /// Kinesis stream of the events, without the prefix.
    pub stream_name: String,
    /// Put before every resource's name; often empty.
    pub prefix: String,
    /// Bucket of products' images, where its name was chosen.
    pub image_bucket: Option<String>,
    /// Bucket of the archive of all events, where its name was chosen.
    pub archive_bucket: Option<String>,
    /// Where clients reach S3, where it is elsewhere than for this process.
    pub s3_public_endpoint: Option<String>,
}

impl AwsArgs {
    /// Whether an endpoint is given.
    #[must_use]
    pub fn has_endpoint(&self) -> bool {
        self.aws_endpoint_url.as_ref().is_some_and(Given::is_set)
    }
}

impl SettingsGroup for AwsArgs {
    type Settings = AwsSettings;

    fn check(self, faults: &mut Faults) -> Option<AwsSettings> {
        let endpoint_url = faults.optional(self.aws_endpoint_url);
        let region = faults.take(self.aws_region);
        let stream_name = faults.take(self.kinesis_stream_name);
        let prefix = faults.take(self.resource_prefix);
        let image_bucket = faults.optional(self.image_bucket);
        let archive_bucket = faults.optional(self.archive_bucket);
        let s3_public_endpoint = faults.optional(self.s3_public_endpoint);
        let (region, stream_name, prefix) = (region?, stream_name?, prefix?);
        Some(AwsSettings {
            endpoint_url,
            region,
            stream_name,
            prefix,
            image_bucket,
            archive_bucket,
            s3_public_endpoint,
        })
    }
}

fn region(text: &str) -> Result<String, String> {
    text::plain(text, 1..=40)
}

fn stream(text: &str) -> Result<String, String> {
    text::plain(text, 1..=80)
}

fn prefix(text: &str) -> Result<String, String> {
    text::plain(text, 0..=32)
}

/// As S3 takes it, without what it takes and certificates or browsers then stumble over.
fn bucket(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = text.starts_with('-') || text.ends_with('-');
    if (3..=63).contains(&text.len()) && text.chars().all(good) && !ends {
        return Ok(text.to_owned());
    }
    Err("must have 3 to 63 lower-case letters, digits or '-', which stands at neither end".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_set_to_nothing_is_aws_itself() {
        assert_eq!(AwsArgs::from_flags(["--aws-endpoint-url="]).unwrap().endpoint_url, None);
        let local = AwsArgs::from_flags(["--aws-endpoint-url=http://127.0.0.1:4566/"]).unwrap();
        assert_eq!(local.endpoint_url.as_deref(), Some("http://127.0.0.1:4566"));
    }

    #[test]
    fn names_that_aws_would_refuse_are_refused_together() {
        let flags = [
            "--aws-endpoint-url=localstack",
            "--aws-region=",
            "--kinesis-stream-name=a b",
            "--resource-prefix=a/",
            "--image-bucket=Shop_Images",
            "--archive-bucket=Shop_Events",
            "--s3-public-endpoint=images.example",
        ];
        let error = AwsArgs::from_flags(flags).unwrap_err();
        let named = ["AWS_ENDPOINT_URL", "AWS_REGION", "KINESIS_STREAM_NAME", "RESOURCE_PREFIX", "IMAGE_BUCKET"];
        assert_eq!(error.names(), [&named[..], &["ARCHIVE_BUCKET", "S3_PUBLIC_ENDPOINT"]].concat());
    }
}
