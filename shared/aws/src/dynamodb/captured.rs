//! The guard of a store whose commits carry no outbox marker: such a commit comes into the stream only if its table
//! streams itself, so none is written before that is known.

use shotengai_messaging::{Fault, FaultKind};
use tokio::sync::OnceCell;

use crate::admin::{Admin, Capture};

const APPEND: &str = "dynamodb.append";

/// Whether a table was seen to stream itself. Asked before the first commit and no more once it was: a capture that is
/// ended later is what the health check is for.
pub(super) struct Captured {
    admin: Admin,
    /// Without the installation's prefix.
    table: String,
    seen: OnceCell<()>,
}

impl Captured {
    pub(super) fn new(admin: Admin, table: String) -> Self {
        Self { admin, table, seen: OnceCell::new() }
    }

    /// # Errors
    /// A retryable [`Fault`] while the table doesn't stream itself, or as long as that can't be found out.
    pub(super) async fn require(&self) -> Result<(), Fault> {
        let look = || async {
            match self.admin.capture_of(&self.table).await? {
                Capture::Active => Ok(()),
                other => {
                    let what =
                        format!("the capture of {} is {other}: a commit would be lost to the stream", self.table);
                    Err(Fault::new(FaultKind::Transient, APPEND, what))
                }
            }
        };
        self.seen.get_or_try_init(look).await?;
        Ok(())
    }
}
