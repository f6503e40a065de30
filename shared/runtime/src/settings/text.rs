//! What texts may be settings: names, URLs, addresses. An error says what is wanted and never quotes what came.

use std::net::SocketAddr;

use secrecy::SecretString;

/// A text that is not blank, without spaces around it.
///
/// # Errors
/// When it is blank.
pub fn filled(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// Any text, as it came.
///
/// # Errors
/// None; the form is that of a reader.
pub fn secret(text: &str) -> Result<SecretString, String> {
    Ok(text.to_owned().into())
}

/// An `http` or `https` URL, without a slash at its end.
///
/// # Errors
/// When it is none.
pub fn http_url(text: &str) -> Result<String, String> {
    let url = text.trim().trim_end_matches('/');
    match reqwest::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(url.to_owned()),
        _ => Err("must be a URL such as http://host:8080".to_owned()),
    }
}

/// An `http` or `https` URL as it is written, a slash at its end included: where it is a name.
///
/// # Errors
/// When it is none.
pub fn http_url_as_it_is(text: &str) -> Result<String, String> {
    http_url(text).map(|_| text.trim().to_owned())
}

/// An `http` URL. Inside the cluster everything speaks plain HTTP (encryption between pods is the mesh's work): an
/// `https` URL would only fail later.
///
/// # Errors
/// When it is none.
pub fn plain_http(text: &str) -> Result<String, String> {
    let url = http_url(text)?;
    if url.starts_with("http://") { Ok(url) } else { Err("must start with http://".to_owned()) }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| "must be an IP address and a port, such as 0.0.0.0:8080".to_owned())
}

/// Letters, digits and a few signs, as resources are named.
pub(super) fn plain(text: &str, length: std::ops::RangeInclusive<usize>) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if length.contains(&text.len()) && text.chars().all(good) {
        return Ok(text.to_owned());
    }
    Err(format!("must have {} to {} letters, digits, '-', '_' or '.'", length.start(), length.end()))
}
