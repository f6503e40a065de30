//! The read models, and the event stores that they are folded from.

use shotengai_aws::Aws;
use shotengai_messaging::FaultKind;
use shotengai_query::database::Database;
use shotengai_runtime::settings::DatabaseArgs;
use shotengai_runtime::{Faults, Publish, SettingsGroup};

use super::{Target, connect};
use crate::patience::Patience;

impl Target {
    /// PostgreSQL and that AWS, once both have answered. The database is the street's where none is given.
    ///
    /// # Errors
    /// When a setting is at fault, or one of them doesn't answer in time.
    pub(crate) async fn connect_with(self, database: DatabaseArgs) -> anyhow::Result<(Database, Aws)> {
        let mut faults = Faults::default();
        let street = self.street()?;
        let known = street.as_ref().map(|street| street.database.clone().into());
        let database = database.or_url(known).check(&mut faults);
        let within = self.within();
        let aws = self.check(street.as_ref(), &mut faults);
        let (database, aws) = faults.finish(database.zip(aws))?;
        let aws = connect(aws, Publish::Outbox, within).await?;
        let database = Database::new(shotengai_runtime::postgres_pool(&database)?);
        let ask = async || database.session().await.map(drop);
        Patience::of(within).attempt("PostgreSQL", ask, |fault| fault.kind() == FaultKind::Transient).await?;
        Ok((database, aws))
    }
}
