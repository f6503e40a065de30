//! Where mails go: `smtp://127.0.0.1:1025`, `smtps://user:password@relay.example`, `smtp://relay.example?tls=required`.

use std::fmt;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use reqwest::Url;

/// How a connection is made secure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// Not at all: for a server next door.
    None,
    /// STARTTLS, or no mail.
    Required,
    /// STARTTLS where it is offered; whoever sits between can take the offer away.
    Opportunistic,
    /// TLS from the first byte (`smtps`).
    Wrapped,
}

/// An SMTP server and how to talk to it. Never prints its credentials.
#[derive(Clone)]
pub struct SmtpServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello: ClientId,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} ({:?})", self.host, self.port, self.security)
    }
}

/// Why a text is no SMTP server. Does not quote it: it may hold a password.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SmtpServerError {
    /// Not a URL with a host.
    #[error("must be a URL such as smtp://127.0.0.1:1025")]
    Url,
    /// Another scheme, or another value of `tls`.
    #[error("must begin with smtp:// or smtps://, and ?tls= may be required or opportunistic")]
    Scheme,
    /// User or password are not percent-encoded UTF-8, or one of them is missing.
    #[error("user and password must both be there, in percent-encoded UTF-8")]
    Credentials,
    /// The password could be read by whoever sits between.
    #[error("has a password, which goes over TLS only: use smtps://, or add ?tls=required")]
    Clear,
}

impl SmtpServer {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`SmtpServerError`].
    pub fn parse(text: &str) -> Result<Self, SmtpServerError> {
        let url = Url::parse(text).map_err(|_| SmtpServerError::Url)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpServerError::Url)?;
        let tls = url.query_pairs().find(|(key, _)| key == "tls").map(|(_, value)| value.into_owned());
        let (security, default_port) = match (url.scheme(), tls.as_deref()) {
            ("smtp", None) => (Security::None, 25),
            ("smtp", Some("required")) => (Security::Required, 587),
            ("smtp", Some("opportunistic")) => (Security::Opportunistic, 587),
            ("smtps", None) => (Security::Wrapped, 465),
            _ => return Err(SmtpServerError::Scheme),
        };
        let decode = |part: &str| {
            let text = percent_decode_str(part).decode_utf8().map_err(|_| SmtpServerError::Credentials)?;
            Ok(text.into_owned())
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(SmtpServerError::Credentials),
            (user, Some(password)) => Some(Credentials::new(decode(user)?, decode(password)?)),
        };
        // An offer of TLS can be taken away on the way, so to take it up where it is made is not enough.
        if credentials.is_some() && matches!(security, Security::None | Security::Opportunistic) {
            return Err(SmtpServerError::Clear);
        }
        Ok(Self {
            // URLs have IPv6 addresses in brackets, sockets don't.
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: url.port().unwrap_or(default_port),
            security,
            credentials,
            hello: ClientId::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_how_securely() {
        let server = SmtpServer::parse("smtp://127.0.0.1:1025").unwrap();
        assert_eq!((server.host.as_str(), server.port, server.security), ("127.0.0.1", 1025, Security::None));
        let server = SmtpServer::parse("smtps://me%40x:p%3Aw@relay.example").unwrap();
        assert_eq!((server.port, server.security), (465, Security::Wrapped));
        assert_eq!(server.credentials, Some(Credentials::new("me@x".into(), "p:w".into())));
        assert_eq!(SmtpServer::parse("smtp://[::1]?tls=required").unwrap().host, "::1");
    }

    #[test]
    fn a_password_never_goes_in_clear() {
        for url in ["smtp://u:secret@127.0.0.1:1025", "smtp://u:secret@relay.example?tls=opportunistic"] {
            let error = SmtpServer::parse(url).err();
            assert_eq!(error, Some(SmtpServerError::Clear), "{url}");
            assert!(!SmtpServerError::Clear.to_string().contains("secret"));
        }
        for url in ["smtps://u:secret@relay.example", "smtp://u:secret@relay.example?tls=required"] {
            assert!(SmtpServer::parse(url).unwrap().credentials.is_some(), "{url}");
        }
        for url in ["smtps://u@relay.example", "smtps://:secret@relay.example"] {
            assert_eq!(SmtpServer::parse(url).err(), Some(SmtpServerError::Credentials), "{url}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused_without_being_quoted() {
        assert_eq!(SmtpServer::parse("127.0.0.1:1025").err(), Some(SmtpServerError::Url));
        assert_eq!(SmtpServer::parse("http://h").err(), Some(SmtpServerError::Scheme));
        assert_eq!(SmtpServer::parse("smtp://u:secret@h?tls=maybe").err(), Some(SmtpServerError::Scheme));
    }
}
