//! Change capture as a whole: which event tables stream themselves, and ending that.

use shotengai_aws::Aws;
use shotengai_aws::admin::{Capture, TableSpec};
use shotengai_contracts::Owner;

use crate::{ProvisionError, Resource};

/// Of each service's event table, whether it streams itself.
///
/// # Errors
/// [`ProvisionError`] of the first that could not be looked up.
pub async fn captures(aws: &Aws) -> Result<Vec<(Owner, Capture)>, ProvisionError> {
    let admin = aws.admin();
    let mut found = Vec::with_capacity(Owner::ALL.len());
    for owner in Owner::ALL {
        let table = TableSpec::events(owner).name;
        let capture = admin.capture_of(&table).await;
        found.push((owner, capture.map_err(|fault| ProvisionError { resource: Resource::Capture { table }, fault })?));
    }
    Ok(found)
}

/// Ends the capture of every event table; says of each whether there was one. Only once no process commits without
/// markers any more: what such a process commits after this never comes into the stream.
///
/// # Errors
/// [`ProvisionError`] of the first that failed; the next run goes on from there.
pub async fn end_captures(aws: &Aws) -> Result<Vec<(Resource, bool)>, ProvisionError> {
    let admin = aws.admin();
    let mut ended = Vec::with_capacity(Owner::ALL.len());
    for owner in Owner::ALL {
        let resource = Resource::Capture { table: TableSpec::events(owner).name };
        match admin.end_capture(resource.name()).await {
            Ok(was_on) => ended.push((resource, was_on)),
            Err(fault) => return Err(ProvisionError { resource, fault }),
        }
    }
    Ok(ended)
}
