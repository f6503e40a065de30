//! PostgreSQL: where the read models are, and whom to trust on the way there.

use secrecy::SecretString;

use super::{Faults, Given, SettingsGroup, parsed, text};

/// PostgreSQL, on the way in. Belongs to whoever uses it.
#[derive(clap::Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// PostgreSQL of the read models (postgres://user:password@host/database?sslmode=require); where TLS is spoken, the
    /// certificate is verified
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", value_parser = parsed(url))]
    database_url: Option<Given<SecretString>>,
    /// A file with the certificates (PEM) to trust for PostgreSQL, instead of the system's
    #[arg(long, env = "DATABASE_CA_FILE", value_name = "FILE", value_parser = parsed(text::filled))]
    database_ca_file: Option<Given<String>>,
}

/// PostgreSQL.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// Where it is, and as whom one comes.
    pub url: SecretString,
    /// Certificates to trust instead of the system's where it speaks TLS.
    pub ca_file: Option<String>,
}

impl DatabaseArgs {
    /// The same at this URL, unless another is given.
    #[must_use]
    pub fn or_url(mut self, url: Option<SecretString>) -> Self {
        let is_set = self.database_url.as_ref().is_some_and(Given::is_set);
        if let Some(url) = url.filter(|_| !is_set) {
            self.database_url = Some(Given { name: "DATABASE_URL".to_owned(), is_empty: false, value: Ok(url) });
        }
        self
    }
}

impl SettingsGroup for DatabaseArgs {
    type Settings = DatabaseSettings;

    fn check(self, faults: &mut Faults) -> Option<DatabaseSettings> {
        let url = faults.required("DATABASE_URL", self.database_url);
        let ca_file = faults.optional(self.database_ca_file);
        Some(DatabaseSettings { url: url?, ca_file })
    }
}

/// The parser's own message may quote the URL, and with it the password.
fn url(text: &str) -> Result<SecretString, String> {
    if text.parse::<tokio_postgres::Config>().is_err() {
        return Err(
            "must be a URL such as postgres://user:password@host:5432/database?sslmode=require (or disable, prefer)"
                .to_owned(),
        );
    }
    text::secret(text)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_database_must_be_named_and_its_password_prints_nowhere() {
        for flags in [&[][..], &["--database-url="]] {
            assert_eq!(DatabaseArgs::from_flags(flags).unwrap_err().to_string(), "DATABASE_URL: is not set");
        }
        let error = DatabaseArgs::from_flags(["--database-url=postgres://a:hunter2@["]).unwrap_err();
        assert!(error.names() == ["DATABASE_URL"] && !error.to_string().contains("hunter2"), "{error}");
        let good = DatabaseArgs::from_flags(["--database-url=postgres://a:hunter2@localhost/shop"]).unwrap();
        assert!(!format!("{good:?}").contains("hunter2"));
    }

    #[test]
    fn what_was_given_goes_before_what_is_found() {
        let of = |flags: &[&str]| {
            let args: DatabaseArgs = super::super::args_of(flags).unwrap();
            let mut faults = Faults::default();
            let settings = args.or_url(Some("postgres://found/".into())).check(&mut faults);
            faults.finish(settings).unwrap().url.expose_secret().to_owned()
        };
        assert_eq!(of(&["--database-url=postgres://given/"]), "postgres://given/");
        assert_eq!(of(&["--database-url="]), "postgres://found/");
        assert_eq!(of(&[]), "postgres://found/");
    }
}
