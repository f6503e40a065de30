//! The file a child writes to. Its lock says whether that child, or anything it started, still lives.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::StreetError;

const TAIL_LINES: usize = 15;
const TAIL_BYTES: u64 = 16 * 1024;
const POLL: Duration = Duration::from_millis(20);
/// Longer than a keeper's usual grace and the kill after it.
const PREDECESSOR_ENDS_WITHIN: Duration = Duration::from_secs(6);

/// Opens and empties the log of the program `name`, once no earlier program holds it.
///
/// The lock belongs to the open file, which keeper and program inherit: it is free when the last of them has gone.
pub(crate) async fn claim(name: &str, path: &Path) -> Result<File, StreetError> {
    let what = format!("open {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(StreetError::io(what.clone()))?;
    }
    let file = File::options().create(true).append(true).open(path).map_err(StreetError::io(what.clone()))?;
    let deadline = Instant::now() + PREDECESSOR_ENDS_WITHIN;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(source)) => return Err(StreetError::Io { what, source }),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(POLL).await,
            Err(TryLockError::WouldBlock) => {
                return Err(StreetError::StillRunning { name: name.to_owned(), log_file: path.to_owned() });
            }
        }
    }
    file.set_len(0).map_err(StreetError::io(what))?;
    Ok(file)
}

/// The last lines of a log, for an error's text; empty when it cannot be read.
pub(crate) fn tail(path: &Path) -> String {
    let mut bytes = Vec::new();
    if read_end(path, &mut bytes).is_err() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

fn read_end(path: &Path, into: &mut Vec<u8>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    file.take(TAIL_BYTES).read_to_end(into)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_fifteen_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let text: String = (0..5000).map(|line| format!("line {line}\n")).collect();
        fs::write(&path, text).unwrap();
        let tail = tail(&path);
        assert_eq!(tail.lines().count(), 15);
        assert!(tail.starts_with("line 4985\n") && tail.ends_with("line 4999"));
    }
}
