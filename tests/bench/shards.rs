//! More shards in simulated time, which the simulation's own program tells.

use tokio::process::Command;

/// Its table, where that program stands beside this one and knows how to make it.
pub(crate) async fn measure() -> Option<String> {
    let program = std::env::current_exe().ok()?.with_file_name("shotengai-simulate");
    let output = Command::new(program).arg("--scaling").output().await.ok()?;
    let table = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !table.trim().is_empty()).then_some(table)
}
