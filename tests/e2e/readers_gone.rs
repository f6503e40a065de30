//! Commands whose reader leaves before the end, as `head` does, or whose output can't be written.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use shotengai_tests::dev::DevPlace;
use shotengai_tests::wait::until;
use tokio::process::Command;

/// Every command that answers and ends, in a street that is open; and the code with which it ends.
const ANSWERING: &[(&[&str], i32)] = &[
    (&["--help"], 0),
    (&["--version"], 0),
    (&["help", "serve"], 0),
    (&["completions", "bash"], 0),
    (&["keygen"], 0),
    (&["describe"], 0),
    (&["describe", "--output", "json"], 0),
    (&["provision", "--local"], 0),
    (&["provision", "--check", "--local"], 0),
    (&["seed", "--local"], 0),
    (&["smoke", "--local"], 0),
    (&["smoke", "--product", "prod_nobody_sells", "--local"], 2),
    (&["status", "--local"], 0),
    (&["status", "dynamodb", "--local"], 0),
    (&["status", "kinesis", "--local"], 0),
    (&["status", "--local", "--output", "json"], 0),
    (&["dead-letters", "list", "--local"], 0),
    (&["dead-letters", "list", "--local", "--output", "json"], 0),
    (&["dead-letters", "show", "order-dlq", "--local"], 0),
    (&["dead-letters", "redrive", "order-dlq", "--dry-run", "--local"], 0),
    (&["dead-letters", "discard", "order-dlq", "--dry-run", "--local"], 0),
    (&["rebuild", "read-models", "--check", "--local"], 0),
    (&["projections", "status", "--local"], 0),
    (&["projections", "rebuild", "--local"], 0),
    (&["projections", "diff", "--local"], 0),
    (&["projections", "drop", "--yes", "--local"], 0),
    (&["order", "journey", "ord_nobody_placed", "--local"], 2),
    (&["order", "receipt", "ord_nobody_placed", "--local"], 2),
    (&["order", "explain", "ord_nobody_placed", "--local"], 1),
    (&["stream", "reshard", "--shards", "1", "--dry-run", "--local"], 0),
    // It has no archive, and events where one would be restored.
    (&["archive", "verify", "--local"], 2),
    (&["archive", "restore", "--local"], 2),
    // A developer's street has more shards than a few orders need.
    (&["stream", "advice", "--watch", "1", "--local"], 1),
    (&["republish", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z", "--dry-run", "--local"], 0),
    // Last: the read models are a moment behind afterwards.
    (&["prices", "put", "prod_kinoko", "200", "--local"], 0),
];

/// Commands that serve until they are told to end.
const SERVING: [&str; 2] = ["serve", "dev"];

/// An output whose reader has left.
fn gone() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// The commands that the help lists.
async fn commands(place: &DevPlace) -> BTreeSet<String> {
    let help = String::from_utf8(place.command(&["--help"]).output().await.unwrap().stdout).unwrap();
    let listed = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_ends_as_it_would_when_its_reader_has_left() {
    let place = DevPlace::new();
    let covered = ANSWERING.iter().map(|(args, _)| args[0]).chain(SERVING);
    assert_eq!(commands(&place).await.difference(&covered.map(str::to_owned).collect()).next(), None);

    // The street itself prints a line for each order, and its log, to nobody.
    let mut street = place.dev(&["--log", "info"]).stdout(gone()).stderr(gone()).spawn().unwrap();
    until("the street is open", Duration::from_secs(60), || async {
        let output = place.command(&["smoke", "--local"]).output().await.unwrap();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
    })
    .await;
    for (args, code) in ANSWERING {
        let left = place.command(args).stdout(gone()).stderr(Stdio::piped()).spawn().unwrap();
        let said = left.wait_with_output().await.unwrap();
        let complaints = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(*code), "{args:?}: {complaints}");
        assert!(!complaints.contains("panicked") && !complaints.contains("Broken pipe"), "{args:?}: {complaints}");
        let both = place.command(args).stdout(gone()).stderr(gone()).status().await.unwrap();
        assert_eq!(both.code(), Some(*code), "{args:?}: without a reader of its errors");
    }
    let pid = street.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(40), street.wait()).await.expect("it ends").unwrap();
    assert_eq!(ended.code(), Some(0));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_whose_answer_does_not_fit_on_the_disk_fails_and_says_so() {
    let place = DevPlace::new();
    for args in [&["describe"][..], &["describe", "--output", "json"], &["completions", "zsh"], &["keygen"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(args).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.starts_with("shotengai: standard output could not be written: "), "{args:?}: {said}");
    }
}
