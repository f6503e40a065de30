//! What is on sale in a fresh street. Goes through the public interface, so it seeds a street anywhere, and again without harm.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cli::SeedArgs;

struct Product {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    price: u32,
    stock: u32,
}

/// The two rivals first.
const PRODUCTS: [Product; 6] = [
    Product {
        id: "prod_kinoko",
        name: "きのこの山",
        description: "Chocolate caps on crackers. One of the two rivals.",
        price: 200,
        stock: 100_000,
    },
    Product {
        id: "prod_takenoko",
        name: "たけのこの里",
        description: "Chocolate over biscuit shoots. The other rival.",
        price: 220,
        stock: 100_000,
    },
    Product {
        id: "prod_dorayaki",
        name: "どら焼き",
        description: "Two small pancakes with sweet bean paste.",
        price: 180,
        stock: 500,
    },
    Product {
        id: "prod_taiyaki", name: "たい焼き", description: "A fish-shaped cake, warm.", price: 160, stock: 500
    },
    Product {
        id: "prod_senbei",
        name: "せんべい",
        description: "Rice crackers with soy sauce, ten pieces.",
        price: 350,
        stock: 200,
    },
    Product {
        id: "prod_yokan",
        name: "羊羹",
        description: "A bar of bean jelly. Only three left.",
        price: 1200,
        stock: 3,
    },
];

pub(crate) async fn run(args: SeedArgs) -> anyhow::Result<ExitCode> {
    let (created, found) = seed(&args).await?;
    println!("products on sale: {created} created, {found} found");
    Ok(ExitCode::SUCCESS)
}

/// Puts the products on sale and waits until they can be bought; answers how many were created and how many found.
pub(crate) async fn seed(args: &SeedArgs) -> anyhow::Result<(usize, usize)> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let url = args.url.trim_end_matches('/');
    let login = client
        .post(format!("{url}/auth/login"))
        .json(&json!({"email": args.admin_email, "password": args.admin_password}))
        .send()
        .await
        .with_context(|| format!("no street answers at {url}"))?;
    if !login.status().is_success() {
        bail!("the administrator could not sign in at {url}: {}", login.status());
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
                "description": product.description,
                "price": product.price,
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
