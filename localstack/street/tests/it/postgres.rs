//! A real PostgreSQL over folders that survived all sorts of ends.

use std::{fs, net::TcpListener, path::Path, time::Duration};

use shotengai_street::{Postgres, PostgresConfig, StreetError, free_port, port_in_use};
use tokio::time::Instant;
use tokio_postgres::{Client, NoTls};

use crate::support::{alive, eventually, parent, send, venv};

fn config(folder: &Path, port: u16) -> PostgresConfig {
    PostgresConfig { venv: venv(), data_dir: folder.to_owned(), port }
}

async fn start(folder: &Path) -> Postgres {
    let asked = Instant::now();
    let postgres = Postgres::start(&config(folder, 0)).await.unwrap();
    println!("PostgreSQL started in {:?}", asked.elapsed());
    postgres
}

async fn connect(postgres: &Postgres, database: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(&postgres.url(database), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Leaves one row to be found by [`sweets`].
async fn stock(postgres: &Postgres) {
    postgres.create_database("shop").await.unwrap();
    let client = connect(postgres, "shop").await;
    client.batch_execute("CREATE TABLE sweets (name text); INSERT INTO sweets VALUES ('きのこの山')").await.unwrap();
}

async fn sweets(postgres: &Postgres) -> Vec<String> {
    let rows = connect(postgres, "shop").await.query("SELECT name FROM sweets", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// Whether the folder was made anew: the row's database is gone.
async fn is_empty(postgres: &Postgres) -> bool {
    let client = connect(postgres, "postgres").await;
    client.query("SELECT 1 FROM pg_database WHERE datname = 'shop'", &[]).await.unwrap().is_empty()
}

#[tokio::test]
async fn a_restart_keeps_the_data_and_takes_less_than_one_and_a_half_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = start(folder.path()).await;
    stock(&postgres).await;
    let (pid, port) = (postgres.pid(), postgres.port());
    let asked = Instant::now();
    postgres.stop().await.unwrap();
    println!("PostgreSQL stopped in {:?}", asked.elapsed());
    assert!(!alive(pid) && !port_in_use(port));

    let asked = Instant::now();
    let postgres = start(folder.path()).await;
    assert!(asked.elapsed() < Duration::from_millis(1500), "{:?}", asked.elapsed());
    assert_eq!(sweets(&postgres).await, ["きのこの山"]);
}

#[tokio::test]
async fn it_is_version_18_in_utf_8_on_loopback_only_and_asks_for_its_password() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = start(folder.path()).await;
    let client = connect(&postgres, "postgres").await;
    for (setting, wanted) in [
        ("server_encoding", "UTF8"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("fsync", "off"),
        ("TimeZone", "UTC"),
        ("max_connections", "200"),
    ] {
        let row = client.query_one("SELECT current_setting($1)", &[&setting]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), wanted, "{setting}");
    }
    let version: String = client.query_one("SHOW server_version", &[]).await.unwrap().get(0);
    assert!(version.starts_with("18."), "{version}");
    let without = format!("postgres://shotengai@127.0.0.1:{}/postgres", postgres.port());
    assert!(tokio_postgres::connect(&without, NoTls).await.is_err());
    let secret = postgres.url("x");
    let secret = secret.split(['@', ':']).nth(2).unwrap().to_owned();
    assert!(secret.len() >= 24 && !format!("{postgres:?}").contains(&secret));
}

#[tokio::test]
async fn it_starts_with_its_data_after_a_sigkill_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut postgres = start(folder.path()).await;
    stock(&postgres).await;
    send("-KILL", postgres.pid());
    assert_eq!(postgres.wait().await.unwrap().code(), Some(128 + 9));
    drop(postgres);
    assert!(folder.path().join("cluster").join("postmaster.pid").exists());
    assert_eq!(sweets(&start(folder.path()).await).await, ["きのこの山"]);
}

#[tokio::test]
async fn a_server_that_outlived_its_keeper_is_ended_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let first = Postgres::start(&config(folder.path(), port)).await.unwrap();
    stock(&first).await;
    let pid = first.pid();
    send("-KILL", parent(pid));
    drop(first);
    assert!(alive(pid));
    let second = Postgres::start(&config(folder.path(), port)).await.unwrap();
    assert!(!alive(pid));
    assert_eq!(sweets(&second).await, ["きのこの山"]);
}

#[tokio::test]
async fn a_pid_file_that_names_some_other_living_process_blocks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut postgres = start(folder.path()).await;
    send("-KILL", postgres.pid());
    postgres.wait().await.unwrap();
    drop(postgres);
    let pid_file = folder.path().join("cluster").join("postmaster.pid");
    let text = fs::read_to_string(&pid_file).unwrap();
    let rest = text.split_once('\n').unwrap().1;
    let mut bystander = tokio::process::Command::new("sleep").arg("600").kill_on_drop(true).spawn().unwrap();
    fs::write(&pid_file, format!("{}\n{rest}", bystander.id().unwrap())).unwrap();
    start(folder.path()).await;
    assert!(bystander.try_wait().unwrap().is_none());
}

#[tokio::test]
async fn unusable_data_are_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = folder.path().join("cluster");
    type Damage = (&'static str, fn(&Path));
    let damages: [Damage; 3] = [
        ("another major version", |cluster| fs::write(cluster.join("PG_VERSION"), "17\n").unwrap()),
        ("no control file", |cluster| fs::remove_file(cluster.join("global").join("pg_control")).unwrap()),
        ("not a cluster at all", |cluster| {
            fs::remove_dir_all(cluster).unwrap();
            fs::create_dir(cluster).unwrap();
        }),
    ];
    for (damage, inflict) in damages {
        let postgres = start(folder.path()).await;
        stock(&postgres).await;
        postgres.stop().await.unwrap();
        inflict(&cluster);
        let postgres = start(folder.path()).await;
        assert!(is_empty(&postgres).await, "{damage}");
        postgres.stop().await.unwrap();
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "only the cluster, the log and the lock: {left:?}");
}

#[tokio::test]
async fn databases_are_made_emptied_and_dropped_by_many_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let postgres = start(folder.path()).await;
    let (one, two, three) = tokio::join!(
        postgres.create_database("one"),
        postgres.create_database("two"),
        postgres.create_database("three")
    );
    one.and(two).and(three).unwrap();
    postgres.create_database("one").await.unwrap();
    stock(&postgres).await;
    let _connected = connect(&postgres, "shop").await;
    postgres.recreate_database("shop").await.unwrap();
    assert!(connect(&postgres, "shop").await.query("SELECT name FROM sweets", &[]).await.is_err());
    postgres.drop_database("shop").await.unwrap();
    postgres.drop_database("shop").await.unwrap();
    assert!(is_empty(&postgres).await);
    let refused = postgres.create_database("x; DROP DATABASE one").await.unwrap_err();
    assert!(matches!(refused, StreetError::DatabaseName(_)));
}

#[tokio::test]
async fn a_taken_port_is_named_and_a_folder_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Postgres::start(&config(folder.path(), port)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("port {port}, wanted for PostgreSQL, is in use by another program"));

    let first = start(folder.path()).await;
    let error = Postgres::start(&config(folder.path(), 0)).await.unwrap_err();
    assert!(matches!(error, StreetError::FolderInUse { .. }));
    let port = first.port();
    drop(first);
    eventually("the dropped server is gone", || !port_in_use(port)).await;
}
