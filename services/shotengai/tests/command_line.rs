//! The command line through the binary: what it says before anything is connected.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::{Command, Output};

/// A run that sees nothing of the environment of the tests, and no credentials.
fn shotengai(args: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shotengai"));
    command.args(args).current_dir(env!("CARGO_TARGET_TMPDIR")).env_clear();
    command.env("HOME", "/nowhere").env("AWS_EC2_METADATA_DISABLED", "true").envs(env.iter().copied());
    command
}

/// The lines of standard error of a run that could not do what it was asked for.
fn refused(args: &[&str], env: &[(&str, &str)]) -> Vec<String> {
    let Output { status, stdout, stderr } = shotengai(args, env).output().unwrap();
    let (out, err) = (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
    assert_eq!(status.code(), Some(2), "{args:?}: {out}{err}");
    assert_eq!(out, "", "{args:?}");
    err.lines().map(str::to_owned).collect()
}

#[test]
fn every_wrong_setting_of_the_chosen_roles_and_of_what_they_share_is_in_one_report() {
    let env = [
        ("INTERNAL_TOKEN", "0123456789abcdef"),
        ("CURRENCY", "yen"),
        ("DRAIN_SECONDS", "soon"),
        ("ORDER_DEADLINE_SECONDS", "0"),
        ("SMTP_URL", "smtp://user:hunter2@host?tls=perhaps"),
        ("TALLY_POLL_MS", "9"),
        // Of a role that does not run here.
        ("BILLING_CONCURRENCY", "none"),
        ("DATABASE_URL", "nonsense"),
    ];
    let lines = refused(&["serve", "order,notification,tally"], &env);
    let names: Vec<_> = lines.iter().map(|line| line.split(": ").nth(1).unwrap()).collect();
    assert_eq!(
        names,
        ["CURRENCY", "DRAIN_SECONDS", "ORDER_DEADLINE_SECONDS", "SMTP_URL", "TALLY_POLL_MS"],
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| line.starts_with("shotengai: ") && line.contains(": must ")), "{lines:?}");
    assert!(!lines.concat().contains("hunter2"), "{lines:?}");
}

#[test]
fn what_the_chosen_roles_miss_is_named_with_everything_else() {
    let env = [("ADMIN_EMAIL", "boss@example.com"), ("JWT_SECRET", "hunter2"), ("HTTP_ADDR", "8080")];
    let lines = refused(&["serve", "all"], &env);
    let names: Vec<_> = lines.iter().map(|line| line.split(": ").nth(1).unwrap()).collect();
    let wanted = ["JWT_SECRET", "HTTP_ADDR", "INTERNAL_TOKEN", "JWT_SIGNING_KEY", "ADMIN_EMAIL", "DATABASE_URL"];
    assert_eq!(names, wanted, "{lines:?}");
    assert!(!lines.concat().contains("hunter2") && !lines.concat().contains("boss"), "{lines:?}");
}

#[test]
fn without_credentials_every_tool_says_in_one_line_what_to_give() {
    for args in [
        &["status"][..],
        &["status", "kinesis"],
        &["dead-letters", "list"],
        &["dead-letters", "show", "order-dlq"],
        &["dead-letters", "redrive", "order-dlq", "--dry-run"],
        &["provision", "--check"],
        &["rebuild", "read-models", "--check", "--database-url", "postgres://127.0.0.1:1/none"],
        &["projections", "status", "--database-url", "postgres://127.0.0.1:1/none"],
    ] {
        let lines = refused(args, &[]);
        assert!(
            lines.len() == 1 && lines[0].contains("no AWS credentials") && lines[0].contains("--local"),
            "{lines:?}"
        );
    }
}

#[test]
fn without_an_open_street_local_says_how_to_open_one() {
    for args in [&["status", "--local"][..], &["rebuild", "read-models", "--check", "--local"], &["smoke", "--local"]] {
        let lines = refused(args, &[]);
        assert!(
            lines.len() == 1 && lines[0].contains("no street is open here") && lines[0].contains("make run"),
            "{lines:?}"
        );
    }
}

#[test]
fn a_time_to_republish_that_is_none_is_refused() {
    let day = "2026-01-01T00:00:00Z";
    for (args, words) in [
        (&["--from", day, "--to", day][..], "is not before"),
        (&["--from", "2999-01-01T00:00:00+09:00"], "is not before"),
        (&["--from", "yesterday"], "RFC 3339"),
        (&["--from", day, "--owner", "baker"], "catalog, order, inventory, billing"),
        (&["--from", day, "--per-second", "0"], "--per-second"),
        (&["--from", day], "no AWS credentials"),
    ] {
        let lines = refused(&[&["republish"], args].concat(), &[]);
        assert!(lines.iter().any(|line| line.contains(words)), "{args:?}: {lines:?}");
    }
}

#[test]
fn words_that_no_dead_letter_has_are_refused_with_those_that_there_are() {
    for (flag, word, known) in [
        ("--reason", "exausted", "exhausted"),
        ("--consumer", "baker", "order-deadline"),
        ("--event-type", "OrderEaten", "OrderPaid"),
    ] {
        let lines = refused(&["dead-letters", "discard", "order-dlq", "--dry-run", flag, word], &[]);
        assert!(lines.len() == 1 && lines[0].contains(word) && lines[0].contains(known), "{lines:?}");
    }
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = shotengai(&["completions", shell], &[]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("dead-letters") && script.contains("rebuild"), "{script}");
    }
}
