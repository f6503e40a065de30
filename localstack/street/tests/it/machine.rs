//! `deploy/local/needs.sh` and `clean.sh`: what the street needs of a machine, and that it leaves none of its own behind.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::support::repository;

fn needs(settings: &[(&str, &str)]) -> Output {
    let script = repository().join("deploy").join("local").join("needs.sh");
    Command::new("sh").arg(script).arg("run").envs(settings.iter().copied()).output().unwrap()
}

#[test]
fn everything_that_is_missing_is_named_at_once_with_its_cure() {
    let output = needs(&[("CC", "no-such-compiler"), ("PYTHON", "no-such-python")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert_eq!(said.lines().count(), 3, "{said}");
    for cure in ["apt-get install build-essential", "apt-get install python3 python3-venv"] {
        assert!(said.contains(cure), "{said}");
    }
}

#[test]
fn a_first_build_is_announced_with_its_time_and_its_disk() {
    let target = tempfile::tempdir().unwrap();
    let output = needs(&[("CARGO_TARGET_DIR", target.path().to_str().unwrap())]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("First build: about ") && said.contains(" minutes on ") && said.contains(" GB"), "{said}");
}

/// A folder that looks like the repository after a street ran in it as root, with stand-ins for what changes the machine.
struct Left {
    root: TempDir,
}

impl Left {
    fn behind(processes: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let left = Self { root };
        for folder in ["deploy/local", ".local/run/postgres", "opened", "bin"] {
            fs::create_dir_all(left.path(folder)).unwrap();
        }
        let script = repository().join("deploy").join("local").join("clean.sh");
        fs::copy(script, left.path("deploy/local/clean.sh")).unwrap();
        fs::set_permissions(left.path("opened"), fs::Permissions::from_mode(0o711)).unwrap();
        let notes =
            format!("user embedded_postgres\nfolder {}\nfolder /no/such/folder\n", left.path("opened").display());
        fs::write(left.path(".local/run/postgres/made-as-root"), notes).unwrap();
        left.program("id", "echo 0");
        left.program("ps", &format!("printf '{processes}'"));
        left.program("userdel", "echo \"$@\" >> userdel.calls");
        left
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn program(&self, name: &str, body: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn clean(&self) -> Output {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        Command::new("sh").arg(self.path("deploy/local/clean.sh")).env("PATH", path).output().unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn cleaning_as_root_undoes_what_starting_as_root_changed() {
    let left = Left::behind("");
    let output = left.clean();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(mode(&left.path("opened")), 0o710);
    assert_eq!(fs::read_to_string(left.path("userdel.calls")).unwrap(), "embedded_postgres\n");
    assert!(!left.path(".local").exists());
}

#[test]
fn nothing_is_undone_while_another_postgresql_runs_as_that_user() {
    let left = Left::behind("4711");
    let output = left.clean();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("still runs"), "{said}");
    assert_eq!(mode(&left.path("opened")), 0o711);
    assert!(left.path(".local").exists() && !left.path("userdel.calls").exists());
}
