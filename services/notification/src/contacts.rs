//! Who a `user_id` is, asked at the moment of sending: `GET {storefront}/internal/contacts/{user_id}`.

use std::time::Duration;

use shotengai_contracts::api::INTERNAL_CONTACT;
use shotengai_contracts::api::internal::NO_SUCH_ACCOUNT;
use shotengai_kernel::UserId;
use shotengai_messaging::Fault;
use shotengai_runtime::Neighbour;
use uuid::Uuid;

use crate::domain::contact::{Address, Contact, Language, PersonName};

const OPERATION: &str = "storefront.contact";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Knows how people are reached. Answers are used for one mail and kept nowhere. Cheap to clone.
#[derive(Clone)]
pub struct Contacts {
    storefront: Neighbour,
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
        self.ask(user).await
    }

    /// Asks for nobody's contact: the whole way there and back, as for somebody's.
    ///
    /// # Errors
    /// As [`Contacts::contact`].
    pub async fn ping(&self) -> Result<(), Fault> {
        self.ask(&UserId::from_uuid(Uuid::nil())).await.map(drop)
    }

    async fn ask(&self, user: &UserId) -> Result<Option<Contact>, Fault> {
        let answer = match self.storefront.ask(OPERATION, INTERNAL_CONTACT, user, TIMEOUT).await? {
            Ok(answer) => answer,
            // Other 404s say that there is no such path, from a proxy or from a server that is not storefront: nothing
            // about a person.
            Err(refusal) if refusal.is(&NO_SUCH_ACCOUNT) => return Ok(None),
            Err(refusal) => return Err(refusal.refusal(OPERATION)),
        };
        Ok(Some(Contact {
            email: answer.email.filter(|email| !email.trim().is_empty()).map(|email| Address::new(&email)),
            language: Language::of_tag(&answer.language),
            name: answer.name.as_deref().and_then(PersonName::new),
        }))
    }
}
