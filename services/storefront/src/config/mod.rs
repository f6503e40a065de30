//! What can be set about this role.
//!
//! - `administrator`: who signs in as administrator, and by what. `oidc`: another issuer of access tokens. The door brings its own settings.

mod administrator;
mod oidc;

use crate::web::Places;
use secrecy::SecretString;
use shotengai_gateway::{DoorArgs, DoorSettings, Hosts};
use shotengai_runtime::settings::{Faults, SettingsGroup, SigningKeyArgs};

pub use administrator::{AdministratorArgs, AdministratorSettings, DEVELOPERS_PASSWORD, Password};
pub use oidc::{OidcArgs, OidcSettings};

/// Settings of the storefront role, on the way in.
#[derive(clap::Args, Clone, Debug)]
pub struct StorefrontArgs {
    #[command(flatten)]
    signing_key: SigningKeyArgs,
    #[command(flatten)]
    administrator: AdministratorArgs,
    #[command(flatten)]
    oidc: OidcArgs,
    #[command(flatten)]
    door: DoorArgs,
    /// What the page links to. No flag: only `shotengai dev` knows.
    #[arg(skip)]
    places: Places,
}

impl StorefrontArgs {
    /// The same, for a developer's street, where [`DEVELOPERS_PASSWORD`] will do, the page links to these places and
    /// browsers come by these names.
    #[must_use]
    pub fn of_a_developer(mut self, places: Places, hosts: Hosts) -> Self {
        self.administrator = self.administrator.of_a_developer();
        self.door = self.door.for_hosts(hosts);
        self.places = places;
        self
    }
}

/// Settings of the storefront role.
#[derive(Clone, Debug)]
pub struct StorefrontSettings {
    /// The key that signs access tokens.
    pub signing_key: SecretString,
    /// The administrator; `None`: nobody can sign in as one.
    pub administrator: Option<AdministratorSettings>,
    /// Another issuer of access tokens.
    pub oidc: Option<OidcSettings>,
    /// How the one door behaves.
    pub door: DoorSettings,
    /// What the page links to.
    pub places: Places,
}

impl SettingsGroup for StorefrontArgs {
    type Settings = StorefrontSettings;

    fn check(self, faults: &mut Faults) -> Option<StorefrontSettings> {
        let signing_key = self.signing_key.check(faults);
        let administrator = self.administrator.check(faults);
        let oidc = self.oidc.check(faults);
        let door = self.door.check(faults);
        let places = self.places;
        Some(StorefrontSettings {
            signing_key: signing_key?,
            administrator: administrator?,
            oidc: oidc?,
            door: door?,
            places,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_key_administrator_and_door_come_together() {
        let flags = ["--admin-email=boss", "--admin-password=tuna", "--cors-allowed-origins=shop.example"];
        let error = StorefrontArgs::from_flags(flags).unwrap_err();
        assert_eq!(error.names(), ["JWT_SIGNING_KEY", "ADMIN_EMAIL", "CORS_ALLOWED_ORIGINS"], "{error}");
        assert!(!error.to_string().contains("boss"), "{error}");
    }
}
