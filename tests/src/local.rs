//! The servers that all streets of a test process share.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc;

use crate::folder::Folder;
use shotengai_street::{MiniStack, MiniStackConfig, Postgres, PostgresConfig, locate_venv};

/// One MiniStack and one PostgreSQL. They end with the test process, whatever ends it.
pub struct Local {
    endpoint_url: String,
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
            // Tests have a runtime each; the children need one that outlives them all.
            let (sender, receiver) = mpsc::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
                runtime.expect("a runtime").block_on(async move {
                    sender.send(Self::start().await).expect("the first test waits");
                    std::future::pending::<()>().await;
                });
            });
            receiver.recv().expect("the local servers started")
        })
    }

    async fn start() -> Self {
        let venv = locate_venv(&workspace()).unwrap_or_else(|error| panic!("{error}"));
        let folder = Folder::take();
        let ministack = MiniStackConfig { venv: venv.clone(), state_dir: folder.path().join("aws"), port: 0 };
        let postgres = PostgresConfig { venv, data_dir: folder.path().join("postgres"), port: 0 };
        let (ministack, postgres) = tokio::join!(MiniStack::start(&ministack), Postgres::start(&postgres));
        let ministack = ministack.unwrap_or_else(|error| panic!("{error:?}"));
        let postgres = postgres.unwrap_or_else(|error| panic!("{error:?}"));
        let endpoint_url = ministack.endpoint_url();
        // Dropping the handle would end the server; the process's end does.
        std::mem::forget(ministack);
        Self { endpoint_url, postgres, folder }
    }

    /// The local AWS.
    #[must_use]
    pub fn endpoint_url(&self) -> &str {
        &self.endpoint_url
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
