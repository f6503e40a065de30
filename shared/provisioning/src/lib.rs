//! An installation's AWS resources, derived from its topology, and the idempotent provisioner.
//!
//! - [`resources()`]: the table. Everything the services expect is in it and nowhere else.
//! - [`provision`]: has all of it there; safe twice at once, and changes nothing when nothing differs.
//! - [`check`]: says what is there. [`destroy`]: deletes it all.
//! - [`differing_filters`]: subscriptions that let through other types than this release's; a change takes effect late.
//! - [`reshard()`]: another number of shards, step by step.
//! - [`Stack`]: all of it as one document, for CloudFormation or Terraform. [`Rights`]: what each role may do.
//!   [`ChartValues`]: values of the chart of its outputs.
//! - [`captures`]: which tables stream themselves. [`end_captures`]: a wish of its own, since it can lose events.
//!
//! Nothing is printed here: callers get each result as it comes, and the whole in the table's order.

mod captures;
mod destroy;
mod ensure;
mod filters;
mod names;
mod reshard;
mod resource;
pub mod resources;
mod rights;
mod run;
pub mod stack;
mod values;

pub use captures::{captures, end_captures};
pub use destroy::destroy;
pub use ensure::{Report, check, provision};
pub use filters::{FILTERS_SETTLE_WITHIN, FilterDifference, differing_filters};
pub use names::{PrefixError, check_prefix, role_name};
pub use reshard::{Moment, ReshardError, reshard, steps};
pub use resource::Resource;
pub use resources::{Options, resources};
pub use rights::Rights;
pub use shotengai_aws::admin::{Capture, Outcome};
pub use stack::{Stack, StackOptions};
pub use values::{ChartValues, OutputsError};

use shotengai_messaging::Fault;

/// A resource that could not be made, changed, looked up or deleted.
#[derive(Debug, thiserror::Error)]
#[error("the {resource}")]
pub struct ProvisionError {
    /// Which.
    pub resource: Resource,
    /// Why.
    #[source]
    pub fault: Fault,
}

/// Every resource of a stage that failed, in the table's order. Later stages need it, and were not begun.
#[derive(Debug)]
pub struct ProvisionErrors(pub Vec<ProvisionError>);

impl std::fmt::Display for ProvisionErrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, ProvisionError { resource, fault }) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}the {resource}: {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ProvisionErrors {}
