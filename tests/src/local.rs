//! The servers behind the streets of a test process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc;

use crate::folder::Folder;
use shotengai_street::{MiniStack, MiniStackConfig, Postgres, PostgresConfig, locate_venv};

/// One PostgreSQL for all streets, which ends with the test process, whatever ends it; a MiniStack for each.
///
/// MiniStack answers every request on one thread, and slower the more it holds: shared, it would let tests wait for each
/// other and the later ones for what the earlier ones left.
pub struct Local {
    venv: PathBuf,
    postgres: Postgres,
    folder: Folder,
}

static LOCAL: OnceLock<Local> = OnceLock::new();

/// The workspace's root.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the workspace").to_path_buf()
}

impl Local {
    /// The servers, started at the first call.
    pub fn get() -> &'static Self {
        LOCAL.get_or_init(|| {
            // Tests have a runtime each; the server needs one that outlives them all.
            let (sender, receiver) = mpsc::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
                runtime.expect("a runtime").block_on(async move {
                    sender.send(Self::start().await).expect("the first test waits");
                    std::future::pending::<()>().await;
                });
            });
            receiver.recv().expect("the local PostgreSQL started")
        })
    }

    async fn start() -> Self {
        let venv = locate_venv(&workspace()).unwrap_or_else(|error| panic!("{error}"));
        let folder = Folder::take();
        let postgres = PostgresConfig { venv: venv.clone(), data_dir: folder.path().join("postgres"), port: 0 };
        let postgres = Postgres::start(&postgres).await.unwrap_or_else(|error| panic!("{error:?}"));
        Self { venv, postgres, folder }
    }

    /// A local AWS with nothing in it, which keeps its files here.
    pub(crate) async fn aws(&self, state_dir: PathBuf) -> MiniStack {
        let config = MiniStackConfig { venv: self.venv.clone(), state_dir, port: 0 };
        MiniStack::start(&config).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// A folder of this test process.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A fresh database; answers its URL.
    pub async fn database(&self, name: &str) -> String {
        self.postgres.create_database(name).await.unwrap_or_else(|error| panic!("{error:?}"));
        self.postgres.url(name)
    }
}
