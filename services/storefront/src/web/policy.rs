//! What the web pages may do in a browser (Content-Security-Policy).

use shotengai_runtime::settings::AwsSettings;

/// The policy of every page: scripts and styles from files of ours alone, no code out of strings (Trusted Types), pictures
/// and uploads also from and to the store of images, and no frame around it. `mails`: the inbox of a developer's street, whose
/// messages are read and shown in frames.
#[must_use]
pub(super) fn policy(image_store: &str, mails: Option<&str>) -> String {
    let mails = mails.map(|url| format!(" {}", origin(url))).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; \
         connect-src 'self' {image_store}{mails}; img-src 'self' data: blob: {image_store}; frame-src 'self'{mails}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// Where browsers reach the store of images, as an origin: where clients are told to, where this process does, or S3's own
/// name for the bucket.
#[must_use]
pub(super) fn image_store(aws: &AwsSettings, bucket: &str) -> String {
    let told = aws.s3_public_endpoint.as_deref().or(aws.endpoint_url.as_deref());
    told.map_or_else(|| format!("https://{bucket}.s3.{}.amazonaws.com", aws.region), origin)
}

/// Scheme and authority of an address, without its path.
fn origin(url: &str) -> String {
    let end = url.find("://").map_or(0, |at| at + 3);
    let path = url[end..].find(['/', '?', '#']).map_or(url.len(), |at| end + at);
    url[..path].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_an_address_without_its_path() {
        assert_eq!(origin("http://127.0.0.1:4566/"), "http://127.0.0.1:4566");
        assert_eq!(origin("https://images.example/shop?a=b"), "https://images.example");
        assert_eq!(origin("https://images.example"), "https://images.example");
    }

    #[test]
    fn no_page_may_run_what_is_written_into_it() {
        let policy = policy("https://images.example", None);
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("script-src 'self';") && policy.contains("require-trusted-types-for 'script'"));
    }

    #[test]
    fn only_an_inbox_that_was_told_is_read_and_framed() {
        let policy = |mails| policy("https://images.example", mails);
        assert!(policy(None).contains("connect-src 'self' https://images.example; "), "{}", policy(None));
        let told = policy(Some("http://127.0.0.1:8025/"));
        assert!(told.contains("connect-src 'self' https://images.example http://127.0.0.1:8025; "), "{told}");
        assert!(told.contains("frame-src 'self' http://127.0.0.1:8025; "), "{told}");
        assert!(told.contains("script-src 'self'; "), "{told}");
    }
}
