//! Who a `user_id` is, asked at the moment of sending: `GET {storefront}/internal/contacts/{user_id}`.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use shotengai_kernel::UserId;
use shotengai_messaging::{Fault, FaultKind};
use shotengai_runtime::Neighbour;

use crate::domain::contact::{Address, Contact, Language, PersonName};

const OPERATION: &str = "storefront.contact";
/// How storefront's answer about an unknown or erased account ends, in its `type`. Other 404s say that there is no such
/// path, from a proxy or from a server that is not storefront: nothing about a person.
const NO_SUCH_ACCOUNT: &str = "/no-such-account";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Knows how people are reached. Answers are used for one mail and kept nowhere. Cheap to clone.
#[derive(Clone)]
pub struct Contacts {
    storefront: Neighbour,
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

impl Contacts {
    /// Asks this storefront.
    #[must_use]
    pub const fn new(storefront: Neighbour) -> Self {
        Self { storefront }
    }

    /// How this person is reached; none when unknown or erased.
    ///
    /// # Errors
    /// A [`Fault`] when the question could not be answered.
    pub async fn contact(&self, user: &UserId) -> Result<Option<Contact>, Fault> {
        self.ask(user.as_str()).await
    }

    /// Asks for nobody's contact: the whole way there and back, as for somebody's.
    ///
    /// # Errors
    /// As [`Contacts::contact`].
    pub async fn ping(&self) -> Result<(), Fault> {
        self.ask("usr_nobody").await.map(drop)
    }

    async fn ask(&self, user: &str) -> Result<Option<Contact>, Fault> {
        let answer = self.storefront.get(OPERATION, &format!("/internal/contacts/{user}"), TIMEOUT).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND if is_of_an_account(&answer.body) => return Ok(None),
            _ => return Err(answer.refusal(OPERATION)),
        }
        // The text of a decoding error may quote the body, which is personal data.
        let answer: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| Fault::new(FaultKind::Permanent, OPERATION, "it answered something that is no contact"))?;
        Ok(Some(Contact {
            email: answer.email.filter(|email| !email.trim().is_empty()).map(Address::new),
            language: Language::of_tag(&answer.language),
            name: answer.name.as_deref().and_then(PersonName::new),
        }))
    }
}

fn is_of_an_account(body: &[u8]) -> bool {
    serde_json::from_slice::<Problem>(body).is_ok_and(|problem| problem.r#type.ends_with(NO_SUCH_ACCOUNT))
}
