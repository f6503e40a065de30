//! How a program is put under the keeper script.

use std::{env, ffi::OsString, fs::File, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{self, Command},
    time::timeout,
};

use crate::{ChildSpec, StreetError, log_file, venv};

const SCRIPT: &str = include_str!("keeper.py");
/// Python starts in 20 ms; a crowded machine may need seconds.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(15);
/// What any program may need of our environment. The rest is ours: credentials and endpoints are not for children.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// Starts the keeper with the program; the keeper's process and the program's process id.
pub(crate) async fn start(spec: &ChildSpec, log: File) -> Result<(process::Child, u32), StreetError> {
    let what = format!("start {}", spec.name);
    let mut keeper = command(spec, log)?.spawn().map_err(StreetError::io(what.clone()))?;
    let mut announcement = String::new();
    if let Some(output) = keeper.stdout.take() {
        let mut output = BufReader::new(output);
        match timeout(ANNOUNCED_WITHIN, output.read_line(&mut announcement)).await {
            Ok(read) => read.map_err(StreetError::io(what.clone()))?,
            Err(elapsed) => return Err(StreetError::Io { what, source: elapsed.into() }),
        };
    }
    if let Ok(pid) = announcement.trim().parse() {
        return Ok((keeper, pid));
    }
    let status = keeper.wait().await.map_err(StreetError::io(what))?;
    let tail = log_file::tail(&spec.log_file);
    Err(StreetError::Ended { name: spec.name.clone(), status, log_file: spec.log_file.clone(), tail })
}

fn command(spec: &ChildSpec, log: File) -> Result<Command, StreetError> {
    let mut command = Command::new(venv::python(&spec.venv)?);
    // Isolated and without site-packages: starts in half the time and nothing of the caller's can change it.
    command.args(["-I", "-S", "-c", SCRIPT, spec.stop_signal.name()]);
    command.arg(spec.grace.as_secs_f64().to_string()).arg(&spec.program).args(&spec.args);
    command.env_clear().envs(PASSED_ON.iter().filter_map(|name| Some((OsString::from(name), env::var_os(name)?))));
    command.envs(spec.env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).process_group(0);
    Ok(command)
}
