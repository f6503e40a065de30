//! The tour of the documents, line by line, as a newcomer pastes it.

use std::process::Stdio;
use std::time::Duration;

use shotengai_tests::dev::DevPlace;
use shotengai_tests::local::workspace;
use shotengai_tests::test_cluster::binary;
use tokio::process::Command;
use tokio::time::timeout;

/// Stands between the outputs of two blocks.
const NEXT: &str = "==== the next block ====";
/// What differs from run to run, in what a page says is printed.
const ANYTHING: char = '…';

/// A block to paste, and what it is said to print.
struct Stop {
    heading: String,
    paste: String,
    prints: Vec<String>,
}

/// The `sh` blocks of a page; a `text` block behind one says what it prints.
fn stops(page: &str) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::new();
    let (mut heading, mut language) = (String::new(), None);
    for line in page.lines() {
        match (line.strip_prefix("```"), language) {
            (Some("sh"), None) => {
                stops.push(Stop { heading: heading.clone(), paste: String::new(), prints: Vec::new() });
                language = Some("sh");
            }
            (Some("text"), None) => language = Some("text"),
            (Some(_), _) => language = None,
            (None, Some("sh")) => stops.last_mut().unwrap().paste += &format!("{line}\n"),
            (None, Some(_)) => stops.last_mut().unwrap().prints.push(line.trim().to_owned()),
            (None, None) => heading = line.strip_prefix("## ").map_or(heading, str::to_owned),
        }
    }
    stops
}

/// Whether a line has all of these parts, in order.
fn fits(line: &str, said: &str) -> bool {
    let mut rest = line;
    said.split(ANYTHING).all(|part| match rest.find(part.trim()) {
        Some(at) => {
            rest = &rest[at + part.trim().len()..];
            true
        }
        None => false,
    })
}

impl Stop {
    /// The first line that should have been printed and was not, each behind the one before it.
    fn missing<'a>(&'a self, printed: &str) -> Option<&'a str> {
        let mut lines = printed.lines();
        self.prints.iter().find(|said| !lines.any(|line| fits(line, said))).map(String::as_str)
    }
}

#[test]
fn what_is_printed_has_to_have_what_is_said_in_its_order() {
    let [stop] = &stops("## A\n\n```sh\nls\n```\n\n```text\none … three\ntwo\n```\n")[..] else { panic!("one stop") };
    assert_eq!((stop.heading.as_str(), stop.paste.as_str()), ("A", "ls\n"));
    assert_eq!(stop.missing("zero\nxone and threex\nthe two\n"), None);
    assert_eq!(stop.missing("two\none and three\n"), Some("two"));
    assert_eq!(stop.missing("three one\ntwo\n"), Some("one … three"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_the_tour_does_what_the_page_says() {
    let page = std::fs::read_to_string(workspace().join("docs").join("tour.md")).unwrap();
    let stops = stops(&page);
    let place = DevPlace::new();
    let dev = place.open(&[]).await;
    let binaries = place.folder().join("target").join("debug");
    std::fs::create_dir_all(&binaries).unwrap();
    std::os::unix::fs::symlink(binary(), binaries.join("shotengai")).unwrap();

    let pasted =
        stops.iter().map(|stop| stop.paste.as_str()).collect::<Vec<_>>().join(&format!("echo; echo '{NEXT}'\n"));
    let mut script = format!("set -euo pipefail\n{pasted}");
    for (said, port) in [(8080, place.http), (8025, place.inbox), (9090, place.health), (4566, place.aws)] {
        script = script.replace(&format!("127.0.0.1:{said}"), &format!("127.0.0.1:{port}"));
    }
    let bash = Command::new("bash")
        .args(["-c", &script])
        .current_dir(place.folder())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(Duration::from_secs(180), bash).await.expect("the tour ends").unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    let parts: Vec<&str> = printed.split(&format!("{NEXT}\n")).collect();
    for (stop, part) in stops.iter().zip(&parts) {
        let missing = stop.missing(part);
        assert_eq!(missing, None, "{}: it printed\n{part}\n{wrong}\n{}", stop.heading, dev.output());
    }
    let last = stops.get(parts.len().saturating_sub(1)).map_or("", |stop| stop.heading.as_str());
    assert!(output.status.success() && parts.len() == stops.len(), "it ended in {last}:\n{wrong}\n{}", dev.output());
}
