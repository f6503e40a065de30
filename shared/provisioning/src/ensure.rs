//! Having everything there.

use std::time::Duration;

use futures::FutureExt;
use shotengai_aws::Aws;
use shotengai_aws::admin::Outcome;
use tokio::time::Instant;

use crate::run::run;
use crate::{Options, ProvisionErrors, Resource, resources};

/// The last stage there is.
pub(crate) const LAST_STAGE: usize = 3;

/// What provisioning came to.
#[derive(Debug, Clone)]
pub struct Report {
    /// Each resource in the table's order.
    pub resources: Vec<(Resource, Outcome)>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Report {
    /// How many resources it came to this for.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.resources.iter().filter(|(_, found)| *found == outcome).count()
    }
}

/// Has every resource there as the table says. `progress` hears of each as it is done, in no order.
///
/// Safe at any time, twice at once too. Resources that the table does not name are left alone.
///
/// # Errors
/// [`ProvisionErrors`]; what was done stays, and the next run goes on from there.
pub async fn provision(
    aws: &Aws,
    options: &Options,
    progress: &(dyn Fn(&Resource, Outcome) + Send + Sync),
) -> Result<Report, ProvisionErrors> {
    let started = Instant::now();
    let table = resources(aws.config(), options);
    let admin = aws.admin();
    let resources = run(
        &admin,
        &table,
        0..=LAST_STAGE,
        |resource, admin| resource.ensure(admin).boxed(),
        |resource, outcome| progress(resource, *outcome),
    )
    .await?;
    Ok(Report { resources, elapsed: started.elapsed() })
}

/// Says of each resource whether it is there, in the table's order. Whether it is as it should be is not looked at.
///
/// # Errors
/// [`ProvisionErrors`] of those that could not be looked up.
pub async fn check(aws: &Aws, options: &Options) -> Result<Vec<(Resource, bool)>, ProvisionErrors> {
    let table = resources(aws.config(), options);
    let admin = aws.admin();
    run(&admin, &table, 0..=LAST_STAGE, |resource, admin| resource.is_present(admin).boxed(), |_, _| {}).await
}
