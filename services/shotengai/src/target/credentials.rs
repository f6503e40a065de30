//! AWS credentials: whether anything could say who we are, before the SDK spends seconds on finding out that nothing does.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;

/// Any of these says who we are, or where to ask.
const VARIABLES: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
];
/// The instance's own metadata, on EC2: it gives a token to whoever asks. Elsewhere nobody is there, or somebody else.
const INSTANCE_METADATA: &str = "http://169.254.169.254/latest/api/token";
const TOKEN_LIFETIME: (&str, &str) = ("x-aws-ec2-metadata-token-ttl-seconds", "60");
const INSTANCE_ANSWERS_WITHIN: Duration = Duration::from_millis(500);

/// Looks for credentials where the SDK would. That there are some doesn't mean that they are good.
///
/// # Errors
/// When there are none, with what to give.
pub(super) async fn look(env: impl Fn(&str) -> Option<OsString>) -> anyhow::Result<()> {
    if is_told(&env) || (is_instance_asked(&env) && is_instance().await) {
        return Ok(());
    }
    bail!(
        "no AWS credentials; for the street of `make run` add --local, for AWS set AWS_PROFILE (or AWS_ACCESS_KEY_ID and \
         AWS_SECRET_ACCESS_KEY)"
    )
}

/// Whether the environment or a file says who we are.
fn is_told(env: &impl Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &&str| env(name).is_some_and(|value| !value.is_empty());
    let home = env("HOME").map(PathBuf::from).unwrap_or_default();
    let file = |name, usual: &str| env(name).map_or_else(|| home.join(usual), PathBuf::from);
    VARIABLES.iter().any(is_set)
        || [file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), file("AWS_CONFIG_FILE", ".aws/config")]
            .iter()
            .any(|path| Path::is_file(path))
}

fn is_instance_asked(env: &impl Fn(&str) -> Option<OsString>) -> bool {
    env("AWS_EC2_METADATA_DISABLED").is_none_or(|value| !value.eq_ignore_ascii_case("true"))
}

async fn is_instance() -> bool {
    let Ok(client) = shotengai_runtime::direct_http().timeout(INSTANCE_ANSWERS_WITHIN).build() else {
        return false;
    };
    let answer = client.put(INSTANCE_METADATA).header(TOKEN_LIFETIME.0, TOKEN_LIFETIME.1).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(set: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    }

    #[tokio::test]
    async fn without_any_credentials_one_is_told_what_to_give() {
        let nobody = environment(&[("HOME", "/nowhere"), ("AWS_PROFILE", ""), ("AWS_EC2_METADATA_DISABLED", "true")]);
        let error = look(nobody).await.unwrap_err().to_string();
        assert!(error.contains("--local") && error.contains("AWS_PROFILE"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }

    #[tokio::test]
    async fn whatever_names_credentials_is_left_to_the_sdk() {
        let of = |set| look(environment(set));
        assert!(of(&[("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_EC2_METADATA_DISABLED", "true")]).await.is_ok());
        assert!(of(&[("AWS_PROFILE", "shop"), ("AWS_EC2_METADATA_DISABLED", "true")]).await.is_ok());
        let there = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let file = move |name: &str| (name == "AWS_CONFIG_FILE").then(|| OsString::from(there));
        assert!(look(file).await.is_ok(), "a file");
    }
}
