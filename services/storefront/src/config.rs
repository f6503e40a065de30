//! What can be set about this role.

use std::time::Duration;

use actix_web::http::header::HeaderValue;
use anyhow::ensure;
use secrecy::SecretString;

use crate::door::client::Trust;
use crate::door::cors::Origins;

/// The administrator's password of every developer's street (`shotengai dev`). Everybody knows it, so nobody else may use it.
pub const DEVELOPERS_PASSWORD: &str = "admin123";

/// Settings of the storefront role.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Storefront")]
pub struct StorefrontSettings {
    /// The administrator's e-mail address; unset: nobody can sign in as administrator
    #[arg(long, env = "ADMIN_EMAIL", hide_env_values = true, value_name = "ADDRESS")]
    pub admin_email: Option<SecretString>,
    /// The administrator's password
    #[arg(long, env = "ADMIN_PASSWORD", hide_env_values = true, value_name = "SECRET")]
    pub admin_password: Option<SecretString>,
    /// Its Argon2id hash in PHC form, instead of the password
    #[arg(long, env = "ADMIN_PASSWORD_HASH", hide_env_values = true, value_name = "PHC")]
    pub admin_password_hash: Option<SecretString>,
    /// Whether this is a developer's street, where [`DEVELOPERS_PASSWORD`] will do. No flag: only `shotengai dev` is one.
    #[arg(skip)]
    pub developers_street: bool,
    /// How the door behaves
    #[command(flatten)]
    pub door: DoorSettings,
}

/// Settings of the one door.
#[derive(clap::Args, Clone, Debug)]
pub struct DoorSettings {
    /// Sites whose scripts may use the shop: origins with commas between, or *
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", default_value = "", value_name = "ORIGINS")]
    pub cors_allowed_origins: String,
    /// How many proxies of ours stand before storefront; so far X-Forwarded-For is believed
    #[arg(long, env = "TRUSTED_PROXIES", default_value_t = 0, value_name = "HOPS")]
    pub trusted_proxies: u8,
    /// Calls a second that each user, or else each address, may make; 0: any number
    #[arg(long, env = "RATE_LIMIT_PER_SECOND", default_value_t = 50, value_name = "CALLS")]
    pub rate_limit_per_second: u32,
    /// How many of these they may make at once after a pause
    #[arg(long, env = "RATE_LIMIT_BURST", default_value_t = 200, value_name = "CALLS")]
    pub rate_limit_burst: u32,
    /// Guests and sign-ins a minute from each address; 0: any number
    #[arg(long, env = "SIGN_IN_LIMIT_PER_MINUTE", default_value_t = 60, value_name = "CALLS")]
    pub sign_in_limit_per_minute: u32,
    /// How long a role may take until its answer begins, in seconds
    #[arg(long, env = "FORWARD_HEAD_SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub forward_head_seconds: u64,
    /// How long a role may take until its answer ends, in seconds
    #[arg(long, env = "FORWARD_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub forward_seconds: u64,
    /// Requests that each role may have in hand at the same time; more are answered 503
    #[arg(long, env = "FORWARD_CONCURRENCY", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub forward_concurrency: u32,
    /// For so long browsers are told to come by TLS only, in seconds; 0: not told. Set it where TLS ends before us
    #[arg(long, env = "HSTS_SECONDS", default_value_t = 0, value_name = "SECONDS")]
    pub hsts_seconds: u32,
}

impl Default for DoorSettings {
    /// The defaults of the flags.
    fn default() -> Self {
        Self {
            cors_allowed_origins: String::new(),
            trusted_proxies: 0,
            rate_limit_per_second: 50,
            rate_limit_burst: 200,
            sign_in_limit_per_minute: 60,
            forward_head_seconds: 15,
            forward_seconds: 60,
            forward_concurrency: 256,
            hsts_seconds: 0,
        }
    }
}

/// The door's settings, checked.
pub struct Checked {
    /// Whose scripts may read answers.
    pub origins: Origins,
    /// Proxies of ours before us.
    pub trust: Trust,
    /// Until an answer begins.
    pub head: Duration,
    /// Until it ends.
    pub whole: Duration,
    /// Requests of one role in hand.
    pub at_once: usize,
    /// What tells browsers to come by TLS only.
    pub transport: Option<HeaderValue>,
}

impl DoorSettings {
    /// # Errors
    /// Names every setting that can't be used.
    pub fn check(&self) -> anyhow::Result<Checked> {
        let origins = Origins::parse(&self.cors_allowed_origins);
        let mut faults = Vec::new();
        if let Err(fault) = &origins {
            faults.push(format!("CORS_ALLOWED_ORIGINS {fault}"));
        }
        if self.forward_seconds < self.forward_head_seconds {
            faults.push("FORWARD_SECONDS must not be less than FORWARD_HEAD_SECONDS".to_owned());
        }
        ensure!(faults.is_empty(), "{}", faults.join("; "));
        let transport = format!("max-age={}; includeSubDomains", self.hsts_seconds);
        Ok(Checked {
            origins: origins.map_err(anyhow::Error::msg)?,
            trust: Trust(usize::from(self.trusted_proxies)),
            head: Duration::from_secs(self.forward_head_seconds),
            whole: Duration::from_secs(self.forward_seconds),
            at_once: usize::try_from(self.forward_concurrency)?,
            transport: if self.hsts_seconds > 0 { Some(transport.try_into()?) } else { None },
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        door: DoorSettings,
    }

    #[test]
    fn every_bad_setting_of_the_door_is_named_at_once() {
        let settings = DoorSettings {
            cors_allowed_origins: "shop.example".to_owned(),
            forward_head_seconds: 9,
            forward_seconds: 8,
            ..DoorSettings::default()
        };
        let error = settings.check().err().unwrap().to_string();
        assert!(error.contains("CORS_ALLOWED_ORIGINS") && error.contains("FORWARD_SECONDS"), "{error}");
        assert!(DoorSettings::default().check().is_ok());
    }

    #[test]
    fn the_defaults_are_those_of_the_flags() {
        let parsed = Command::try_parse_from(["shotengai"]).unwrap().door;
        assert_eq!(format!("{parsed:?}"), format!("{:?}", DoorSettings::default()));
    }
}
