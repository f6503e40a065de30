//! The budget of an address: how many mails it gets a day. Anybody can be a guest with anybody's address, and nobody may be
//! able to have a stranger flooded with mails. A guest has one address for good, so this bounds guests, too.
//!
//! Rows in the table of claims: pk = a pseudonym of the address, sk = the day. A row has the mails it was spent on, so a
//! mail that is tried again is paid for once.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use shotengai_contracts::topology::tables;
use shotengai_kernel::Clock;
use shotengai_messaging::{Condition, Fault, FaultKind, Key, Row, Table, WriteError};
use shotengai_runtime::Pseudonyms;

use crate::domain::contact::Address;

const SPEND: &str = "notification.budget";
/// Longer than any clock is off.
const KEPT: SignedDuration = tables::MAIL_BUDGETS.kept;
/// Writes lost to other mails to the same address in a row; as many as are under way at once.
const RACES: usize = 12;

/// Bounds how many mails an address gets a day, by UTC.
#[derive(Clone)]
pub struct MailBudget {
    table: Arc<dyn Table>,
    pseudonyms: Pseudonyms,
    clock: Arc<dyn Clock>,
    limit: usize,
}

/// A row's document.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Doc {
    mails: Vec<String>,
}

impl MailBudget {
    /// At most `limit` mails a day; none is without a bound.
    #[must_use]
    pub fn new(table: Arc<dyn Table>, pseudonyms: Pseudonyms, clock: Arc<dyn Clock>, limit: usize) -> Self {
        Self { table, pseudonyms, clock, limit }
    }

    /// Whether this mail may go to this address today. One that may is paid for when this returns.
    ///
    /// # Errors
    /// A [`Fault`] of the table.
    pub async fn allows(&self, address: &Address, mail: &str) -> Result<bool, Fault> {
        if self.limit == 0 {
            return Ok(true);
        }
        let now = self.clock.now();
        let day = now.to_zoned(TimeZone::UTC).date().to_string();
        let key = Key::new(format!("address/{}", self.pseudonyms.of(&mailbox(address))), day);
        let mut standing = self.table.get(&key).await?;
        for _ in 0..RACES {
            let (mut doc, version) = match &standing {
                Some(row) => (read(row), row.version),
                None => (Doc::default(), 0),
            };
            if doc.mails.iter().any(|paid| paid == mail) {
                return Ok(true);
            }
            if doc.mails.len() >= self.limit {
                return Ok(false);
            }
            doc.mails.push(mail.to_owned());
            let doc = serde_json::to_value(doc).unwrap_or_default();
            let row = Row { expires_at: now.checked_add(KEPT).ok(), ..Row::new(key.clone(), version + 1, doc) };
            let condition = if version == 0 { Condition::Absent } else { Condition::VersionIs(version) };
            match self.table.put(&row, condition).await {
                Ok(()) => return Ok(true),
                Err(WriteError::Condition(other)) => standing = other.map(|row| *row),
                Err(WriteError::Fault(fault)) => return Err(fault),
            }
        }
        Err(Fault::new(FaultKind::Throttled, SPEND, "too many mails to one address at once"))
    }
}

/// A row that can't be read counts as empty.
fn read(row: &Row) -> Doc {
    serde_json::from_value(row.doc.clone()).unwrap_or_default()
}

/// The mailbox behind an address: most servers tell neither case apart nor what follows a `+`.
fn mailbox(address: &Address) -> String {
    let address = address.expose().trim().to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_budget_however_it_is_written() {
        let same = ["hana@example.jp", "HANA@Example.JP", "hana+1@example.jp", " hana+a+b@example.jp"];
        for text in same {
            assert_eq!(mailbox(&Address::new(text)), "hana@example.jp", "{text}");
        }
        assert_eq!(mailbox(&Address::new("hana@例え.jp")), mailbox(&Address::new("Hana@XN--r8jz45g.jp")));
        assert_ne!(mailbox(&Address::new("mei@example.jp")), "hana@example.jp");
    }
}
