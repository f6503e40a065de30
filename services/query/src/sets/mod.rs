//! Sets of tables: the live one, which reads ask, and one beside it: built anew from the events and compared before it becomes
//! the live one, then kept so that the exchange can be taken back.
//!
//! - [`Projections`]: what an operator does. `build`, [`diff`], `exchange`, [`status`]: how.
//! - `state`: what `read_sets` says of them; pods read it with each batch, and write both sets. `lease`: one operator at a time.
//! - `rows`: rows of either set. `behind`: rows of one that are behind the other's. `folds`: whose folds a set holds.
//! - `table`, `schema`: where their tables are, and how they are made. `migrate`: migrations of both.
//!
//! **A set becomes the live one only while none of its rows is behind**, which is looked at under a lock that keeps writers out.
//! So nothing hangs on pods that write both: one that doesn't know of the set, was killed in between or is of an older release
//! costs a fold more, and no row.

mod behind;
mod build;
pub mod diff;
mod error;
mod exchange;
mod folds;
mod lease;
mod migrate;
mod rows;
mod schema;
mod settle;
mod state;
pub mod status;
mod table;

use shotengai_kernel::Ports;
use shotengai_messaging::Fault;

use crate::database::{Database, Session};
use crate::rebuild::{Sources, Watch};
pub use build::{Begun, BuildWatch, Built};
use diff::Diff;
pub use error::SetsError;
pub use exchange::{Exchanged, Switch};
pub use folds::fingerprint;
use lease::Lease;
pub(crate) use migrate::{give_up_beside, migrate_beside, schema_beside};
pub(crate) use rows::sessions;
pub use state::{Phase, State};
pub(crate) use table::within;

/// What an operator does with the sets. It has the rows and the read half of the event stores in its hands, and nothing else:
/// no refold can send, publish or append anything.
pub struct Projections {
    database: Database,
    sources: Sources,
    ports: Ports,
    me: String,
}

impl Projections {
    /// Over this database, whose migrations are done, and these event stores. `me` is who is named to others.
    #[must_use]
    pub const fn new(database: Database, sources: Sources, ports: Ports, me: String) -> Self {
        Self { database, sources, ports, me }
    }

    async fn session(&self) -> Result<Session, Fault> {
        Ok(self.database.session().await?.not_telling())
    }

    /// Builds a set beside the live one, or goes on with one that was broken off.
    ///
    /// # Errors
    /// [`SetsError`]. What is built stays, for the next time.
    pub async fn rebuild(&self, anew: bool, watch: &dyn BuildWatch) -> Result<Built, SetsError> {
        Lease::take(&self.database, &self.me).await?.during(self.build(anew, watch)).await
    }

    /// Compares the live set with the one beside, row for row.
    ///
    /// # Errors
    /// [`SetsError`].
    pub async fn diff(&self, watch: &dyn Watch) -> Result<Diff, SetsError> {
        Lease::take(&self.database, &self.me).await?.during(self.compare(watch)).await
    }

    /// Makes the set that was built the live one, and keeps the other.
    ///
    /// # Errors
    /// [`SetsError`]. The live set is the same then.
    pub async fn switch(&self, how: Switch, watch: &dyn Watch) -> Result<Exchanged, SetsError> {
        Lease::take(&self.database, &self.me).await?.during(self.exchange_for_built(how, watch)).await
    }

    /// Makes the set that was kept the live one again.
    ///
    /// # Errors
    /// As [`Projections::switch`].
    pub async fn rollback(&self, how: Switch, watch: &dyn Watch) -> Result<Exchanged, SetsError> {
        Lease::take(&self.database, &self.me).await?.during(self.exchange_for_kept(how, watch)).await
    }

    /// Drops the set beside the live one; answers what it was.
    ///
    /// # Errors
    /// [`SetsError`].
    pub async fn drop_beside(&self) -> Result<Phase, SetsError> {
        Lease::take(&self.database, &self.me).await?.during(self.forget()).await
    }
}
