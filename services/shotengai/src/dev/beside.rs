//! Roles beside the servers of `--infra-only`: the settings that they need, printed and kept in a file to read in.

use std::path::Path;

use anyhow::Context as _;

use crate::cli::DevArgs;
use crate::dev::infra::Infra;
use crate::dev::secrets::Secrets;
use crate::street::{STATE, write_privately};

const KEY: &str = "signing-key.pem";
const ENVIRONMENT: &str = "serve.env";

/// Prints them, and leaves them where a shell finds them.
pub(crate) fn tell(args: &DevArgs, infra: &Infra, secrets: &Secrets) -> anyhow::Result<()> {
    let state = std::path::absolute(STATE).context("this folder can't be told")?;
    let key = state.join(KEY);
    write_privately(&key, secrets.signing_key.as_bytes())?;
    let settings = needed(args, infra.aws_url(), infra.database_url(), &key, secrets);
    let lines: Vec<_> = settings.iter().map(|(name, value)| format!("export {name}={}", quoted(value))).collect();
    write_privately(&state.join(ENVIRONMENT), (lines.join("\n") + "\n").as_bytes())?;
    say!("\nRoles need these settings (`. {STATE}/{ENVIRONMENT}` sets them in a shell), then `shotengai serve all`:");
    for line in lines {
        say!("  {line}");
    }
    Ok(())
}

/// What differs from the defaults, and nothing else.
fn needed(args: &DevArgs, aws: String, database: String, key: &Path, secrets: &Secrets) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("AWS_ENDPOINT_URL", aws),
        ("DATABASE_URL", database),
        ("INTERNAL_TOKEN", secrets.internal_token.clone()),
        ("JWT_SIGNING_KEY_FILE", key.display().to_string()),
        ("ADMIN_EMAIL", args.admin_email.clone()),
        ("ADMIN_PASSWORD", secrets.admin_password.clone()),
    ];
    let mut differing = |name, value: String, differs: bool| {
        if differs {
            settings.push((name, value));
        }
    };
    differing("SMTP_URL", format!("smtp://127.0.0.1:{}", args.smtp_port), args.smtp_port != 1025);
    let base = format!("http://127.0.0.1:{}", args.http_port);
    let elsewhere = args.http_port != 8080;
    differing("HTTP_ADDR", format!("127.0.0.1:{}", args.http_port), elsewhere);
    for name in ["STOREFRONT_URL", "CATALOG_URL", "PUBLIC_URL"] {
        differing(name, base.clone(), elsewhere);
    }
    differing("HEALTH_ADDR", format!("127.0.0.1:{}", args.health_port), args.health_port != 9090);
    differing("PUBLISH", args.publish.clone(), args.publish != "outbox");
    differing("CURRENCY", args.currency.clone(), args.currency != "JPY");
    differing("CORS_ALLOWED_ORIGINS", args.cors_allowed_origins.clone(), !args.cors_allowed_origins.is_empty());
    settings
}

/// As a shell takes it, whatever is in it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_value_as_it_is() {
        assert_eq!(quoted("postgres://a:b$c@h/d?e=f&g"), "'postgres://a:b$c@h/d?e=f&g'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
