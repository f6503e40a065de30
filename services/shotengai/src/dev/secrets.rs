//! Secrets that live as long as the street.

use shotengai_kernel::Ports;

/// What a deployment would take from its secret store.
pub(crate) struct Secrets {
    pub(crate) signing_key: String,
    pub(crate) internal_token: String,
}

impl Secrets {
    pub(crate) fn make(ports: &Ports) -> anyhow::Result<Self> {
        let token = [ports.ids.uuid_v7(), ports.ids.uuid_v7()].map(|id| id.as_simple().to_string()).concat();
        Ok(Self { signing_key: shotengai_runtime::auth::generate_signing_key()?, internal_token: token })
    }
}
