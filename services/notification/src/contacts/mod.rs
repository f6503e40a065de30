//! Who a `user_id` is, asked at the moment of sending.

mod http;

use async_trait::async_trait;
use shotengai_kernel::UserId;
use shotengai_messaging::Fault;

pub use self::http::HttpContacts;
use crate::domain::contact::Contact;

/// Knows how people are reached. Answers are used for one mail and kept nowhere.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// How this person is reached; none when unknown or erased.
    ///
    /// # Errors
    /// A [`Fault`] when the question could not be answered.
    async fn contact(&self, user: &UserId) -> Result<Option<Contact>, Fault>;
}
