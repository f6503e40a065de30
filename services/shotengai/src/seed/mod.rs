//! What is on sale in a fresh street. Goes through the public interface, so it seeds a street anywhere, and again without harm.

mod products;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use shotengai_client::Client;
use shotengai_contracts::api;
use shotengai_contracts::api::products::{CreateProduct, PRODUCT_EXISTS};
use shotengai_contracts::api::shared::IDEMPOTENCY_KEY_REUSED;
use shotengai_kernel::{Currency, ProductId};

use crate::cli::SeedArgs;
use crate::desk::{self, Desk};
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
    let patience = Patience::of(args.within);
    let Desk { street, desk } = desk::sign_in(&args.url, &args.admin_email, &args.admin_password, &patience).await?;
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
            descriptions: BTreeMap::from([("en".to_owned(), product.in_english.to_owned())]),
            categories: product.categories.iter().map(|category| (*category).to_owned()).collect(),
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
