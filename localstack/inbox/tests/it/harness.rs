//! An inbox on free ports, stopped and checked when a test ends.

use std::time::Duration;

use lettre::{AsyncSmtpTransport, Tokio1Executor};
use serde_json::Value;
use shotengai_inbox::{Inbox, InboxConfig, InboxError, InboxStore};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// Far beyond what any step needs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) smtp: std::net::SocketAddr,
    pub(crate) base: String,
    pub(crate) store: InboxStore,
    pub(crate) client: reqwest::Client,
    shutdown: CancellationToken,
    serving: JoinHandle<Result<(), InboxError>>,
}

pub(crate) fn start() -> Running {
    start_with(InboxConfig::on_free_ports())
}

pub(crate) fn start_with(config: InboxConfig) -> Running {
    let inbox = Inbox::bind(config).unwrap();
    let (smtp, base, store) = (inbox.smtp_addr(), format!("http://{}", inbox.http_addr()), inbox.store());
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(inbox.run(shutdown.clone()));
    #[expect(clippy::disallowed_methods, reason = "a test of its own, outside the runtime")]
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Running { smtp, base, store, client, shutdown, serving }
}

impl Running {
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
