//! An inbox on free ports, stopped and checked when a test ends.

use std::io::Write as _;
use std::ops::Deref;
use std::path::Path;
use std::process::Stdio;
use std::sync::Once;
use std::time::Duration;

use lettre::{AsyncSmtpTransport, Tokio1Executor};
use serde_json::Value;
use shotengai_inbox::{Inbox, InboxConfig, InboxError, InboxStore};
use shotengai_street::{free_port, locate_mailpit};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// Far beyond what any step needs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// An inbox as anybody reaches it: the built-in one, or Mailpit.
pub(crate) struct Reached {
    pub(crate) smtp: std::net::SocketAddr,
    pub(crate) base: String,
    pub(crate) client: reqwest::Client,
}

/// The built-in one.
pub(crate) struct Running {
    at: Reached,
    pub(crate) store: InboxStore,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<(), InboxError>>,
}

pub(crate) fn start() -> Running {
    start_with(InboxConfig::on_free_ports())
}

pub(crate) fn start_with(config: InboxConfig) -> Running {
    let inbox = Inbox::bind(config).unwrap();
    let at = Reached::at(inbox.smtp_addr(), inbox.http_addr());
    let store = inbox.store();
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(inbox.run(shutdown.clone()));
    Running { at, store, shutdown, serving }
}

/// Runs it over the built-in inbox, and over Mailpit where that is installed: what holds of one holds of the other.
pub(crate) async fn on_both(test: impl AsyncFn(&Reached)) {
    on_the_built_in(&test).await;
    if let Some(mailpit) = Mailpit::start().await {
        test(&mailpit.at).await;
    }
}

/// Runs it over the built-in inbox, and stops that.
pub(crate) async fn on_the_built_in(test: impl AsyncFn(&Reached)) {
    let inbox = start();
    test(&inbox).await;
    inbox.stop().await;
}

/// Mailpit with nothing in it. Killed when dropped.
struct Mailpit {
    at: Reached,
    _process: Child,
    _folder: TempDir,
}

impl Mailpit {
    async fn start() -> Option<Self> {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let Some(program) = locate_mailpit(repository) else {
            static SAID: Once = Once::new();
            // Past what the test runner keeps to itself of tests that pass.
            SAID.call_once(|| {
                let said = "Mailpit is not installed (`make mailpit`): these tests ask the built-in inbox alone\n";
                std::io::stderr().write_all(said.as_bytes()).unwrap();
            });
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let [smtp, http] = [(); 2].map(|()| std::net::SocketAddr::from(([127, 0, 0, 1], free_port().unwrap())));
        let process = Command::new(program)
            .args(["--quiet", "--disable-version-check", "--smtp", &smtp.to_string(), "--listen", &http.to_string()])
            .arg("--database")
            .arg(folder.path().join("mails.db"))
            .stdin(Stdio::null())
            // Or it would hold the pipe of whoever reads these tests, should they end without it.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let at = Reached::at(smtp, http);
        let deadline = Instant::now() + DEADLINE;
        let is_ready = async || {
            let answer = at.client.get(format!("{}/readyz", at.base)).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()) && TcpStream::connect(smtp).await.is_ok()
        };
        while !is_ready().await {
            assert!(Instant::now() < deadline, "Mailpit does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(Self { at, _process: process, _folder: folder })
    }
}

impl Deref for Running {
    type Target = Reached;

    fn deref(&self) -> &Reached {
        &self.at
    }
}

impl Reached {
    fn at(smtp: std::net::SocketAddr, http: std::net::SocketAddr) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test of its own, outside the runtime")]
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { smtp, base: format!("http://{http}"), client }
    }

    /// How many messages it holds.
    pub(crate) async fn count(&self) -> Value {
        self.json("/api/v1/messages").await["total"].clone()
    }

    pub(crate) fn transport(&self) -> AsyncSmtpTransport<Tokio1Executor> {
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.smtp.ip().to_string())
            .port(self.smtp.port())
            .build()
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        answer.json().await.unwrap()
    }
}

impl Running {
    pub(crate) async fn talk(&self) -> Talk {
        let stream = BufReader::new(TcpStream::connect(self.smtp).await.unwrap());
        let mut talk = Talk { stream };
        assert_eq!(talk.answer().await.0, 220);
        talk
    }

    /// Stops within a second, as promised.
    pub(crate) async fn stop(self) {
        let begin = Instant::now();
        self.shutdown.cancel();
        timeout(DEADLINE, self.serving).await.unwrap().unwrap().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    }
}

/// SMTP by hand.
pub(crate) struct Talk {
    stream: BufReader<TcpStream>,
}

impl Talk {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The code and the text of the next answer, all its lines.
    pub(crate) async fn answer(&mut self) -> (u16, String) {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            let length = timeout(DEADLINE, self.stream.read_line(&mut line)).await.unwrap().unwrap();
            assert!(length > 0, "the server closed before it answered");
            text.push_str(&line);
            if line.as_bytes()[3] == b' ' {
                return (line[..3].parse().unwrap(), text);
            }
        }
    }

    pub(crate) async fn say(&mut self, line: &str) -> u16 {
        self.send(format!("{line}\r\n").as_bytes()).await;
        self.answer().await.0
    }

    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        timeout(DEADLINE, self.stream.read_to_end(&mut rest)).await.unwrap().unwrap() == 0
    }
}
