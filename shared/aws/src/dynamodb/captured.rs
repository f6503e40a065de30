//! The guard of a store whose commits carry no outbox marker: such a commit comes into the stream only if its table
//! streams itself, so none is written before that is known.

use std::time::Duration;

use shotengai_messaging::receipts::{self, Causes};
use shotengai_messaging::{Fault, FaultKind};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::admin::{Admin, Capture};

const APPEND: &str = "dynamodb.append";
/// For so long a bad answer stands for all that ask: nobody waits for another's question and then asks it again.
const STANDS: Duration = Duration::from_secs(1);

/// Whether a table was seen to stream itself. Asked before the first commit and no more once it was: a capture that is
/// ended later is what the health check is for.
pub(super) struct Captured {
    admin: Admin,
    /// Without the installation's prefix.
    table: String,
    seen: Mutex<Seen>,
}

#[derive(Default)]
enum Seen {
    #[default]
    Nothing,
    NotYet {
        why: String,
        at: Instant,
    },
    Active,
}

impl Captured {
    pub(super) fn new(admin: Admin, table: String) -> Self {
        Self { admin, table, seen: Mutex::default() }
    }

    /// As [`Captured::require`], but only once a commit was refused for it: whoever only reads needs no capture, and no right
    /// to ask for one.
    pub(super) async fn require_again(&self) -> Result<(), Fault> {
        let refused = matches!(&*self.seen.lock().await, Seen::NotYet { .. });
        if refused { self.require().await } else { Ok(()) }
    }

    /// # Errors
    /// A retryable [`Fault`] while the table doesn't stream itself, or as long as that can't be found out.
    pub(super) async fn require(&self) -> Result<(), Fault> {
        let mut seen = self.seen.lock().await;
        match &*seen {
            Seen::Active => return Ok(()),
            Seen::NotYet { why, at } if at.elapsed() < STANDS => return Err(not_yet(why)),
            Seen::NotYet { .. } | Seen::Nothing => {}
        }
        // Asked once for all that come after, so no order's.
        let why = match receipts::scope(Causes::Nobody, self.admin.capture_of(&self.table)).await {
            Ok(Capture::Active) => {
                *seen = Seen::Active;
                return Ok(());
            }
            Ok(other) => format!("the capture of {} is {other}: a commit would be lost to the stream", self.table),
            Err(fault) => format!("whether {} is captured is not known yet: {fault}", self.table),
        };
        let fault = not_yet(&why);
        *seen = Seen::NotYet { why, at: Instant::now() };
        Err(fault)
    }
}

fn not_yet(why: &str) -> Fault {
    Fault::new(FaultKind::Transient, APPEND, why)
}
