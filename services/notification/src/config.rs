//! notification's own settings.

use anyhow::{Context as _, ensure};
use lettre::message::Mailbox;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::smtp::SmtpServer;

/// Settings of notification, by flag or environment variable.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Notification")]
pub struct NotificationSettings {
    /// The SMTP server: smtp://host:port, smtps://user:password@host, smtp://host?tls=required.
    #[arg(long, env = "SMTP_URL", hide_env_values = true, default_value = "smtp://127.0.0.1:1025")]
    pub smtp_url: SecretString,
    /// Who mails are from.
    #[arg(long, env = "MAIL_FROM", default_value = "Shotengai <street@shotengai.example>")]
    pub mail_from: String,
    /// The domain in the Message-IDs of mails.
    #[arg(long, env = "MAIL_DOMAIN", default_value = "shotengai")]
    pub mail_domain: String,
    /// Where customers reach the street; links in mails lead there.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    pub public_url: String,
}

/// The settings, checked.
pub(crate) struct Checked {
    pub(crate) server: SmtpServer,
    pub(crate) from: Mailbox,
    pub(crate) domain: String,
    pub(crate) public_url: String,
}

impl NotificationSettings {
    pub(crate) fn check(&self) -> anyhow::Result<Checked> {
        let server = SmtpServer::parse(self.smtp_url.expose_secret()).context("SMTP_URL");
        let from = self.mail_from.parse::<Mailbox>().context("MAIL_FROM must be like Name <mail@example.com>");
        let domain = check_domain(&self.mail_domain);
        let public_url = check_public_url(&self.public_url);
        let faults: Vec<String> = [
            server.as_ref().err().map(|e| format!("{e:#}")),
            from.as_ref().err().map(|e| format!("{e:#}")),
            domain.as_ref().err().map(|e| format!("{e:#}")),
            public_url.as_ref().err().map(|e| format!("{e:#}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        ensure!(faults.is_empty(), "{}", faults.join("; "));
        Ok(Checked { server: server?, from: from?, domain: domain?, public_url: public_url? })
    }
}

fn check_domain(domain: &str) -> anyhow::Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    ensure!(!domain.is_empty() && domain.chars().all(plain), "MAIL_DOMAIN must be a domain such as mail.example.com");
    Ok(domain.to_owned())
}

fn check_public_url(url: &str) -> anyhow::Result<String> {
    let parsed = Url::parse(url).ok().filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    ensure!(parsed.is_some(), "PUBLIC_URL must be an http or https URL");
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_setting_is_named_at_once_and_no_secret_printed() {
        let settings = NotificationSettings {
            smtp_url: "smtp://u:hunter2@h?tls=no".into(),
            mail_from: "nobody".into(),
            mail_domain: "a b".into(),
            public_url: "ftp://x".into(),
        };
        let error = settings.check().err().unwrap().to_string();
        for name in ["SMTP_URL", "MAIL_FROM", "MAIL_DOMAIN", "PUBLIC_URL"] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("hunter2") && !format!("{settings:?}").contains("hunter2"));
    }
}
