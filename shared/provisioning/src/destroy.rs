//! Deleting everything.

use futures::FutureExt;
use shotengai_aws::Aws;

use crate::ensure::LAST_STAGE;
use crate::run::run;
use crate::{Options, ProvisionErrors, Resource, resources};

/// Deletes every resource of the table with all it holds, and says of each whether there was one. There is no way back.
///
/// # Errors
/// [`ProvisionErrors`]; the next run goes on from there.
pub async fn destroy(
    aws: &Aws,
    options: &Options,
    progress: &(dyn Fn(&Resource, bool) + Send + Sync),
) -> Result<Vec<(Resource, bool)>, ProvisionErrors> {
    let table = resources(aws.config(), options);
    let admin = aws.admin();
    run(
        &admin,
        &table,
        (0..=LAST_STAGE).rev(),
        |resource, admin| resource.delete(admin).boxed(),
        |resource, existed| progress(resource, *existed),
    )
    .await
}
