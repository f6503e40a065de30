//! `shotengai smoke`: is this street open? Buys one thing as a guest, through the public interface alone, and waits until
//! it is paid. What a deployment runs last.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shotengai_client::{Call, Client};
use shotengai_contracts::api;
use shotengai_contracts::api::accounts::OpenGuest;
use shotengai_contracts::api::listed::Listed;
use shotengai_contracts::api::orders::{OrderLine, PlaceOrder};
use shotengai_contracts::events::OrderStage;
use shotengai_kernel::{OrderId, Ports, ProductId, Quantity};
use tokio::time::Instant;

use crate::cli::SmokeArgs;
use crate::patience::Patience;
use crate::street;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub(crate) async fn run(args: SmokeArgs) -> anyhow::Result<ExitCode> {
    let http = shotengai_runtime::direct_http().timeout(REQUEST_TIMEOUT).build()?;
    let patience = Patience::of(Duration::from_secs(args.within_seconds));
    let url = street::shop(args.url, args.local)?;
    let street = Street { client: Client::new(http, url.trim_end_matches('/')), patience };
    let started = Instant::now();
    let street = street.signed_in().await?;
    say!("signed in as a guest");
    let product = match &args.product {
        Some(product) => ProductId::parse(product).with_context(|| format!("{product:?} names no product"))?,
        None => street.anything_in_stock().await?,
    };
    let order = street.order(&product).await?;
    say!("ordered one {product}: {order}");
    street.until_paid(&order).await?;
    say!("paid after {} ms", started.elapsed().as_millis());
    Ok(ExitCode::SUCCESS)
}

struct Street {
    client: Client,
    patience: Patience,
}

impl Street {
    /// The street as a guest sees it.
    async fn signed_in(self) -> anyhow::Result<Self> {
        let open = || self.client.call(api::OPEN_GUEST).body(&OpenGuest::default());
        let token: SecretString = self.persist("sign in as a guest", open).await?.access_token.into();
        Ok(Self { client: self.client.with_token(token), patience: self.patience })
    }

    async fn anything_in_stock(&self) -> anyhow::Result<ProductId> {
        let shown = self.persist("list the products", || self.client.call(api::LIST_PRODUCTS)).await?;
        let in_stock = shown.items.into_iter().filter_map(Listed::whole).find(|product| product.stock > 0);
        let product =
            in_stock.context("nothing is in stock: put something on sale (`shotengai seed`), or name a product")?;
        Ok(product.product_id)
    }

    async fn order(&self, product: &ProductId) -> anyhow::Result<OrderId> {
        // One key for all tries: however often it is sent, it is one order.
        let key = Ports::system().ids.uuid_v7().to_string();
        let line = OrderLine { product_id: product.clone(), quantity: Quantity::ONE };
        let wanted = PlaceOrder { items: Some(vec![line]), accept_prices: false, payment_token: None };
        let place = || self.client.call(api::PLACE_ORDER).key(&key).body(&wanted);
        Ok(self.persist("place an order", place).await?.order_id)
    }

    async fn until_paid(&self, order: &OrderId) -> anyhow::Result<()> {
        loop {
            let seen = match self.client.call_of(api::GET_ORDER, order).send().await {
                Ok(shown) => match shown.body.status {
                    OrderStage::Paid | OrderStage::Shipped => return Ok(()),
                    OrderStage::Cancelled => bail!("{order} was cancelled instead of paid"),
                    status => status.as_str().to_owned(),
                },
                // The read model may not have it yet.
                Err(error) => error.to_string(),
            };
            if self.patience.is_over() {
                bail!("{order} is not paid in time: {seen}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Sends it until it succeeds or time is up: right after an installation some role may not answer yet.
    async fn persist<B: Serialize, A: DeserializeOwned>(
        &self,
        what: &str,
        call: impl Fn() -> Call<B, A>,
    ) -> anyhow::Result<A> {
        let answer = self.patience.call(&self.client, call).await;
        answer.map_err(|refusal| anyhow!("can't {what} at {}: {refusal}", self.client.base()))
    }
}
