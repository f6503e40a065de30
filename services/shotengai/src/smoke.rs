//! `shotengai smoke`: is this street open? Buys one thing as a guest, through the public interface alone, and waits until
//! it is paid. What a deployment runs last.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use shotengai_kernel::Ports;
use tokio::time::Instant;

use crate::cli::SmokeArgs;
use crate::street;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(crate) async fn run(args: SmokeArgs) -> anyhow::Result<ExitCode> {
    let street = Street {
        client: Client::builder().timeout(REQUEST_TIMEOUT).build()?,
        url: street::shop(args.url, args.local)?.trim_end_matches('/').to_owned(),
        until: Instant::now() + Duration::from_secs(args.within_seconds),
    };
    let started = Instant::now();
    let token = street.guest().await?;
    println!("signed in as a guest");
    let product = match &args.product {
        Some(product) => product.clone(),
        None => street.anything_in_stock().await?,
    };
    let order = street.order(&token, &product).await?;
    println!("ordered one {product}: {order}");
    street.until_paid(&token, &order).await?;
    println!("paid after {} ms", started.elapsed().as_millis());
    Ok(ExitCode::SUCCESS)
}

struct Street {
    client: Client,
    url: String,
    until: Instant,
}

impl Street {
    async fn guest(&self) -> anyhow::Result<String> {
        let account = self
            .persist("sign in as a guest", || self.client.post(format!("{}/auth/guest", self.url)).json(&json!({})));
        text(&account.await?, "access_token")
    }

    async fn anything_in_stock(&self) -> anyhow::Result<String> {
        let shown = self.persist("list the products", || self.client.get(format!("{}/products", self.url))).await?;
        let products = shown.get("items").and_then(Value::as_array).context("the list of products has no items")?;
        let in_stock = products.iter().find(|product| product.get("stock").and_then(Value::as_u64).unwrap_or(0) > 0);
        let product =
            in_stock.context("nothing is in stock: put something on sale (`shotengai seed`), or name a product")?;
        text(product, "product_id")
    }

    async fn order(&self, token: &str, product: &str) -> anyhow::Result<String> {
        // One key for all tries: however often it is sent, it is one order.
        let key = Ports::system().ids.uuid_v7().to_string();
        let order = self.persist("place an order", || {
            self.client
                .post(format!("{}/orders", self.url))
                .bearer_auth(token)
                .header("Idempotency-Key", &key)
                .json(&json!({"items": [{"product_id": product, "quantity": 1}]}))
        });
        text(&order.await?, "order_id")
    }

    async fn until_paid(&self, token: &str, order: &str) -> anyhow::Result<()> {
        loop {
            let request = self.client.get(format!("{}/orders/{order}", self.url)).bearer_auth(token);
            let seen = match request.send().await {
                // The read model may not have it yet.
                Ok(answer) if answer.status().is_success() => text(&answer.json().await?, "status")?,
                Ok(answer) => answer.status().to_string(),
                Err(error) => error.without_url().to_string(),
            };
            match seen.as_str() {
                "paid" | "shipped" => return Ok(()),
                "cancelled" => bail!("{order} was cancelled instead of paid"),
                _ if Instant::now() > self.until => bail!("{order} is not paid in time: {seen}"),
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Sends it until it succeeds or time is up: right after an installation some role may not answer yet.
    async fn persist(&self, what: &str, request: impl Fn() -> reqwest::RequestBuilder) -> anyhow::Result<Value> {
        loop {
            let refusal = match request().send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer.json().await?),
                Ok(answer) if !worth_another_try(answer.status()) => {
                    bail!("can't {what} at {}: {}", self.url, refusal(answer).await)
                }
                Ok(answer) => refusal(answer).await,
                Err(error) => error.without_url().to_string(),
            };
            if Instant::now() > self.until {
                bail!("can't {what} at {}: {refusal}", self.url);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn worth_another_try(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// The status, and what the problem document says.
async fn refusal(answer: Response) -> String {
    let status = answer.status();
    let problem: Value = answer.json().await.unwrap_or(Value::Null);
    match problem.get("detail").or_else(|| problem.get("title")).and_then(Value::as_str) {
        Some(detail) => format!("{status}: {detail}"),
        None => status.to_string(),
    }
}

fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    let found = value.get(field).and_then(Value::as_str);
    Ok(found.with_context(|| format!("the answer has no {field}"))?.to_owned())
}
