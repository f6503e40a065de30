//! Subscriptions whose filter is another than this release's: what it would change, and what is lost until then.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use shotengai_aws::Aws;
use shotengai_aws::admin::Filter;

use crate::{Options, ProvisionError, Resource, resources};

/// How long SNS may take until all of it delivers by a filter that was changed. Until then an event of a type that is new to the
/// subscription may be dropped, without a trace.
pub const FILTERS_SETTLE_WITHIN: Duration = Duration::from_secs(15 * 60);

/// How a subscription's filter differs from this release's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterDifference {
    /// The queue that is subscribed.
    pub queue: String,
    /// Types that this release's consumer waits for, and that SNS drops.
    pub lacks: BTreeSet<String>,
    /// Types that come, and that this release's consumer has no use for.
    pub beyond: BTreeSet<String>,
    /// It is no list of types at all: nobody can say what comes.
    pub is_other: bool,
}

impl FilterDifference {
    /// Whether events that this release waits for may not come.
    #[must_use]
    pub fn loses(&self) -> bool {
        self.is_other || !self.lacks.is_empty()
    }
}

impl fmt::Display for FilterDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |types: &BTreeSet<String>| types.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        if self.is_other {
            return write!(f, "filters by something else than a list of types");
        }
        let mut parts = Vec::new();
        if !self.lacks.is_empty() {
            parts.push(format!("lacks {}", names(&self.lacks)));
        }
        if !self.beyond.is_empty() {
            parts.push(format!("has {} beyond", names(&self.beyond)));
        }
        write!(f, "{}", parts.join(", "))
    }
}

/// The subscriptions that are there and filter otherwise than this release's would. Changes nothing.
///
/// # Errors
/// [`ProvisionError`] of the first that could not be looked up.
pub async fn differing_filters(aws: &Aws) -> Result<Vec<FilterDifference>, ProvisionError> {
    let admin = aws.admin();
    let mut differing = Vec::new();
    for resource in resources(aws.config(), &Options::default()) {
        let Resource::Subscription(spec) = &resource else { continue };
        let found = admin.filter_of(&spec.queue).await;
        let wanted: BTreeSet<String> = spec.event_types.iter().map(|name| (*name).to_owned()).collect();
        let queue = spec.queue.clone();
        let difference = match found.map_err(|fault| ProvisionError { resource: resource.clone(), fault })? {
            None => continue,
            Some(Filter::Other) => {
                FilterDifference { queue, lacks: BTreeSet::new(), beyond: BTreeSet::new(), is_other: true }
            }
            Some(Filter::EventTypes(types)) => {
                let types: BTreeSet<String> = types.into_iter().collect();
                let (lacks, beyond) = (&wanted - &types, &types - &wanted);
                FilterDifference { queue, lacks, beyond, is_other: false }
            }
        };
        if difference.loses() || !difference.beyond.is_empty() {
            differing.push(difference);
        }
    }
    Ok(differing)
}
