//! One PostgreSQL for all tests; each has a database of its own in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use deadpool_postgres::Pool;
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{Service, queues};
use shotengai_kernel::{ManualClock, Ports};
use shotengai_messaging::{Commit, Delivery, Handler, Infrastructure};
use shotengai_query::QueryRole;
use shotengai_query::applied::Applied;
use shotengai_query::database::Database;
use shotengai_query::migrations::Migrations;
use shotengai_query::project::Histories;
use shotengai_query::versions::Versions;
use shotengai_runtime::{DatabaseSettings, Supply, postgres_pool};
use shotengai_street::{Postgres, PostgresConfig, locate_venv};
use shotengai_testing::memory::MemoryInfrastructure;
use tokio::sync::OnceCell;

static SERVER: OnceCell<Postgres> = OnceCell::const_new();

/// The server outlives each test's runtime, so it has a thread and a runtime of its own, which end with the process.
async fn server() -> &'static Postgres {
    SERVER
        .get_or_init(|| async {
            let (send, receive) = mpsc::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
                    let venv = locate_venv(repository).unwrap_or_else(|error| panic!("{error}"));
                    let data_dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("query-postgres");
                    let started = Postgres::start(&PostgresConfig { venv, data_dir, port: 0 }).await;
                    send.send(started).unwrap();
                    std::future::pending::<()>().await;
                });
            });
            tokio::task::spawn_blocking(move || receive.recv().unwrap()).await.unwrap().unwrap()
        })
        .await
}

pub(crate) fn pool(url: &str) -> Pool {
    let settings = DatabaseSettings { url: url.to_owned().into(), ca_file: None };
    let pool = postgres_pool(&settings).unwrap();
    pool.resize(4);
    pool
}

/// The URL of an empty database, made anew, named after its test.
pub(crate) async fn empty_database_url(name: &str) -> String {
    let server = server().await;
    server.recreate_database(name).await.unwrap();
    server.url(name)
}

/// An empty database, made anew, named after its test.
pub(crate) async fn empty_database(name: &str) -> Database {
    Database::new(pool(&empty_database_url(name).await))
}

/// The URL of a database where nobody answers.
pub(crate) fn absent_database_url() -> String {
    let port = shotengai_street::free_port().unwrap();
    format!("postgres://nobody@127.0.0.1:{port}/nothing")
}

/// A database where nobody answers.
pub(crate) fn absent_database() -> Database {
    Database::new(pool(&absent_database_url()))
}

pub(crate) fn ports() -> Ports {
    Ports::seeded(1, Arc::new(ManualClock::default()))
}

/// The projector, its tables and the event stores that it refolds from.
pub(crate) struct Street {
    pub(crate) database: Database,
    pub(crate) infra: Arc<MemoryInfrastructure>,
    pub(crate) applied: Arc<Applied>,
    pub(crate) histories: Arc<Histories>,
    pub(crate) projector: Arc<dyn Handler>,
}

impl Street {
    pub(crate) async fn new(name: &str) -> Self {
        let database = empty_database(name).await;
        Migrations::new(database.clone(), ports()).run().await.unwrap();
        Self::over(database)
    }

    pub(crate) fn over(database: Database) -> Self {
        Self::with(database, MemoryInfrastructure::new(ports()))
    }

    pub(crate) fn with(database: Database, infra: MemoryInfrastructure) -> Self {
        let infra = Arc::new(infra);
        let deps = Supply::new(Arc::clone(&infra) as _, ports()).deps(Service::QUERY);
        let QueryRole { applied, histories, role } = shotengai_query::assemble(deps, Arc::new(database.clone()));
        let projector = shotengai_kit::role::handler(&role, &queues::QUERY);
        Self { database, infra, applied, histories, projector }
    }

    /// What waits in this process, so long at the most.
    pub(crate) fn versions(&self, timeout: Duration) -> Versions {
        Versions::new(self.database.clone(), Arc::clone(&self.applied), Arc::clone(&self.histories), timeout)
    }

    /// Commits a history to its owner's event store; returns its deliveries, oldest first.
    pub(crate) async fn commit(&self, owner: Owner, history: &[Commit]) -> Vec<Delivery> {
        let store = self.infra.event_store(owner);
        for commit in history {
            store.append(std::slice::from_ref(commit)).await.unwrap();
        }
        deliveries(history)
    }

    /// Commits and projects a history.
    pub(crate) async fn happen(&self, owner: Owner, history: &[Commit]) {
        let batch = self.commit(owner, history).await;
        for part in batch.chunks(10) {
            all_done(&self.projector.handle(part).await);
        }
    }
}

/// What a process with these event stores does with the messages of `query-queue`.
pub(crate) fn projector(infra: Arc<dyn Infrastructure>, database: &Database) -> Arc<dyn Handler> {
    let deps = Supply::new(infra, ports()).deps(Service::QUERY);
    let role = shotengai_query::assemble(deps, Arc::new(database.clone())).role;
    shotengai_kit::role::handler(&role, &queues::QUERY)
}

pub(crate) fn deliveries(history: &[Commit]) -> Vec<Delivery> {
    crate::history::envelopes(history).into_iter().map(|envelope| Delivery::of(envelope).unwrap()).collect()
}

pub(crate) fn all_done(answers: &[shotengai_messaging::Disposition]) {
    assert!(answers.iter().all(|answer| *answer == shotengai_messaging::Disposition::Done), "{answers:?}");
}
