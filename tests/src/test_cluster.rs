//! A street of its own for a test: local AWS, database, inbox and processes.

use shotengai_runtime::direct_http;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_inbox::{Inbox, InboxConfig, InboxStore};
use shotengai_kernel::{Ports, UserId};
use shotengai_messaging::{Infrastructure, OUTBOX_SHARDS};
use shotengai_runtime::{Subject, TokenIssuer};
use shotengai_street::{MiniStack, free_port};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::door::{self, Addresses, Held};
use crate::local::{Local, workspace};
use crate::rights::Guards;
use crate::shop::{Person, Shop};
use crate::stack::{self, Outputs};
use crate::stream;
use crate::wait::until;

/// The administrator of every street under test.
pub const ADMIN_EMAIL: &str = "admin@shotengai.example";
/// The administrator's password.
pub const ADMIN_PASSWORD: &str = "correct horse battery staple";
/// The secret by which its services know each other.
pub const INTERNAL_TOKEN: &str = "internal-token-of-the-end-to-end-tests";
/// A proxy at which nobody listens: whoever uses it fails.
const NO_PROXY_HERE: &str = "http://127.0.0.1:9";
/// More than any test sends: nothing is to fall out of the inbox.
const MAILS: usize = 50_000;
/// Pause between reads of a shard. Each read of an unoptimised build and a local AWS costs some five milliseconds of processor
/// time, four shards are read whether anything comes or not, and tests run side by side: shorter pauses made up most of
/// what a test cost, and hurried nobody.
const STREAM_POLL_MS: &str = "100";
/// Shards of a street's stream: so many that events of one test come in several orders, and two bridges share them.
const SHARDS: &str = "4";
/// How long a process may take until it is ready, on a machine that other tests keep busy.
const READY_WITHIN: Duration = Duration::from_secs(40);

/// A street under test.
pub struct TestCluster {
    /// Adapters on the street's own account, to look behind the scenes.
    pub aws: Arc<Aws>,
    /// What was mailed.
    pub inbox: InboxStore,
    binary: PathBuf,
    account: String,
    database_url: String,
    smtp_url: String,
    // Ends before its folder goes.
    ministack: MiniStack,
    folder: TempDir,
    pub(crate) addresses: Addresses,
    pub(crate) guards: Guards,
    inbox_shutdown: CancellationToken,
}

/// A process of the binary, or with `E2E_DOOR=1` one for each of its roles. Killed when dropped.
pub struct Process {
    /// The base URL of its HTTP.
    pub url: String,
    /// The base URL of its health and metrics.
    pub health_url: String,
    pub(crate) name: String,
    /// The processes of its other roles.
    pub(crate) others: Vec<Process>,
    pub(crate) held: Option<Held>,
    log: PathBuf,
    child: Child,
}

/// The binary under test.
#[must_use]
pub fn binary() -> PathBuf {
    let path = std::env::var_os("SHOTENGAI_BIN")
        .map_or_else(|| workspace().join("target").join("debug").join("shotengai"), PathBuf::from);
    assert!(path.exists(), "{} is missing: run `make build` first", path.display());
    path
}

impl TestCluster {
    /// A provisioned street without processes.
    pub async fn provisioned() -> Self {
        Self::provisioned_by(&binary()).await
    }

    /// The same, of this program: with the roles that an application adds.
    pub async fn provisioned_by(binary: &Path) -> Self {
        Self::provisioned_with(binary, &[]).await
    }

    /// The same with these settings on top, when it is provisioned.
    pub async fn provisioned_with(binary: &Path, extra: &[(&str, &str)]) -> Self {
        let cluster = Self::empty(binary).await;
        if stack::is_on() {
            let _ = stack::deploy(&cluster, extra).await;
            return cluster;
        }
        let output = cluster.command(&["provision"]).envs(extra.iter().copied()).output().await.unwrap();
        assert!(output.status.success(), "provision: {}", String::from_utf8_lossy(&output.stderr));
        cluster
    }

    /// A street on the emitted CloudFormation stack, without processes, and what the stack says of itself.
    pub async fn deployed() -> (Self, Outputs) {
        let cluster = Self::empty(&binary()).await;
        let outputs = stack::deploy(&cluster, &[]).await;
        (cluster, outputs)
    }

    /// A street whose AWS has nothing.
    async fn empty(binary: &Path) -> Self {
        let local = Local::get();
        let ports = Ports::system();
        let folder = tempfile::Builder::new().prefix("street-").tempdir_in(local.folder()).unwrap();
        let ministack = local.aws(folder.path().join("aws")).await;
        let account = format!("{:012}", 100_000_000_000 + ports.random.below(900_000_000_000));
        let database_url = local.database(&format!("e2e_{account}")).await;
        let inbox = Inbox::bind(InboxConfig { max_messages: MAILS, ..InboxConfig::on_free_ports() })
            .unwrap_or_else(|error| panic!("{error}"));
        let smtp_url = format!("smtp://{}", inbox.smtp_addr());
        let store = inbox.store();
        let inbox_shutdown = CancellationToken::new();
        tokio::spawn(inbox.run(inbox_shutdown.clone()));
        let config = AwsConfig {
            local_account: Some(account.clone()),
            prefix: prefix(&account),
            ..AwsConfig::local(ministack.endpoint_url())
        };
        let aws = Arc::new(Aws::connect(config, ports).await);
        let key = shotengai_runtime::auth::generate_signing_key().unwrap();
        std::fs::write(folder.path().join("signing-key.pem"), key.expose_secret()).unwrap();
        Self {
            binary: binary.to_owned(),
            aws,
            inbox: store,
            account,
            database_url,
            smtp_url,
            ministack,
            folder,
            addresses: Addresses::default(),
            guards: Guards::default(),
            inbox_shutdown,
        }
    }

    /// The binary with this street's environment.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let key = self.folder.path().join("signing-key.pem");
        let mut command = Command::new(&self.binary);
        command
            .args(args)
            // What talks to the installation itself uses no proxy of the environment; nobody listens at this one.
            .env("HTTP_PROXY", NO_PROXY_HERE)
            .env("ALL_PROXY", NO_PROXY_HERE)
            .env("AWS_ENDPOINT_URL", self.endpoint_url())
            .env("AWS_ACCESS_KEY_ID", &self.account)
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "ap-northeast-1")
            .env("RESOURCE_PREFIX", prefix(&self.account))
            .env("DATABASE_URL", &self.database_url)
            .env("SMTP_URL", &self.smtp_url)
            // One person of a test orders as much as many do.
            .env("ORDER_MAX_PENDING", "0")
            .env("MAILS_PER_ADDRESS_A_DAY", "0")
            .env("ADMIN_EMAIL", ADMIN_EMAIL)
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("INTERNAL_TOKEN", INTERNAL_TOKEN)
            .env("JWT_SIGNING_KEY_FILE", key)
            .env("PRE_STOP_SECONDS", "0")
            .env("PUBLISH", stream::mode())
            .env("KINESIS_SHARDS", SHARDS)
            .env("BRIDGE_BUSY_POLL_MS", STREAM_POLL_MS)
            .env("BRIDGE_IDLE_POLL_MS", STREAM_POLL_MS)
            .env("BRIDGE_LEASE_SECONDS", "3")
            // What a process held that was killed, or had asked for when it ended, comes again the sooner.
            .env("CONSUMER_VISIBILITY_SECONDS", "10")
            .env("RATE_LIMIT_PER_SECOND", "0")
            .env("SIGN_IN_LIMIT_PER_MINUTE", "0")
            .env("CALLER_CONCURRENCY", "0")
            .env("CALLER_WEBSOCKETS", "0")
            .env("LOG_FORMAT", "pretty")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Starts `shotengai serve <roles>` on free ports and waits until it is ready.
    pub async fn serve(&self, roles: &str, extra: &[(&str, &str)]) -> Process {
        if door::is_on() {
            return self.serve_apart(roles, None, extra).await;
        }
        let (http, health) = (loopback(), loopback());
        self.serve_at(roles, http, health, extra).await
    }

    /// Starts a process on given addresses.
    pub async fn serve_at(&self, roles: &str, http: SocketAddr, health: SocketAddr, extra: &[(&str, &str)]) -> Process {
        if door::is_on() {
            return self.serve_apart(roles, Some((http, health)), extra).await;
        }
        let mut process = self.spawn(roles, http, health, extra);
        process.until_ready(READY_WITHIN).await;
        process
    }

    /// Starts one role as a process of its own, in either layout, with exactly these settings on top.
    pub async fn serve_one(&self, role: &str, extra: &[(&str, &str)]) -> Process {
        let mut process = self.spawn_one(role, extra);
        process.until_ready(READY_WITHIN).await;
        process
    }

    /// The same, and waits for nothing.
    #[must_use]
    pub fn spawn_one(&self, role: &str, extra: &[(&str, &str)]) -> Process {
        self.spawn(role, loopback(), loopback(), extra)
    }

    /// Where its roles are reached that have a process of their own.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Its local AWS.
    #[must_use]
    pub fn endpoint_url(&self) -> String {
        self.ministack.endpoint_url()
    }

    /// The process id of its local AWS.
    #[must_use]
    pub fn local_aws_id(&self) -> u32 {
        self.ministack.pid()
    }

    /// Its database.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Starts a process and waits for nothing.
    pub(crate) fn spawn(&self, roles: &str, http: SocketAddr, health: SocketAddr, extra: &[(&str, &str)]) -> Process {
        let log = self.folder.path().join(format!("{}-{}.log", roles.replace(',', "-"), http.port()));
        // Appended to, so that a restart on the same port keeps the story.
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let url = format!("http://{http}");
        let mut command = self.command(&["serve", roles]);
        command
            .env("HTTP_ADDR", http.to_string())
            .env("HEALTH_ADDR", health.to_string())
            .env("CATALOG_URL", &url)
            .env("STOREFRONT_URL", &url)
            .env("AWS_ENDPOINT_URL", self.guarded(roles, extra).unwrap_or_else(|| self.endpoint_url()))
            .envs(extra.iter().copied())
            .stdout(file.try_clone().unwrap())
            .stderr(file);
        let child = command.spawn().unwrap();
        Process {
            url,
            health_url: format!("http://{health}"),
            name: roles.to_owned(),
            others: Vec::new(),
            held: None,
            log,
            child,
        }
    }

    /// The street's account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// What stands before the names of its resources.
    #[must_use]
    pub fn prefix(&self) -> String {
        prefix(&self.account)
    }

    /// The key that signs this street's access tokens.
    #[must_use]
    pub fn signing_key(&self) -> SecretString {
        std::fs::read_to_string(self.folder.path().join("signing-key.pem")).unwrap().into()
    }

    /// An administrator whose access token lasts for longer than any test: one that signs in has to refresh it.
    #[must_use]
    pub fn administrator(&self) -> Person {
        let issuer = TokenIssuer::new(&self.signing_key(), "shotengai", Ports::system().clock).unwrap();
        let subject = Subject::administrator(UserId::parse("usr_administrator").unwrap());
        let token = issuer.issue(&subject, Duration::from_secs(24 * 3600)).unwrap();
        Person { token, user_id: subject.user_id.to_string() }
    }

    /// The shop behind a process.
    #[must_use]
    pub fn shop(&self, process: &Process) -> Shop {
        let shop = Shop::new(process.url.clone(), INTERNAL_TOKEN.to_owned());
        if door::is_on() { shop.with_ledger_at(self.ledger_of(process)) } else { shop }
    }

    /// The shop at another way to a process, such as a proxy.
    #[must_use]
    pub fn shop_at(&self, url: String) -> Shop {
        let shop = Shop::new(url, INTERNAL_TOKEN.to_owned());
        match self.addresses.given("billing") {
            Some(billing) => shop.with_ledger_at(billing),
            None => shop,
        }
    }

    /// How many messages are in dead-letter queues, by queue, empty ones left out.
    pub async fn dead_letters(&self) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        for name in SHOTENGAI.queues.iter().map(|queue| queue.dead_letters()) {
            let depth = self.aws.queue(&name).depth().await.unwrap_or_else(|fault| panic!("{name}: {fault}"));
            if depth.total() > 0 {
                found.push((name, depth.total()));
            }
        }
        found
    }

    /// Commits of a service that still carry the outbox marker.
    pub async fn unpublished_of(&self, owner: Owner) -> usize {
        let store = self.aws.event_store(owner);
        let mut count = 0;
        for shard in 0..OUTBOX_SHARDS {
            count += store.pending(shard, None, 1000).await.unwrap().0.len();
        }
        count
    }

    /// The same, over all services.
    pub async fn unpublished(&self) -> usize {
        let mut count = 0;
        for owner in Owner::ALL {
            count += self.unpublished_of(owner).await;
        }
        count
    }

    /// What every test of a whole story ends with: nothing rejected, nothing unpublished.
    pub async fn assert_tidy(&self) {
        assert_eq!(self.dead_letters().await, [], "dead letters");
        if stream::captured() {
            assert_eq!(self.unpublished().await, 0, "nothing is ever marked");
            stream::until_complete(self).await;
        }
        until("every marker is cleared", Duration::from_secs(20), || async {
            match self.unpublished().await {
                0 => Ok(()),
                left => Err(format!("{left} commits unpublished")),
            }
        })
        .await;
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        self.inbox_shutdown.cancel();
        let refused = self.guards.end().join("\n");
        if std::thread::panicking() {
            eprintln!("{refused}");
        } else {
            assert!(refused.is_empty(), "roles asked for what they have no right to:\n{refused}");
        }
    }
}

/// Every test installs under a prefix, as installations that share an account do.
fn prefix(account: &str) -> String {
    format!("t{account}-")
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()))
}

impl Process {
    /// Waits until it is ready, all of it.
    pub(crate) async fn until_ready(&mut self, within: Duration) {
        let deadline = tokio::time::Instant::now() + within;
        self.ready_by(deadline).await;
        for other in &mut self.others {
            other.ready_by(deadline).await;
        }
    }

    async fn ready_by(&mut self, deadline: tokio::time::Instant) {
        let (client, ready, name) =
            (direct_http().build().unwrap(), format!("{}/readyz", self.health_url), self.name.clone());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("serve {name} ended with {status}:\n{}", self.log_tail());
            }
            match client.get(&ready).send().await {
                Ok(answer) if answer.status().is_success() => return,
                _ if tokio::time::Instant::now() > deadline => {
                    panic!("serve {name} is not ready in time:\n{}", self.log_tail())
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// SIGKILL: nothing of the process runs after this. Where it is several, its door goes first.
    pub async fn kill(&mut self) {
        self.child.start_kill().unwrap();
        for other in &mut self.others {
            other.child.start_kill().unwrap();
        }
        self.child.wait().await.unwrap();
        self.held = None;
        for other in &mut self.others {
            other.child.wait().await.unwrap();
            other.held = None;
        }
    }

    /// SIGTERM; answers whether it ended well.
    pub async fn terminate(&mut self) -> bool {
        self.signal_end().await;
        for other in &self.others {
            other.signal_end().await;
        }
        let mut well = self.drained().await;
        for other in &mut self.others {
            well &= other.drained().await;
        }
        well
    }

    /// The same, without the processes of its other roles.
    pub async fn terminate_alone(&mut self) -> bool {
        self.signal_end().await;
        self.drained().await
    }

    async fn signal_end(&self) {
        let pid = self.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    async fn drained(&mut self) -> bool {
        let ended = tokio::time::timeout(Duration::from_secs(40), self.child.wait()).await;
        self.held = None;
        ended.expect("it drains within its bound").unwrap().success()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("still running")
    }

    /// Every process of it, by what it serves, with its process id.
    pub fn parts(&self) -> impl Iterator<Item = (&str, u32)> {
        std::iter::once(self).chain(&self.others).map(|process| (process.name.as_str(), process.id()))
    }

    /// The address of its HTTP, for a successor.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// The address of its health, for a successor.
    #[must_use]
    pub fn health(&self) -> SocketAddr {
        self.health_url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// Everything it logged.
    #[must_use]
    pub fn log(&self) -> String {
        let own = std::fs::read_to_string(&self.log).unwrap_or_default();
        self.others.iter().fold(own, |log, other| log + &other.log())
    }

    /// All of its metrics, in Prometheus' text form.
    pub async fn metrics(&self) -> String {
        let mut all = String::new();
        for process in std::iter::once(self).chain(&self.others) {
            all += &reqwest::get(format!("{}/metrics", process.health_url)).await.unwrap().text().await.unwrap();
        }
        all
    }

    /// What stands in those of its metrics that begin so.
    pub async fn metric(&self, begins: &str) -> Vec<f64> {
        let all = self.metrics().await;
        let lines = all.lines().filter(|line| line.starts_with(begins));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect()
    }

    /// Where the health of one of its roles is asked for.
    #[must_use]
    pub fn health_of(&self, role: &str) -> &str {
        self.others.iter().find(|other| other.name == role).map_or(&self.health_url, |other| &other.health_url)
    }

    /// The process of one of its roles, where each is a process of its own.
    #[must_use]
    pub fn of_role(&mut self, role: &str) -> Option<&mut Self> {
        if self.name == role {
            return Some(self);
        }
        self.others.iter_mut().find(|other| other.name == role)
    }

    pub(crate) fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let end = lines[lines.len().saturating_sub(60)..].join("\n");
            eprintln!("--- the end of what serve {} logged ---\n{end}", self.name);
        }
    }
}
