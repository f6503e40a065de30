//! A real PgBouncer in between that lends a server's session for one transaction at a time.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Stdio;
use std::time::Duration;

use futures::future::join_all;
use shotengai_contracts::Owner;
use shotengai_contracts::api::filters::{OrderSort, ProductSort};
use shotengai_query::database::Database;
use shotengai_query::domain::ProductRow;
use shotengai_query::filters::{OrderFilter, ProductFilter};
use shotengai_query::migrations::Migrations;
use shotengai_query::store::Rows;
use shotengai_query::{orders, products};
use shotengai_runtime::{DatabaseSettings, postgres_pool};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::giving_up::a_statement_given_up_ends_on_the_server;
use crate::history::{product, product_id};
use crate::sets::{STRICTLY, Told};
use crate::support::{Street, all_done, empty_database, empty_database_url, pool, ports};

const NEEDED: &str =
    "these tests need PgBouncer (Debian, Ubuntu: apt-get install pgbouncer; macOS: brew install pgbouncer)";

/// Fewer than those who use it, so that statements of one come to sessions of all.
const SESSIONS: usize = 2;

struct PgBouncer {
    url: String,
    _process: Child,
    _folder: TempDir,
}

impl PgBouncer {
    /// In front of the server of this URL.
    async fn before(url: &str) -> Self {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let port = shotengai_street::free_port().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={} user={} password={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
             default_pool_size = {SESSIONS}\n",
            config.get_ports()[0],
            config.get_user().unwrap(),
            String::from_utf8_lossy(config.get_password().unwrap()),
        );
        fs::write(&file, text).unwrap();
        let mut command = Command::new("pgbouncer");
        // Debian has it where only root looks.
        command.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()));
        if fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) {
            // It doesn't run as root.
            command.args(["-u", "nobody"]);
            fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        }
        let command = command.arg("-q").arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().unwrap_or_else(|error| panic!("{error}: {NEEDED}"));
        let listens = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), listens).await.unwrap();
        let name = config.get_dbname().unwrap();
        Self { url: format!("postgres://query@127.0.0.1:{port}/{name}"), _process: process, _folder: folder }
    }

    /// The database as a pod of its own sees it.
    fn pod(&self) -> Database {
        let settings = DatabaseSettings { url: self.url.clone().into(), ca_file: None };
        Database::new(postgres_pool(&settings).unwrap())
    }
}

#[tokio::test]
async fn pods_migrate_project_and_read_through_pgbouncer() {
    let direct = empty_database_url("behind_pgbouncer").await;
    let between = PgBouncer::before(&direct).await;
    let pods: Vec<_> = (0..6).map(|_| Street::over(between.pod())).collect();
    let runs = join_all(pods.iter().map(|pod| async {
        let migrations = Migrations::new(pod.database.clone(), ports());
        // All at once wait for the lock of the one that is at it, with few sessions to wait on.
        migrations.run().await
    }));
    let runs = runs.await;
    assert!(runs.iter().all(Result::is_ok), "{runs:?}");
    // Of this database alone: other tests migrate on the same server.
    let locks = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                 WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    let rows = pods[0].database.session().await.unwrap().query("locks", locks, &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, i64>(0), 0, "a lock that outlives its owner");

    // Each with statements of all kinds, again and again, on sessions that are the others' in between.
    join_all(pods.iter().enumerate().map(|(number, pod)| async move {
        let key = format!("sweet{number}");
        let history = product(&key, 0, &[0, 1, 2, 0, 1, 2]);
        let batch = pod.commit(Owner::Catalog, &history).await;
        for delivery in batch.chunks(1) {
            all_done(&pod.projector.handle(delivery).await);
            pod.database.ping().await.unwrap();
            products::list(&pod.database, &ProductFilter::default(), ProductSort::Oldest, 5, None).await.unwrap();
            products::get(&pod.database, &product_id(&key)).await.unwrap().unwrap();
            orders::list(&pod.database, &OrderFilter::default(), OrderSort::Newest, 5, None).await.unwrap();
        }
    }))
    .await;
    let session = pods[0].database.session().await.unwrap();
    let ids: Vec<_> = (0..6).map(|number| (&product_id(&format!("sweet{number}"))).into()).collect();
    assert_eq!(Rows::<ProductRow>::load(&session, &ids).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_lock_that_outlived_its_owner_keeps_nobody_from_serving() {
    let database = empty_database("lock_outlived").await;
    let left_behind = database.session().await.unwrap();
    left_behind.query("lock", "SELECT pg_advisory_lock(487300887161)", &[]).await.unwrap();
    // Nothing there yet: it has to wait, says for what, and gives up in time.
    let fault = Migrations::new(database.clone(), ports()).run().await.unwrap_err();
    assert!(fault.is_retryable() && fault.to_string().contains("lock is held by somebody else"), "{fault}");
    left_behind.query("unlock", "SELECT pg_advisory_unlock(487300887161)", &[]).await.unwrap();
    Migrations::new(database.clone(), ports()).run().await.unwrap();
    left_behind.query("lock", "SELECT pg_advisory_lock(487300887161)", &[]).await.unwrap();
    Migrations::new(database, ports()).run().await.unwrap();
}

#[tokio::test]
async fn a_second_set_is_built_compared_and_exchanged_through_pgbouncer() {
    let direct = empty_database_url("sets_behind_pgbouncer").await;
    let between = PgBouncer::before(&direct).await;
    let pod = Street::over(between.pod());
    Migrations::new(pod.database.clone(), ports()).run().await.unwrap();
    let orders = pod.furnish(20).await;
    let (sets, told) = (pod.sets(), Told::default());
    assert_eq!(sets.rebuild(false, &told).await.unwrap().aggregates, 29);
    let (reads, exchanges) = futures::join!(
        async {
            for history in &orders {
                pod.ship_in_time(history).await;
                products::get(&pod.database, &product_id("takenoko")).await.unwrap().unwrap();
            }
            orders.len()
        },
        async {
            for _ in 0..2 {
                sets.switch(STRICTLY, &told).await.unwrap();
                sets.rollback(STRICTLY, &told).await.unwrap();
            }
            sets.diff(&told).await.unwrap()
        }
    );
    assert_eq!((reads, exchanges.differences()), (20, 0), "{exchanges:?}");
    assert_eq!(pod.number("SELECT count(*) FROM read_orders WHERE status = 'shipped'").await, 20);
}

#[tokio::test]
async fn a_statement_that_is_given_up_ends_behind_pgbouncer() {
    let direct = empty_database_url("given_up_behind_pgbouncer").await;
    let between = PgBouncer::before(&direct).await;
    let server = Database::new(pool(&direct));
    a_statement_given_up_ends_on_the_server(&between.pod(), &server).await;
}
