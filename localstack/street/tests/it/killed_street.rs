//! `kill -9` of the owner: its children end, and the next street starts in the same folders, on the same ports.

use std::{env, path::Path, process::Stdio};

use shotengai_street::{MiniStack, MiniStackConfig, Postgres, PostgresConfig, free_port};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    time::Instant,
};

use crate::support::{alive, eventually, venv};

const THIS: &str = "killed_street::children_die_with_a_killed_owner_and_the_next_street_starts_at_once";
const FOLDER: &str = "STREET_TEST_FOLDER";
const PORTS: &str = "STREET_TEST_PORTS";

async fn open_street(folder: &Path, ports: [u16; 2]) -> (MiniStack, Postgres) {
    let ministack = MiniStackConfig { venv: venv(), state_dir: folder.join("aws"), port: ports[0] };
    let postgres = PostgresConfig { venv: venv(), data_dir: folder.join("postgres"), port: ports[1] };
    let (ministack, postgres) = tokio::join!(MiniStack::start(&ministack), Postgres::start(&postgres));
    (ministack.unwrap(), postgres.unwrap())
}

/// What the victim of the test does: it opens a street, names its children and waits to be killed.
async fn wait_to_be_killed(folder: &Path) {
    let ports: Vec<u16> = env::var(PORTS).unwrap().split(' ').map(|port| port.parse().unwrap()).collect();
    let (ministack, postgres) = open_street(folder, [ports[0], ports[1]]).await;
    println!("\nchildren {} {}", ministack.pid(), postgres.pid());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn children_die_with_a_killed_owner_and_the_next_street_starts_at_once() {
    // This test runs itself as a process, told apart by the folder it is given.
    if let Some(folder) = env::var_os(FOLDER) {
        return wait_to_be_killed(Path::new(&folder)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let ports = [free_port().unwrap(), free_port().unwrap()];
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", THIS, "--nocapture"])
        .env(FOLDER, folder.path())
        .env(PORTS, format!("{} {}", ports[0], ports[1]))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let children: Vec<u32> = loop {
        let line = lines.next_line().await.unwrap().expect("the victim said nothing of its children");
        if let Some(pids) = line.strip_prefix("children ") {
            break pids.split(' ').map(|pid| pid.parse().unwrap()).collect();
        }
    };
    assert!(children.iter().all(|pid| alive(*pid)));

    victim.start_kill().unwrap();
    victim.wait().await.unwrap();
    let killed = Instant::now();
    // Not waiting for the old children: that is the new street's work.
    let (ministack, postgres) = open_street(folder.path(), ports).await;
    println!("after kill -9 the next street was ready in {:?}", killed.elapsed());
    assert!(children.iter().all(|pid| !alive(*pid)));

    drop((ministack, postgres));
    eventually("the second street's ports are free", || !ports.iter().any(|port| shotengai_street::port_in_use(*port)))
        .await;
}
