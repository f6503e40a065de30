//! Work on many resources, stage by stage, some at a time.

use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use shotengai_aws::admin::Admin;
use shotengai_messaging::Fault;

use crate::{ProvisionError, ProvisionErrors, Resource};

/// Enough to hide the latency; few enough that no control plane minds.
const AT_ONCE: usize = 8;

type Answer<'a, T> = (usize, &'a Resource, Result<T, Fault>);

/// Has `work` done on each resource of these stages in turn. A stage with failures is the last one, and each of its resources
/// is worked on all the same: who has to mend something is told of all of it. Answers stand in the table's order.
pub(crate) async fn run<'a, T: Send + 'a>(
    admin: &'a Admin,
    table: &'a [Resource],
    stages: impl Iterator<Item = usize>,
    work: impl Fn(&'a Resource, &'a Admin) -> BoxFuture<'a, Result<T, Fault>>,
    done: impl Fn(&Resource, &T),
) -> Result<Vec<(Resource, T)>, ProvisionErrors> {
    let mut answers: Vec<(usize, T)> = Vec::with_capacity(table.len());
    for stage in stages {
        let calls: Vec<BoxFuture<'a, Answer<'a, T>>> = table
            .iter()
            .enumerate()
            .filter(|(_, resource)| resource.stage() == stage)
            .map(|(index, resource)| {
                let call = work(resource, admin);
                Box::pin(async move { (index, resource, call.await) }) as BoxFuture<'a, Answer<'a, T>>
            })
            .collect();
        let mut failed = Vec::new();
        let mut answered = stream::iter(calls).buffer_unordered(AT_ONCE);
        while let Some((index, resource, answer)) = answered.next().await {
            match answer {
                Ok(answer) => {
                    done(resource, &answer);
                    answers.push((index, answer));
                }
                Err(fault) => failed.push((index, ProvisionError { resource: resource.clone(), fault })),
            }
        }
        if !failed.is_empty() {
            failed.sort_by_key(|(index, _)| *index);
            return Err(ProvisionErrors(failed.into_iter().map(|(_, error)| error).collect()));
        }
    }
    answers.sort_by_key(|(index, _)| *index);
    Ok(answers.into_iter().filter_map(|(index, answer)| Some((table.get(index)?.clone(), answer))).collect())
}
