//! Asking catalog.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shotengai_kernel::{Currency, Money, Names, ProductId, Version};
use shotengai_messaging::{Fault, FaultKind};
use shotengai_runtime::http::with_trace;

use crate::domain::Offer;
use crate::prices::Listed;

const OPERATION: &str = "catalog.GetProduct";

/// Whoever knows all products.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// The product now, as catalog's own consistent read has it; none if there never was one.
    ///
    /// # Errors
    /// A [`Fault`]: transient when catalog is away, permanent when it doesn't take our credentials or answers nonsense.
    async fn product(&self, product: &ProductId) -> Result<Option<Listed>, Fault>;
}

/// Catalog over HTTP.
pub struct HttpCatalog {
    http: reqwest::Client,
    base_url: String,
    token: SecretString,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    #[serde(default)]
    names: Names,
    price: serde_json::Number,
    currency: Currency,
    version: Version,
    deleted: bool,
}

impl HttpCatalog {
    /// Catalog at `base_url`; one question takes at most `timeout`.
    #[must_use]
    pub fn new(http: reqwest::Client, base_url: &str, token: SecretString, timeout: Duration) -> Self {
        Self { http, base_url: base_url.trim_end_matches('/').to_owned(), token, timeout }
    }
}

#[async_trait]
impl Catalog for HttpCatalog {
    async fn product(&self, product: &ProductId) -> Result<Option<Listed>, Fault> {
        // An id has only characters that need no escaping.
        let url = format!("{}/internal/products/{product}", self.base_url);
        let request = self.http.get(url).timeout(self.timeout).bearer_auth(self.token.expose_secret());
        let answered = with_trace(request).send().await;
        let response = answered.map_err(|error| Fault::new(FaultKind::Transient, OPERATION, error))?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            status => return Err(refused(status)),
        }
        let answer: Answer = response.json().await.map_err(|error| {
            let kind = if error.is_decode() { FaultKind::Permanent } else { FaultKind::Transient };
            Fault::new(kind, OPERATION, error)
        })?;
        listed(answer).map(Some)
    }
}

fn refused(status: StatusCode) -> Fault {
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => FaultKind::Throttled,
        status if status.is_server_error() => FaultKind::Transient,
        _ => FaultKind::Permanent,
    };
    Fault::new(kind, OPERATION, format!("status {status}"))
}

fn listed(answer: Answer) -> Result<Listed, Fault> {
    let price = Money::from_major_number(&answer.price, answer.currency)
        .map_err(|error| Fault::new(FaultKind::Permanent, OPERATION, error))?;
    let offer = (!answer.deleted).then_some(Offer { name: answer.name, names: answer.names, price });
    Ok(Listed { version: answer.version, offer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_product_has_no_offer() {
        let answer = |deleted| Answer {
            name: "きのこの山".to_owned(),
            names: Names::default(),
            price: 200.into(),
            currency: Currency::JPY,
            version: Version::new(3),
            deleted,
        };
        assert_eq!(listed(answer(true)).unwrap().offer, None);
        assert_eq!(listed(answer(false)).unwrap().offer.unwrap().price.minor(), 200);
    }

    #[test]
    fn an_outage_is_worth_another_try_and_a_refusal_is_not() {
        assert_eq!(refused(StatusCode::SERVICE_UNAVAILABLE).kind(), FaultKind::Transient);
        assert_eq!(refused(StatusCode::TOO_MANY_REQUESTS).kind(), FaultKind::Throttled);
        assert_eq!(refused(StatusCode::UNAUTHORIZED).kind(), FaultKind::Permanent);
    }
}
