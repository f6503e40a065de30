//! Another issuer of access tokens.

use shotengai_runtime::settings::{Faults, Given, SettingsGroup, parsed, text};

/// Another issuer of access tokens, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "OpenID Connect")]
pub struct OidcArgs {
    /// URL of an OpenID Connect issuer whose access tokens are accepted beside those of this shop; its keys are found by discovery
    #[arg(long, env = "OIDC_ISSUER", value_name = "URL", value_parser = parsed(issuer))]
    oidc_issuer: Option<Given<String>>,
    /// Audience (`aud`) that its tokens must name: what this shop is called there
    #[arg(long, env = "OIDC_AUDIENCE", value_name = "NAME", value_parser = parsed(text::filled))]
    oidc_audience: Option<Given<String>>,
    /// Certificates to trust when talking to it (PEM), instead of the system's
    #[arg(long, env = "OIDC_CA_FILE", value_name = "FILE", value_parser = parsed(text::filled))]
    oidc_ca_file: Option<Given<String>>,
    /// Claim with the bearer's roles, a text or a list of texts; in objects by a path (`realm_access.roles`)
    #[arg(long, env = "OIDC_ROLE_CLAIM", value_name = "CLAIM", default_value = "roles", value_parser = parsed(text::filled))]
    oidc_role_claim: Given<String>,
    /// Role there that makes an administrator here; unset: nobody becomes one by its tokens
    #[arg(long, env = "OIDC_ADMIN_ROLE", value_name = "ROLE", value_parser = parsed(text::filled))]
    oidc_admin_role: Option<Given<String>>,
}

/// Whoever stands between us and the issuer could give us keys of their own.
fn issuer(text: &str) -> Result<String, String> {
    let url = text::http_url_as_it_is(text)?;
    let local = ["localhost", "127.0.0.1", "[::1]"];
    let plain = url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    let is_local = |host: &str| local.iter().any(|name| host == *name || host.starts_with(&format!("{name}:")));
    match plain {
        None if url.starts_with("https://") => Ok(url),
        Some(host) if is_local(host) => Ok(url),
        _ => Err("must start with https://, unless it is on this machine".to_owned()),
    }
}

/// Another issuer of access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcSettings {
    /// Its URL, exactly as its tokens name it.
    pub issuer: String,
    /// The audience that its tokens must name.
    pub audience: String,
    /// Certificates to trust, instead of the system's.
    pub ca_file: Option<String>,
    /// The claim with the bearer's roles.
    pub role_claim: String,
    /// The role that makes an administrator.
    pub admin_role: Option<String>,
}

impl SettingsGroup for OidcArgs {
    /// None where there is no other issuer.
    type Settings = Option<OidcSettings>;

    fn check(self, faults: &mut Faults) -> Option<Self::Settings> {
        // Whether a setting is there counts for the others even where it is wrong.
        let set = |setting: &Option<Given<String>>| setting.as_ref().is_some_and(Given::is_set);
        let others = [
            ("OIDC_AUDIENCE", set(&self.oidc_audience)),
            ("OIDC_CA_FILE", set(&self.oidc_ca_file)),
            ("OIDC_ADMIN_ROLE", set(&self.oidc_admin_role)),
        ];
        if set(&self.oidc_issuer) {
            if !set(&self.oidc_audience) {
                faults.add("OIDC_AUDIENCE", "is not set, but OIDC_ISSUER is: tokens for others must not be good here");
            }
        } else {
            for (name, _) in others.into_iter().filter(|(_, set)| *set) {
                faults.add(name, "is set, but OIDC_ISSUER is not");
            }
        }
        let issuer = faults.optional(self.oidc_issuer);
        let audience = faults.optional(self.oidc_audience);
        let ca_file = faults.optional(self.oidc_ca_file);
        let role_claim = faults.take(self.oidc_role_claim)?;
        let admin_role = faults.optional(self.oidc_admin_role);
        Some(issuer.zip(audience).map(|(issuer, audience)| OidcSettings {
            issuer,
            audience,
            ca_file,
            role_claim,
            admin_role,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_comes_with_an_audience_and_nothing_comes_without_an_issuer() {
        for (flags, named) in [
            (&["--oidc-issuer=https://id.example"][..], &["OIDC_AUDIENCE"][..]),
            (&["--oidc-audience=shop", "--oidc-admin-role=boss"], &["OIDC_AUDIENCE", "OIDC_ADMIN_ROLE"]),
            (&["--oidc-issuer=http://id.example", "--oidc-audience=shop"], &["OIDC_ISSUER"]),
            (&["--oidc-issuer=http://localhost.example/", "--oidc-audience=shop"], &["OIDC_ISSUER"]),
            (&["--oidc-issuer=http://127.0.0.1@id.example/", "--oidc-audience=shop"], &["OIDC_ISSUER"]),
            (&["--oidc-issuer=HTTPS://id.example", "--oidc-audience=shop"], &["OIDC_ISSUER"]),
            (&["--oidc-issuer=id.example", "--oidc-audience= "], &["OIDC_AUDIENCE", "OIDC_ISSUER"]),
        ] {
            assert_eq!(OidcArgs::from_flags(flags).unwrap_err().names(), named, "{flags:?}");
        }
        assert_eq!(OidcArgs::defaults(), None);
        let settings = OidcArgs::from_flags(["--oidc-issuer=https://id.example/", "--oidc-audience=shop"]).unwrap();
        let settings = settings.unwrap();
        // The slash is part of the name: tokens of many issuers have one.
        assert_eq!((settings.issuer.as_str(), settings.role_claim.as_str()), ("https://id.example/", "roles"));
    }
}
