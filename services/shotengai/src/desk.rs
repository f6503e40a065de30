//! The administrator's desk: calls of a running street that only the administrator may make.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{bail, ensure};
use reqwest::Url;
use shotengai_client::{CallError, Client};
use shotengai_contracts::api;
use shotengai_contracts::api::accounts::LogIn;
use shotengai_storefront::DEVELOPERS_PASSWORD;

use crate::patience::Patience;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A street, as nobody and as its administrator.
pub(crate) struct Desk {
    /// As anybody sees it.
    pub(crate) street: Client,
    /// As the administrator does.
    pub(crate) desk: Client,
}

/// Signs in at this address as the administrator.
pub(crate) async fn sign_in(url: &str, email: &str, password: &str, patience: &Patience) -> anyhow::Result<Desk> {
    ensure!(
        password != DEVELOPERS_PASSWORD || is_on_this_machine(url),
        "ADMIN_PASSWORD: must not be {DEVELOPERS_PASSWORD:?} at {url}: that is the password of `shotengai dev`"
    );
    let http = shotengai_runtime::direct_http().timeout(REQUEST_TIMEOUT).build()?;
    let street = Client::new(http, url);
    let login = LogIn { email: email.to_owned(), password: password.to_owned().into() };
    let token = match patience.call(&street, || street.call(api::LOG_IN).body(&login)).await {
        Ok(answered) => answered.access_token,
        Err(error @ CallError::Unanswered(_)) => {
            return Err(anyhow::Error::new(error).context(format!("no street answers at {}", street.base())));
        }
        Err(error) => {
            bail!("the administrator could not sign in at {}: {error} (--admin-email, --admin-password)", street.base())
        }
    };
    Ok(Desk { desk: street.with_token(token.into()), street })
}

/// Whether a URL leads to this machine, and nobody else's secrets are at stake.
fn is_on_this_machine(url: &str) -> bool {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_and_localhost_are_this_machine() {
        for here in ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:8080"] {
            assert!(is_on_this_machine(here), "{here}");
        }
        for elsewhere in ["https://shop.example", "http://localhost.example", "http://10.0.0.1", "nonsense"] {
            assert!(!is_on_this_machine(elsewhere), "{elsewhere}");
        }
    }
}
