//! Processes: what runs in each, how it begins, ends and dies.

use std::sync::Arc;
use std::time::Duration;

use shotengai_contracts::topology::Service;
use shotengai_messaging::Worker;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::network::Network;
use crate::roles::{Services, assemble};
use crate::world::World;

/// What each process runs. Two of those whose work two can take from each other.
pub const PROCESSES: [(&str, &[Service]); 11] = [
    ("order-1", &[Service::ORDER]),
    ("order-2", &[Service::ORDER]),
    ("catalog-1", &[Service::CATALOG]),
    ("inventory-1", &[Service::INVENTORY]),
    ("inventory-2", &[Service::INVENTORY]),
    ("billing-1", &[Service::BILLING]),
    ("billing-2", &[Service::BILLING]),
    ("mail-1", &[Service::NOTIFICATION, Service::TALLY]),
    ("mail-2", &[Service::NOTIFICATION, Service::QUERY]),
    ("bridge-1", &[Service::BRIDGE, Service::QUERY]),
    ("bridge-2", &[Service::BRIDGE, Service::TALLY, Service::CATALOG]),
];

/// How long a process may take to drain before it is killed.
const GRACE: Duration = Duration::from_secs(60);

/// One life of a process.
pub struct Process {
    /// Its line; ends with the life.
    pub network: Network,
    /// What customers can ask of it.
    pub services: Arc<Services>,
    end: CancellationToken,
    end_last: CancellationToken,
    /// Dropping it drops every task in it, wherever each stands.
    tasks: JoinSet<()>,
    last_tasks: JoinSet<()>,
}

impl Process {
    /// Begins a life.
    #[must_use]
    pub fn start(world: &Arc<World>, index: usize) -> Self {
        let (name, roles) = PROCESSES.get(index).copied().unwrap_or(("nobody", &[]));
        let network = Network::new(Arc::clone(world), name, index);
        world.note(name, || format!("life {} begins", network.life()));
        let (services, workers) = assemble(&network, roles);
        let mut process = Self {
            network,
            services: Arc::new(services),
            end: CancellationToken::new(),
            end_last: CancellationToken::new(),
            tasks: JoinSet::new(),
            last_tasks: JoinSet::new(),
        };
        for worker in workers {
            let last = worker.ends_last();
            let token = if last { process.end_last.clone() } else { process.end.clone() };
            let task = keep(worker, token, Arc::clone(world), name);
            if last {
                process.last_tasks.spawn(task);
            } else {
                process.tasks.spawn(task);
            }
        }
        process
    }

    /// Ends it as SIGTERM does: consumers first, then those that others hand their work to.
    pub async fn stop(mut self) {
        let drained = tokio::time::timeout(GRACE, async {
            self.end.cancel();
            while self.tasks.join_next().await.is_some() {}
            self.end_last.cancel();
            while self.last_tasks.join_next().await.is_some() {}
        });
        if drained.await.is_err() {
            self.network.world().note(self.network.name(), || "did not drain in time".to_owned());
            self.network.kill();
        }
        self.network.end();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.network.kill();
    }
}

/// As the supervisor does: a worker that returns or panics before it is told to end is started again.
async fn keep(worker: Worker, token: CancellationToken, world: Arc<World>, process: &'static str) {
    while !token.is_cancelled() {
        let (inner, shutdown) = (worker.clone(), token.clone());
        let mut run = JoinSet::new();
        run.spawn(async move { inner.run(shutdown).await });
        if let Some(Err(error)) = run.join_next().await
            && error.is_panic()
        {
            world.violation(format!("{process}: {} panicked: {error}", worker.name()));
        }
        if !token.is_cancelled() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}
