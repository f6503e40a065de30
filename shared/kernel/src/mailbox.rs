//! E-mail addresses as mail servers take them.

/// The address with its domain in ASCII (RFC 5890): `user@例え.jp` is `user@xn--r8jz45g.jp`, which every server takes, also one
/// that knows nothing of SMTPUTF8. None where the text is no address or its domain has no such form. The local part has
/// none: it stays as it is.
#[must_use]
pub fn with_ascii_domain(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    if domain.is_ascii() {
        return Some(address.to_owned());
    }
    let domain = idna::domain_to_ascii_strict(domain).ok().filter(|domain| !domain.is_empty())?;
    Some(format!("{local}@{domain}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_of_another_script_has_a_form_in_ascii() {
        for (address, ascii) in [
            ("user@例え.jp", "user@xn--r8jz45g.jp"),
            ("user@例え。テスト", "user@xn--r8jz45g.xn--zckzah"),
            ("mei@BÜCHER.example", "mei@xn--bcher-kva.example"),
            ("花子@例え.jp", "花子@xn--r8jz45g.jp"),
            ("mei@Example.com", "mei@Example.com"),
            ("a@b@bücher.example", "a@b@xn--bcher-kva.example"),
        ] {
            assert_eq!(with_ascii_domain(address).as_deref(), Some(ascii), "{address}");
        }
    }

    #[test]
    fn a_domain_that_nobody_can_look_up_has_none() {
        for address in ["mei", "mei@\u{fe0f}", "mei@-ü-.example", "mei@a\u{200d}ü.example", "mei@ü ü.example"] {
            assert_eq!(with_ascii_domain(address), None, "{address}");
        }
    }
}
