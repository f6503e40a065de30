//! What the system says of a process. Nothing where there is no `/proc`.

use std::fs::read_to_string;
use std::time::Duration;

/// Resident memory in bytes.
#[must_use]
pub fn resident(pid: u32) -> Option<u64> {
    let status = read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Processor time used so far, in user and kernel mode, by all threads.
#[must_use]
pub fn cpu_time(pid: u32) -> Option<Duration> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name is in parentheses and may hold spaces; utime and stime are the 14th and 15th fields.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let used = f64::from(ticks()?) + f64::from(ticks()?);
    Some(Duration::from_secs_f64(used / ticks_per_second()?))
}

/// Threads it has.
#[must_use]
pub fn threads(pid: u32) -> Option<u64> {
    let status = read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}

/// Runnable processes of the whole machine, averaged over the last minute.
#[must_use]
pub fn load_average() -> Option<f64> {
    read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

fn ticks_per_second() -> Option<f64> {
    let output = std::process::Command::new("getconf").arg("CLK_TCK").output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
