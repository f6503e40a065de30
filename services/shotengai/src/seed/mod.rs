//! What is on sale in a fresh street. Goes through the public interface, so it seeds a street anywhere, and again without harm.

mod products;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{bail, ensure};
use reqwest::Url;
use shotengai_client::{CallError, Client};
use shotengai_contracts::api;
use shotengai_contracts::api::accounts::LogIn;
use shotengai_contracts::api::products::{CreateProduct, PRODUCT_EXISTS};
use shotengai_contracts::api::shared::IDEMPOTENCY_KEY_REUSED;
use shotengai_kernel::{Currency, ProductId};
use shotengai_storefront::DEVELOPERS_PASSWORD;

use crate::cli::SeedArgs;
use crate::patience::Patience;
use crate::seed::products::PRODUCTS;
use crate::street;

pub(crate) async fn run(args: SeedArgs) -> anyhow::Result<ExitCode> {
    let SeedArgs { url, local, admin_email, admin_password, currency, within_seconds } = args;
    let url = street::shop(url, local)?;
    let within = Duration::from_secs(within_seconds);
    let (created, found) = seed(&Seeding { url, admin_email, admin_password, currency, within }).await?;
    say!("products on sale: {created} created, {found} found");
    Ok(ExitCode::SUCCESS)
}

/// Which street is seeded, as whom, in which currency.
pub(crate) struct Seeding {
    pub(crate) url: String,
    pub(crate) admin_email: String,
    pub(crate) admin_password: String,
    pub(crate) currency: String,
    /// How long it may take in all.
    pub(crate) within: Duration,
}

/// Puts the products on sale and waits until they can be bought; answers how many were created and how many found.
pub(crate) async fn seed(args: &Seeding) -> anyhow::Result<(usize, usize)> {
    let currency = Currency::parse(&args.currency).map_err(|error| anyhow::anyhow!("CURRENCY {error}"))?;
    ensure!(
        args.admin_password != DEVELOPERS_PASSWORD || is_on_this_machine(&args.url),
        "ADMIN_PASSWORD: must not be {DEVELOPERS_PASSWORD:?} at {}: that is the password of `shotengai dev`",
        args.url
    );
    let http = shotengai_runtime::direct_http().timeout(Duration::from_secs(10)).build()?;
    let street = Client::new(http, &args.url);
    let (url, patience) = (street.base(), Patience::of(args.within));
    let login = LogIn { email: args.admin_email.clone(), password: args.admin_password.clone().into() };
    let token = match patience.call(&street, || street.call(api::LOG_IN).body(&login)).await {
        Ok(answered) => answered.access_token,
        Err(error @ CallError::Unanswered(_)) => {
            return Err(anyhow::Error::new(error).context(format!("no street answers at {url}")));
        }
        Err(error) => bail!("the administrator could not sign in at {url}: {error} (--admin-email, --admin-password)"),
    };
    let desk = street.with_token(token.into());
    let (mut created, mut found) = (0, 0);
    for product in &PRODUCTS {
        let id = ProductId::parse(product.id)?;
        if street.call_of(api::GET_PRODUCT, &id).send().await.is_ok() {
            found += 1;
            continue;
        }
        let wanted = CreateProduct {
            product_id: Some(id),
            name: product.name.to_owned(),
            names: BTreeMap::from([("en".to_owned(), product.english.to_owned())]),
            description: product.description.to_owned(),
            descriptions: BTreeMap::new(),
            categories: Vec::new(),
            search_text: String::new(),
            price: product.price(currency)?.into(),
            stock: product.stock,
        };
        // One key for all tries: however often it is sent, it is one product.
        let key = format!("seed-{}", product.id);
        match patience.call(&desk, || desk.call(api::CREATE_PRODUCT).key(&key).body(&wanted)).await {
            Ok(_) => created += 1,
            // On sale since a moment ago; the read model has yet to show it.
            Err(error) if error.is(&PRODUCT_EXISTS) || error.is(&IDEMPOTENCY_KEY_REUSED) => found += 1,
            Err(error) => bail!("{} could not be put on sale: {error}", product.id),
        }
    }
    for product in &PRODUCTS {
        until_on_sale(&street, &ProductId::parse(product.id)?, &patience).await?;
    }
    Ok((created, found))
}

async fn until_on_sale(street: &Client, product: &ProductId, patience: &Patience) -> anyhow::Result<()> {
    loop {
        let shown = street.call_of(api::GET_PRODUCT, product).send().await;
        if shown.is_ok_and(|shown| shown.body.stock > 0) {
            return Ok(());
        }
        if patience.is_over() {
            bail!("{product} was created but does not show its stock in time (--within-seconds)");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
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
