//! notification's own settings.

use lettre::message::Mailbox;
use reqwest::Url;
use shotengai_kernel::mailbox::with_ascii_domain;
use shotengai_runtime::settings::{Faults, Given, SettingsGroup, parsed, whole};

use crate::smtp::SmtpServer;

/// Settings of notification, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct NotificationArgs {
    /// The SMTP server: smtp://host:port, smtps://user:password@host, smtp://host?tls=required
    #[arg(long, env = "SMTP_URL", hide_env_values = true, default_value = "smtp://127.0.0.1:1025", value_name = "URL")]
    #[arg(value_parser = parsed(server))]
    smtp_url: Given<SmtpServer>,
    /// Who mails are from
    #[arg(long, env = "MAIL_FROM", default_value = "Shotengai <street@shotengai.example>", value_name = "MAILBOX")]
    #[arg(value_parser = parsed(mailbox))]
    mail_from: Given<Mailbox>,
    /// The domain in the Message-IDs of mails
    #[arg(long, env = "MAIL_DOMAIN", default_value = "shotengai", value_name = "DOMAIN", value_parser = parsed(domain))]
    mail_domain: Given<String>,
    /// Where customers reach the street; links in mails lead there
    #[arg(long, env = "PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_name = "URL", value_parser = parsed(public_url))]
    public_url: Given<String>,
    /// How many mails one address gets a day (UTC), whoever orders; what is more is not sent. 0 for any number
    #[arg(long, env = "MAILS_PER_ADDRESS_A_DAY", default_value = "40", value_name = "0..1000", value_parser = whole::<u16>())]
    mails_per_address_a_day: Given<u16>,
}

/// Settings of notification.
#[derive(Clone, Debug)]
pub struct NotificationSettings {
    /// The SMTP server.
    pub server: SmtpServer,
    /// Who mails are from.
    pub from: Mailbox,
    /// The domain in the Message-IDs of mails.
    pub domain: String,
    /// Where customers reach the street.
    pub public_url: String,
    /// How many mails one address gets a day; 0 for any number.
    pub mails_per_address: u16,
}

impl SettingsGroup for NotificationArgs {
    type Settings = NotificationSettings;

    fn check(self, faults: &mut Faults) -> Option<NotificationSettings> {
        let server = faults.take(self.smtp_url);
        let from = faults.take(self.mail_from);
        let domain = faults.take(self.mail_domain);
        let public_url = faults.take(self.public_url);
        let mails_per_address = faults.take(self.mails_per_address_a_day);
        Some(NotificationSettings {
            server: server?,
            from: from?,
            domain: domain?,
            public_url: public_url?,
            mails_per_address: mails_per_address?,
        })
    }
}

impl Default for NotificationSettings {
    fn default() -> Self {
        NotificationArgs::defaults()
    }
}

fn server(text: &str) -> Result<SmtpServer, String> {
    SmtpServer::parse(text).map_err(|error| error.to_string())
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    let must = || "must be like Name <mail@example.com>".to_owned();
    let Mailbox { name, email } = text.parse().map_err(|_| must())?;
    // Every server takes the domain's form in ASCII.
    let email = with_ascii_domain(email.as_ref()).and_then(|email| email.parse().ok()).ok_or_else(must)?;
    Ok(Mailbox { name, email })
}

fn domain(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if text.is_empty() || !text.chars().all(plain) {
        return Err("must be a domain such as mail.example.com".to_owned());
    }
    Ok(text.to_owned())
}

fn public_url(text: &str) -> Result<String, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text.to_owned()),
        _ => Err("must be an http or https URL".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_setting_is_named_at_once_and_no_secret_printed() {
        let flags = [
            "--smtp-url=smtp://u:hunter2@h?tls=no",
            "--mail-from=nobody",
            "--mail-domain=a b",
            "--public-url=ftp://x",
            "--mails-per-address-a-day=1001",
        ];
        let error = NotificationArgs::from_flags(flags).unwrap_err();
        assert_eq!(
            error.names(),
            ["SMTP_URL", "MAIL_FROM", "MAIL_DOMAIN", "PUBLIC_URL", "MAILS_PER_ADDRESS_A_DAY"],
            "{error}"
        );
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let error = NotificationArgs::from_flags(["--smtp-url=smtp://u:hunter2@h"]).unwrap_err();
        assert_eq!(error.names(), ["SMTP_URL"], "{error}");
        assert!(error.to_string().contains("tls=required") && !error.to_string().contains("hunter2"), "{error}");
        let settings = NotificationArgs::from_flags(["--smtp-url=smtps://u:hunter2@h"]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn a_senders_domain_is_kept_in_ascii() {
        let settings = ["--smtp-url=smtps://h", "--mail-from=商店街 <street@例え.jp>"];
        let settings = NotificationArgs::from_flags(settings).unwrap();
        assert_eq!(settings.from.email.to_string(), "street@xn--r8jz45g.jp");
    }
}
