//! What starting PostgreSQL as root changes outside its folder.

use std::fs;
use std::os::unix::fs::MetadataExt;

const SYSTEM_USER: &str = "embedded_postgres";

/// One line about it; none without root. `postgres.py` does it, lists it in `made-as-root` beside the cluster, and
/// `make clean` undoes what stands there.
#[must_use]
pub fn changes_as_root() -> Option<String> {
    // The owner of a process's own entry is its effective user. Where there is no /proc, root is not told beforehand.
    let root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    root.then(|| text(users.lines().any(|line| line.split(':').next() == Some(SYSTEM_USER))))
}

fn text(exists: bool) -> String {
    let user = if exists { "" } else { ", which is created now," };
    format!(
        "you are root, and PostgreSQL will not be: it runs as the system user {SYSTEM_USER}{user} and the folders above \
         .local become passable (o+x) for it; `make clean` undoes what was changed for it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_told_in_one_line_what_is_made_and_how_to_undo_it() {
        for (exists, created) in [(false, true), (true, false)] {
            let line = text(exists);
            assert_eq!((line.lines().count(), line.contains("created now")), (1, created), "{line}");
            assert!(line.contains(SYSTEM_USER) && line.contains("make clean"), "{line}");
        }
    }
}
