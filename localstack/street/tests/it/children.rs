//! One child and its keeper, with `sh` as the program.

use std::{fs, path::Path, time::Duration};

use shotengai_street::{Child, ChildSpec, StopSignal};
use tokio::time::Instant;

use crate::support::{alive, eventually, parent, send, venv};

const FOREVER: &str = "while :; do sleep 0.02; done";

fn sh(folder: &Path, script: &str) -> ChildSpec {
    ChildSpec {
        venv: venv(),
        name: "sh".to_owned(),
        program: "sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![("GREETING".into(), "hello".into())],
        log_file: folder.join("sh.log"),
        stop_signal: StopSignal::Terminate,
        grace: Duration::from_millis(300),
    }
}

async fn said(child: &Child, line: &str) {
    let log = child.log_file().to_owned();
    eventually(line, || fs::read_to_string(&log).unwrap().lines().any(|found| found == line)).await;
}

#[tokio::test]
async fn a_program_that_ends_by_itself_passes_its_code_and_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Child::spawn(sh(folder.path(), "echo $GREETING; echo oops >&2; exit 5")).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(5));
    assert_eq!(fs::read_to_string(child.log_file()).unwrap(), "hello\noops\n");
}

#[tokio::test]
async fn only_the_named_variables_reach_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Child::spawn(sh(folder.path(), "env")).await.unwrap();
    child.wait().await.unwrap();
    let log = fs::read_to_string(child.log_file()).unwrap();
    assert!(log.contains("GREETING=hello") && !log.contains("CARGO"), "{log}");
}

#[tokio::test]
async fn stopping_asks_with_the_chosen_signal_and_lets_the_program_finish() {
    for (stop_signal, name) in [(StopSignal::Terminate, "TERM"), (StopSignal::Interrupt, "INT")] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!("trap 'echo bye; exit 7' {name}; echo up; {FOREVER}");
        let child = Child::spawn(ChildSpec { stop_signal, ..sh(folder.path(), &script) }).await.unwrap();
        said(&child, "up").await;
        assert_eq!(child.stop().await.unwrap().code(), Some(7));
        let log = fs::read_to_string(folder.path().join("sh.log")).unwrap();
        assert!(log.lines().any(|line| line == "bye"), "{log}");
    }
}

#[tokio::test]
async fn a_program_deaf_to_the_request_is_killed_after_its_grace() {
    let folder = tempfile::tempdir().unwrap();
    let child = Child::spawn(sh(folder.path(), &format!("trap '' TERM; echo up; {FOREVER}"))).await.unwrap();
    said(&child, "up").await;
    let (pid, asked) = (child.pid(), Instant::now());
    assert_eq!(child.stop().await.unwrap().code(), Some(128 + 9));
    assert!(asked.elapsed() >= Duration::from_millis(300));
    assert!(!alive(pid));
}

#[tokio::test]
async fn what_a_program_leaves_behind_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Child::spawn(sh(folder.path(), "sleep 600 & echo $!")).await.unwrap();
    child.wait().await.unwrap();
    let left: u32 = fs::read_to_string(child.log_file()).unwrap().trim().parse().unwrap();
    eventually("the background process has ended", || !alive(left)).await;
}

#[tokio::test]
async fn dropping_a_child_ends_it_and_the_next_with_its_log_waits_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("trap 'sleep 0.2; exit 0' TERM; echo up; {FOREVER}");
    let first = Child::spawn(sh(folder.path(), &script)).await.unwrap();
    said(&first, "up").await;
    let pid = first.pid();
    drop(first);
    let second = Child::spawn(sh(folder.path(), FOREVER)).await.unwrap();
    assert!(!alive(pid));
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_keeper_told_to_end_takes_its_program_along() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Child::spawn(sh(folder.path(), FOREVER)).await.unwrap();
    let pid = child.pid();
    send("-TERM", parent(pid));
    assert_eq!(child.wait().await.unwrap().code(), Some(128 + 15));
    assert!(!alive(pid));
}

#[tokio::test]
async fn a_program_that_does_not_exist_ends_with_127_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let spec = ChildSpec { program: "no-such-program".into(), ..sh(folder.path(), "") };
    let mut child = Child::spawn(spec).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(127));
    let log = fs::read_to_string(child.log_file()).unwrap();
    assert!(log.contains("cannot run no-such-program"), "{log}");
}
