//! `localstack/bootstrap.sh` where nothing is to be installed.

use std::{fs, process::Command};

use crate::support::{repository, venv};

#[test]
fn an_up_to_date_environment_is_left_alone_without_a_word() {
    let script = repository().join("localstack").join("bootstrap.sh");
    let output = Command::new("sh").arg(script).env("SHOTENGAI_VENV", venv()).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_missing_interpreter_is_reported_in_one_line_with_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .arg(repository().join("localstack").join("bootstrap.sh"))
        .env("SHOTENGAI_VENV", folder.path().join("venv"))
        .env("PYTHON", "no-such-python")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("apt-get install python3 python3-venv"), "{said}");
}

#[test]
fn a_missing_venv_module_is_reported_in_one_line_with_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("python");
    // Debian's python3 without python3-venv: it runs, but `import ensurepip` fails.
    fs::write(&python, "#!/bin/sh\ncase \"$2\" in *ensurepip*) exit 1;; esac\nexit 0\n").unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&python).status().unwrap().success());
    let output = Command::new("sh")
        .arg(repository().join("localstack").join("bootstrap.sh"))
        .env("SHOTENGAI_VENV", folder.path().join("venv"))
        .env("PYTHON", &python)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("apt-get install python3-venv"), "{said}");
}

#[test]
fn a_missing_environment_is_reported_with_the_command_that_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = shotengai_street::StreetError::VenvMissing { venv: folder.path().to_owned() };
    assert!(error.to_string().contains("sh localstack/bootstrap.sh"));
}
