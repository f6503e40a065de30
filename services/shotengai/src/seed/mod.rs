//! What is on sale in a fresh street. Goes through the public interface, so it seeds a street anywhere, and again without harm.

mod products;

use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::Url;
use serde_json::{Value, json};
use shotengai_kernel::Currency;
use shotengai_storefront::DEVELOPERS_PASSWORD;
use tokio::time::Instant;

use crate::cli::SeedArgs;
use crate::seed::products::PRODUCTS;
use crate::street;

pub(crate) async fn run(args: SeedArgs) -> anyhow::Result<ExitCode> {
    let SeedArgs { url, local, admin_email, admin_password, currency } = args;
    let url = street::shop(url, local)?;
    let (created, found) = seed(&Seeding { url, admin_email, admin_password, currency }).await?;
    println!("products on sale: {created} created, {found} found");
    Ok(ExitCode::SUCCESS)
}

/// Which street is seeded, as whom, in which currency.
pub(crate) struct Seeding {
    pub(crate) url: String,
    pub(crate) admin_email: String,
    pub(crate) admin_password: String,
    pub(crate) currency: String,
}

/// Puts the products on sale and waits until they can be bought; answers how many were created and how many found.
pub(crate) async fn seed(args: &Seeding) -> anyhow::Result<(usize, usize)> {
    let currency = Currency::parse(&args.currency).map_err(|error| anyhow::anyhow!("CURRENCY {error}"))?;
    ensure!(
        args.admin_password != DEVELOPERS_PASSWORD || is_on_this_machine(&args.url),
        "ADMIN_PASSWORD: must not be {DEVELOPERS_PASSWORD:?} at {}: that is the password of `shotengai dev`",
        args.url
    );
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let url = args.url.trim_end_matches('/');
    let login = client
        .post(format!("{url}/auth/login"))
        .json(&json!({"email": args.admin_email, "password": args.admin_password}))
        .send()
        .await
        .with_context(|| format!("no street answers at {url}"))?;
    if !login.status().is_success() {
        bail!("the administrator could not sign in at {url}: {} (--admin-email, --admin-password)", login.status());
    }
    let token: Value = login.json().await?;
    let Some(token) = token.get("access_token").and_then(Value::as_str) else {
        bail!("signing in gave no access_token");
    };
    let (mut created, mut found) = (0, 0);
    for product in &PRODUCTS {
        if client.get(format!("{url}/products/{}", product.id)).send().await?.status().is_success() {
            found += 1;
            continue;
        }
        let answer = client
            .post(format!("{url}/products"))
            .bearer_auth(token)
            .header("Idempotency-Key", format!("seed-{}", product.id))
            .json(&json!({
                "product_id": product.id,
                "name": product.name,
                "names": {"en": product.english},
                "description": product.description,
                "price": product.price(currency)?,
                "stock": product.stock,
            }))
            .send()
            .await?;
        match answer.status().as_u16() {
            201 => created += 1,
            // On sale since a moment ago; the read model has yet to show it.
            409 | 422 => found += 1,
            status => bail!("{} could not be put on sale: {status} {}", product.id, answer.text().await?),
        }
    }
    for product in &PRODUCTS {
        until_on_sale(&client, url, product.id).await?;
    }
    Ok((created, found))
}

async fn until_on_sale(client: &reqwest::Client, url: &str, product: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = client.get(format!("{url}/products/{product}")).send().await?;
        if answer.status().is_success() {
            let shown: Value = answer.json().await?;
            if shown.get("stock").and_then(Value::as_u64).is_some_and(|stock| stock > 0) {
                return Ok(());
            }
        }
        if Instant::now() > deadline {
            bail!("{product} was created but does not show its stock after 30 s");
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
