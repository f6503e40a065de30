//! What can be set about this role.

use secrecy::SecretString;

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
}
