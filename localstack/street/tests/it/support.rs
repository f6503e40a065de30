//! What these tests share.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The Python environment; the failure says how to make it.
pub(crate) fn venv() -> PathBuf {
    shotengai_street::locate_venv(&repository()).unwrap_or_else(|error| panic!("{error}"))
}

/// Waits for a condition, at most ten seconds.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "not within 10 s: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

fn ps(column: &str, pid: u32) -> String {
    let output = Command::new("ps").args(["-o", &format!("{column}="), "-p", &pid.to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Whether the process runs; one that only waits to be reaped does not.
pub(crate) fn alive(pid: u32) -> bool {
    let state = ps("stat", pid);
    !state.is_empty() && !state.starts_with('Z')
}

/// The process that started this one: for a child's program, its keeper.
pub(crate) fn parent(pid: u32) -> u32 {
    ps("ppid", pid).parse().unwrap()
}

pub(crate) fn send(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}
