//! A bridge that shares no leases with the others: it reads every shard that they read, at the same time, and claims the same
//! checkpoints. Somebody has started it with its leases elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use shotengai_contracts::topology::{STREAM, Service};
use shotengai_kernel::Ports;
use shotengai_messaging::ports::stream::ReadRecord;
use shotengai_messaging::{Infrastructure, RecordHandler, Worker};
use shotengai_runtime::{Decorator, SharedSettings, Supply};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::mishap::Mishap;
use crate::network::Network;
use crate::ports::NetworkedInfrastructure;
use crate::roles::bridge_shards;

/// What the names of its groups of leases begin with.
const ELSEWHERE: &str = "elsewhere";

/// The workers of the rival that runs in this process, if there is one: for as long as the plan says.
pub(crate) fn workers(network: &Network, ports: &Ports, settings: SharedSettings) -> Vec<Worker> {
    let world = network.world();
    let Some(rival) = world.plan.rival.filter(|rival| rival.process == network.process()) else { return Vec::new() };
    let (from, until) = (world.moment(rival.from), world.moment(rival.from + rival.lasts));
    if until <= Instant::now() {
        return Vec::new();
    }
    let infra = NetworkedInfrastructure(network.clone());
    let supply = Supply::new(Arc::new(NetworkedInfrastructure(network.clone())), ports.clone())
        .with_settings(settings)
        .with_leases(Some(Arc::new(move |group| infra.leases(&format!("{ELSEWHERE}/{group}")))))
        .with_decorator(Arc::new(Counted(network.clone())));
    let role = shotengai_bridge::assemble(supply.deps(Service::BRIDGE), bridge_shards(network));
    role.workers.into_iter().map(|worker| between(from, until, worker)).collect()
}

/// A worker that begins late, and ends early or with its process.
fn between(from: Instant, until: Instant, worker: Worker) -> Worker {
    let (name, last) = (format!("rival/{}", worker.name()), worker.ends_last());
    let some_time = Worker::new(name, move |token| {
        let worker = worker.clone();
        async move {
            if token.run_until_cancelled(sleep_until(from)).await.is_some() && Instant::now() < until {
                let end = token.child_token();
                let run = worker.run(end.clone());
                tokio::pin!(run);
                tokio::select! {
                    biased;
                    () = &mut run => {}
                    () = sleep_until(until) => {
                        end.cancel();
                        run.await;
                    }
                }
            }
            token.cancelled().await;
        }
    });
    if last { some_time.ending_last() } else { some_time }
}

/// Counts what the rival reads.
struct Counted(Network);

impl Decorator for Counted {
    fn records(&self, handler: Arc<dyn RecordHandler>) -> Arc<dyn RecordHandler> {
        Arc::new(Rivalling { inner: handler, network: self.0.clone() })
    }
}

struct Rivalling {
    inner: Arc<dyn RecordHandler>,
    network: Network,
}

#[async_trait]
impl RecordHandler for Rivalling {
    async fn handle(&self, shard: &str, records: &[ReadRecord], shutdown: &CancellationToken) -> usize {
        let world = self.network.world();
        world.count(Mishap::RivalRead);
        // Who is fenced leaves the shard alone for a while.
        world.hold_ups.add_for_all(STREAM, world.elapsed());
        world.note(self.network.name(), || format!("the rival reads {} of {shard}", records.len()));
        self.inner.handle(shard, records, shutdown).await
    }
}
