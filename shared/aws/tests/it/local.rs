//! The server, accounts and events of these tests.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use shotengai_aws::admin::TableSpec;
use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::{EventType, Metadata, Owner, samples};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::{Commit, CommitFactory};
use shotengai_street::{MiniStack, MiniStackConfig, StreetError, locate_venv};

/// Test programs that may run at once.
const FOLDERS: u32 = 16;

struct Server {
    ministack: MiniStack,
    // The server's child belongs to a runtime that outlives every test's own.
    _runtime: tokio::runtime::Runtime,
}

/// Ends with the process.
static SERVER: LazyLock<Server> = LazyLock::new(|| thread::spawn(start).join().unwrap());

fn start() -> Server {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let venv = locate_venv(&repository).unwrap();
    for folder in 0..FOLDERS {
        let state_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("aws-ministack-{folder}"));
        let config = MiniStackConfig { venv: venv.clone(), state_dir, port: 0 };
        match runtime.block_on(MiniStack::start(&config)) {
            Err(StreetError::FolderInUse { .. }) => {}
            started => return Server { ministack: started.unwrap(), _runtime: runtime },
        }
    }
    panic!("{FOLDERS} test programs run already");
}

pub(crate) fn endpoint() -> String {
    SERVER.ministack.endpoint_url()
}

/// Connects, with metrics that are read: instruments are made at the first request of the process.
pub(crate) async fn connect(config: AwsConfig) -> Aws {
    LazyLock::force(&crate::observe::METRICS);
    Aws::connect(config, Ports::system()).await
}

/// A fresh account on the server, reached through `endpoint`.
pub(crate) async fn account_through(endpoint: String) -> Aws {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let account = format!("{:012}", 300_000_000_000 + NEXT.fetch_add(1, Ordering::Relaxed));
    let config = AwsConfig { local_account: Some(account), ..AwsConfig::local(endpoint) };
    connect(config).await
}

/// A fresh account on the server.
pub(crate) async fn account() -> Aws {
    account_through(endpoint()).await
}

/// A fresh account that holds the tables of catalog's event store.
pub(crate) async fn account_with_store() -> Aws {
    let aws = account().await;
    make_store(&aws).await;
    aws
}

pub(crate) async fn make_store(aws: &Aws) {
    aws.admin().ensure_table(&TableSpec::events(Owner::Catalog)).await.unwrap();
    aws.admin().ensure_table(&TableSpec::snapshots(Owner::Catalog)).await.unwrap();
}

/// A commit of one event on `id` that is at version `current`.
pub(crate) fn commit(id: &str, current: u64) -> Commit {
    let ports = Ports::system();
    let meta = Metadata::request(ports.ids.uuid_v7(), None);
    let event = samples::event(EventType::ProductCreated).unwrap();
    let id = AggregateId::parse(id).unwrap();
    CommitFactory::new(ports).commit(id, Version::new(current), &[event], &meta).unwrap()
}
