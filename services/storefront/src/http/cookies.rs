//! Cookies: one for the refresh token, one by which a device is known that has signed in before.
//!
//! Both are for this site's own requests alone (SameSite=Strict), over TLS or to this machine (Secure), and no script reads
//! them (HttpOnly). They go to the paths of accounts only.

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};

const ATTRIBUTES: &str = "Path=/auth; Secure; HttpOnly; SameSite=Strict";

/// A cookie's value, if the request has one of this name.
pub(super) fn read(request: &HttpRequest, name: &str) -> Option<String> {
    let pairs = request.headers().get_all(COOKIE).filter_map(|header| header.to_str().ok());
    let mut pairs = pairs.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// Value of a `Set-Cookie` header that keeps a cookie.
pub(super) fn kept(name: &str, value: &SecretString, lasts: SignedDuration) -> String {
    format!("{name}={}; Max-Age={}; {ATTRIBUTES}", value.expose_secret(), lasts.as_secs())
}

/// Value of a `Set-Cookie` header that ends a cookie.
pub(super) fn forgotten(name: &str) -> String {
    format!("{name}=; Max-Age=0; {ATTRIBUTES}")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let request =
            TestRequest::default().append_header(("cookie", "a=1; token=x.y=z;b")).append_header(("cookie", "c=3"));
        let request = request.to_http_request();
        let found = ["a", "token", "c", "b", "oken"].map(|name| read(&request, name));
        assert_eq!(found, [Some("1".to_owned()), Some("x.y=z".to_owned()), Some("3".to_owned()), None, None]);
    }

    #[test]
    fn a_cookie_is_for_this_site_and_no_script() {
        let told = kept("token", &"x.y".into(), SignedDuration::from_secs(60));
        assert_eq!(told, "token=x.y; Max-Age=60; Path=/auth; Secure; HttpOnly; SameSite=Strict");
        assert!(forgotten("token").starts_with("token=; Max-Age=0; "));
    }
}
