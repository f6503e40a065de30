//! Contacts as storefront tells them: `GET {storefront}/internal/contacts/{user_id}`.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shotengai_kernel::UserId;
use shotengai_messaging::{Fault, FaultKind};
use shotengai_runtime::http::with_trace;

use super::Contacts;
use crate::domain::contact::{Address, Contact, Language, PersonName};

const OPERATION: &str = "storefront.contact";
/// How storefront's answer about an unknown or erased account ends, in its `type`. Other 404s say that there is no such
/// path, from a proxy or from a server that is not storefront: nothing about a person.
const NO_SUCH_ACCOUNT: &str = "/no-such-account";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks storefront.
pub struct HttpContacts {
    client: reqwest::Client,
    storefront_url: String,
    token: SecretString,
}

#[derive(Deserialize)]
struct Answer {
    email: Option<String>,
    language: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Problem {
    r#type: String,
}

impl HttpContacts {
    /// Asks the storefront at this base URL, showing the token that services share.
    #[must_use]
    pub fn new(client: reqwest::Client, storefront_url: &str, token: SecretString) -> Self {
        Self { client, storefront_url: storefront_url.trim_end_matches('/').to_owned(), token }
    }
}

#[async_trait]
impl Contacts for HttpContacts {
    async fn contact(&self, user: &UserId) -> Result<Option<Contact>, Fault> {
        let request = self
            .client
            .get(format!("{}/internal/contacts/{user}", self.storefront_url))
            .bearer_auth(self.token.expose_secret())
            .timeout(TIMEOUT);
        let response = with_trace(request).send().await.map_err(away)?;
        match response.status() {
            StatusCode::OK => {}
            status @ StatusCode::NOT_FOUND => {
                let body = response.bytes().await.map_err(away)?;
                let problem = serde_json::from_slice::<Problem>(&body);
                if problem.is_ok_and(|problem| problem.r#type.ends_with(NO_SUCH_ACCOUNT)) {
                    return Ok(None);
                }
                return Err(Fault::new(kind_of(status), OPERATION, format!("it answered {status}")));
            }
            status => return Err(Fault::new(kind_of(status), OPERATION, format!("it answered {status}"))),
        }
        // The text of a decoding error may quote the body, which is personal data.
        let body = response.bytes().await.map_err(away)?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| Fault::new(FaultKind::Permanent, OPERATION, "it answered something that is no contact"))?;
        Ok(Some(Contact {
            email: answer.email.filter(|email| !email.trim().is_empty()).map(Address::new),
            language: Language::of_tag(&answer.language),
            name: answer.name.as_deref().and_then(PersonName::new),
        }))
    }
}

fn kind_of(status: StatusCode) -> FaultKind {
    match status {
        StatusCode::TOO_MANY_REQUESTS => FaultKind::Throttled,
        status if status.is_server_error() => FaultKind::Transient,
        _ => FaultKind::Permanent,
    }
}

fn away(error: reqwest::Error) -> Fault {
    Fault::new(FaultKind::Transient, OPERATION, error.without_url())
}
