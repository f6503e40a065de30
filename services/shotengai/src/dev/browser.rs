//! Opens the page in the developer's browser (`--open`).

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Openers hand the address over and end; one that doesn't within this time shows the page itself.
const HANDS_OVER_WITHIN: Duration = Duration::from_secs(5);

/// What this system opens addresses with.
const OPENER: &[&str] = if cfg!(target_os = "macos") {
    &["open"]
} else if cfg!(windows) {
    // `start` takes the first text in quotes for a title.
    &["cmd", "/C", "start", ""]
} else {
    &["xdg-open"]
};

/// Opens `url`; says so where that can't be done, for the street is open all the same.
pub(crate) async fn open(url: &str) {
    if let Err(why) = hand_over(OPENER, url).await {
        say!("No browser could be opened ({why}): open {url} yourself.");
    }
}

async fn hand_over(opener: &[&str], url: &str) -> Result<(), String> {
    let (program, arguments) = opener.split_first().ok_or("there is no opener")?;
    let mut command = Command::new(program);
    command.args(arguments).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("{program}: {error}"))?;
    match timeout(HANDS_OVER_WITHIN, child.wait()).await {
        Ok(Ok(status)) if !status.success() => Err(format!("{program}: {status}")),
        Ok(Err(error)) => Err(format!("{program}: {error}")),
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_said_when_there_is_no_browser() {
        assert_eq!(hand_over(&["true"], "http://127.0.0.1:1").await, Ok(()));
        let missing = hand_over(&["no-such-opener"], "http://127.0.0.1:1").await.unwrap_err();
        assert!(missing.starts_with("no-such-opener: "), "{missing}");
        let refused = hand_over(&["false"], "http://127.0.0.1:1").await.unwrap_err();
        assert!(refused.contains("exit status: 1"), "{refused}");
    }
}
