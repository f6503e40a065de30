//! Who may call: access tokens and the secret between services.

use secrecy::SecretString;

use super::{Faults, Given, SettingsGroup, parsed, text};
use crate::auth::TokenIssuer;

const MIN_TOKEN: usize = 16;

/// How callers are known, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Authentication")]
pub struct AuthArgs {
    /// Issuer that access tokens must name
    #[arg(long, env = "JWT_ISSUER", default_value = "shotengai", value_name = "NAME", value_parser = parsed(text::filled))]
    jwt_issuer: Given<String>,
    /// Where access tokens' public keys are; default: {STOREFRONT_URL}/.well-known/jwks.json
    #[arg(long, env = "JWKS_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    jwks_url: Option<Given<String>>,
    /// Secret by which services know each other on /internal/*; 16 characters at least
    #[arg(long, env = "INTERNAL_TOKEN", hide_env_values = true, value_name = "SECRET", value_parser = parsed(internal_token))]
    internal_token: Option<Given<SecretString>>,
}

/// How callers are known.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// Issuer that access tokens must name.
    pub issuer: String,
    /// Where the public keys of access tokens are; `None`: where storefront publishes them.
    pub jwks_url: Option<String>,
    /// Secret by which services know each other.
    pub internal_token: SecretString,
}

impl SettingsGroup for AuthArgs {
    type Settings = AuthSettings;

    fn check(self, faults: &mut Faults) -> Option<AuthSettings> {
        let issuer = faults.take(self.jwt_issuer);
        let jwks_url = faults.optional(self.jwks_url);
        let internal_token = faults.required("INTERNAL_TOKEN", self.internal_token);
        Some(AuthSettings { issuer: issuer?, jwks_url, internal_token: internal_token? })
    }
}

fn internal_token(text: &str) -> Result<SecretString, String> {
    if text.len() < MIN_TOKEN || !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(format!("must have {MIN_TOKEN} printable ASCII characters at least, no spaces"));
    }
    text::secret(text)
}

/// The key that signs access tokens, on the way in. Belongs to the role that signs them.
#[derive(clap::Args, Clone, Debug)]
pub struct SigningKeyArgs {
    /// The key that signs access tokens (PEM, PKCS#8, Ed25519 or P-256); of several the first signs, and all are published
    #[arg(long, env = "JWT_SIGNING_KEY", hide_env_values = true, value_name = "PEM", value_parser = parsed(text::secret))]
    jwt_signing_key: Option<Given<SecretString>>,
    /// A file with that key
    #[arg(long, env = "JWT_SIGNING_KEY_FILE", value_name = "FILE", value_parser = parsed(text::filled))]
    jwt_signing_key_file: Option<Given<String>>,
}

impl SettingsGroup for SigningKeyArgs {
    /// The PEM, which can sign.
    type Settings = SecretString;

    /// Reads the file.
    fn check(self, faults: &mut Faults) -> Option<SecretString> {
        let inline = faults.optional(self.jwt_signing_key);
        let file = faults.optional(self.jwt_signing_key_file);
        let (name, pem) = match (inline, file) {
            (None, None) => {
                faults.add(
                    "JWT_SIGNING_KEY",
                    "is not set: give it, or JWT_SIGNING_KEY_FILE (`shotengai keygen` makes a key)",
                );
                return None;
            }
            (Some(_), Some(_)) => {
                faults.add("JWT_SIGNING_KEY", "and JWT_SIGNING_KEY_FILE are both set; keep one");
                return None;
            }
            (Some(pem), None) => ("JWT_SIGNING_KEY", pem),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(pem) => ("JWT_SIGNING_KEY_FILE", SecretString::from(pem)),
                Err(error) => {
                    faults.add("JWT_SIGNING_KEY_FILE", format!("can't be read: {error}"));
                    return None;
                }
            },
        };
        if let Err(error) = TokenIssuer::check_key(&pem) {
            faults.add(name, error.to_string());
            return None;
        }
        Some(pem)
    }
}

impl AuthSettings {
    /// Defaults, with this token. For tests and tools.
    pub(super) fn local(internal_token: SecretString) -> Self {
        Self { issuer: "shotengai".to_owned(), jwks_url: None, internal_token }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::auth::generate_signing_key;

    #[test]
    fn what_is_missing_or_too_short_is_named_and_not_quoted() {
        assert_eq!(AuthArgs::from_flags([""; 0]).unwrap_err().to_string(), "INTERNAL_TOKEN: is not set");
        let flags = ["--internal-token=hun ter2", "--jwt-issuer= ", "--jwks-url=https://keys"];
        let error = AuthArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.names(), ["JWT_ISSUER", "JWKS_URL", "INTERNAL_TOKEN"]);
        assert!(!error.to_string().contains("ter2"), "{error}");
        let good = AuthArgs::from_flags(["--internal-token=0123456789abcdef-secret"]).unwrap();
        assert!(!format!("{good:?}").contains("secret\""), "{good:?}");
        assert_eq!(good.internal_token.expose_secret(), "0123456789abcdef-secret");
    }

    #[test]
    fn one_key_signs_from_the_setting_or_from_a_file() {
        let pem = generate_signing_key().unwrap();
        let inline = format!("--jwt-signing-key={}", pem.expose_secret());
        assert!(SigningKeyArgs::from_flags([&inline]).is_ok());
        for (flags, named) in [
            (vec![], "JWT_SIGNING_KEY: is not set"),
            (vec!["--jwt-signing-key=hunter2".to_owned()], "JWT_SIGNING_KEY: "),
            (vec![inline, "--jwt-signing-key-file=/nowhere".to_owned()], "both set"),
            (vec!["--jwt-signing-key-file=/nowhere".to_owned()], "JWT_SIGNING_KEY_FILE: can't be read"),
        ] {
            let error = SigningKeyArgs::from_flags(flags).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("hunter2"), "{error}");
        }
    }
}
