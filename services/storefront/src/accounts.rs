//! Every account there is: the administrator's from the configuration, the others from their table.

use shotengai_kernel::UserId;
use shotengai_messaging::Fault;

use crate::administrator::Administrator;
use crate::domain::Account;
use crate::users::Users;

/// Looks accounts up.
pub struct Accounts {
    /// The one in the configuration.
    pub administrator: Administrator,
    /// The others.
    pub users: Users,
}

impl Accounts {
    /// The account of this id; none when there never was one, or it was erased.
    ///
    /// # Errors
    /// A [`Fault`] of the accounts' table.
    pub async fn get(&self, id: &UserId) -> Result<Option<Account>, Fault> {
        match self.administrator.account(id) {
            Some(account) => Ok(Some(account)),
            None => self.users.get(id).await,
        }
    }
}
