//! Secrets that live as long as the street.

use secrecy::ExposeSecret;
use shotengai_kernel::Ports;

/// What a deployment would take from its secret store.
pub(crate) struct Secrets {
    pub(crate) signing_key: String,
    pub(crate) internal_token: String,
    /// For roles that somebody runs beside the servers; the street's own has the one that its printout names.
    pub(crate) admin_password: String,
}

impl Secrets {
    pub(crate) fn make(ports: &Ports) -> anyhow::Result<Self> {
        let secret = || [ports.ids.uuid_v7(), ports.ids.uuid_v7()].map(|id| id.as_simple().to_string()).concat();
        let key = shotengai_runtime::auth::generate_signing_key()?;
        Ok(Self { signing_key: key.expose_secret().to_owned(), internal_token: secret(), admin_password: secret() })
    }
}
