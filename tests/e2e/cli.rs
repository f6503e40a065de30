//! What operators do on the command line.

use std::net::{SocketAddr, TcpListener};
use std::process::{Output, Stdio};
use std::time::Duration;

use shotengai_aws::admin::{Outcome, SubscriptionSpec};
use shotengai_tests::service::Service;
use shotengai_tests::test_cluster::TestCluster;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

/// What a run of the binary said and how it ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Said {
    /// Both outputs, if it ended with this code.
    fn expect(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        self.out + &self.err
    }
}

async fn say(mut command: Command) -> Said {
    command.output().await.unwrap().into()
}

async fn run(cluster: &TestCluster, args: &[&str]) -> Said {
    say(cluster.command(args)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn provisioning_twice_at_once_and_again_leaves_one_set_of_resources() {
    let cluster = TestCluster::provisioned().await;
    let refused = run(&cluster, &["provision", "--destroy"]).await.expect(2);
    assert!(refused.contains("--yes"), "{refused}");
    run(&cluster, &["provision", "--check"]).await.expect(0);

    let gone = run(&cluster, &["provision", "--destroy", "--yes"]).await.expect(0);
    assert!(gone.contains("deleted") && !gone.contains("absent"), "{gone}");
    let nothing = run(&cluster, &["provision", "--check"]).await.expect(1);
    assert!(!nothing.contains("found "), "{nothing}");

    let (one, other) = tokio::join!(run(&cluster, &["provision"]), run(&cluster, &["provision"]));
    one.expect(0);
    other.expect(0);
    let third = run(&cluster, &["provision"]).await.expect(0);
    assert!(third.contains("0 created, 0 changed"), "{third}");
    let all = run(&cluster, &["provision", "--check"]).await.expect(0);
    assert!(all.contains(" 0 missing"), "{all}");

    assert!(cluster.aws.admin().delete_queue("billing-queue").await.unwrap());
    let missing = run(&cluster, &["provision", "--check"]).await.expect(1);
    let named: Vec<_> = missing.lines().filter(|line| line.starts_with("MISSING")).collect();
    assert!(named.iter().any(|line| line.ends_with("billing-queue")), "{missing}");
    assert!(named.iter().all(|line| line.contains("billing-queue")), "{missing}");
    let repaired = run(&cluster, &["provision"]).await.expect(0);
    assert!(repaired.contains("created"), "{repaired}");
    run(&cluster, &["provision", "--check"]).await.expect(0);

    the_filter_of_a_subscription_is_looked_at(&cluster).await;

    let stores = run(&cluster, &["status", "dynamodb"]).await.expect(0);
    assert!(["order", "catalog", "inventory", "billing"].iter().all(|owner| stores.contains(owner)), "{stores}");
    let stream = run(&cluster, &["status", "kinesis"]).await.expect(0);
    assert!(stream.contains("shardId-") && stream.contains("notification-queue"), "{stream}");
    assert!(stream.contains("order-deadline-queue"), "{stream}");
}

/// As an earlier release left it: SNS drops what the newer one waits for, and after a change it takes its time.
async fn the_filter_of_a_subscription_is_looked_at(cluster: &TestCluster) {
    let earlier = SubscriptionSpec {
        queue: "billing-queue".to_owned(),
        event_types: vec!["OrderConfirmed", "OrderOfOld"],
        dead_letters: "billing-dlq".to_owned(),
    };
    assert_eq!(cluster.aws.admin().ensure_subscription(&earlier).await.unwrap(), Outcome::Changed);
    let differs = run(cluster, &["provision", "--check"]).await.expect(1);
    let line = differs.lines().find(|line| line.starts_with("DIFFERS")).expect("it is named");
    assert!(line.contains("billing-queue: lacks ") && line.contains("OrderPlaced"), "{line}");
    assert!(line.ends_with("has OrderOfOld beyond"), "{line}");
    assert!(differs.contains("up to 15 minutes more"), "{differs}");

    let repaired = run(cluster, &["provision"]).await.expect(0);
    assert!(repaired.contains("1 subscriptions changed: SNS may take until 20"), "{repaired}");
    let all = run(cluster, &["provision", "--check"]).await.expect(0);
    assert!(!all.contains("DIFFERS") && !all.contains("minutes"), "{all}");
    let again = run(cluster, &["provision"]).await.expect(0);
    assert!(!again.contains("SNS may take"), "{again}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_configuration_is_named_whole_and_keeps_its_secrets() {
    let cluster = TestCluster::provisioned().await;
    let bad = [
        ("AWS_ENDPOINT_URL", "ftp://somewhere"),
        ("DATABASE_URL", "postgres://user:hunter2@host:notaport/db"),
        ("INTERNAL_TOKEN", "hunter3"),
        ("CURRENCY", "ZZZZ"),
        ("HTTP_ADDR", "nowhere"),
        ("DRAIN_SECONDS", "soon"),
        ("JWT_SIGNING_KEY_FILE", "/no/such/file"),
        ("PUBLISH", "pigeon"),
        ("JWT_SECRET", "hunter4"),
        ("DYNAMODB_TABLE_NAME", "events"),
    ];
    let mut command = cluster.command(&["serve", "all"]);
    command.envs(bad);
    let said = say(command).await;
    assert_eq!(said.out, "");
    let said = said.expect(2);
    for (name, _) in bad {
        assert!(said.contains(name), "{name} is not named: {said}");
    }
    assert!(!said.contains("hunter"), "{said}");

    // Roles' own settings, once the shared ones are good.
    let mut command = cluster.command(&["serve", "all"]);
    command.env("SMTP_URL", "smtp://user:hunter5@host?tls=perhaps").env_remove("DATABASE_URL");
    let said = say(command).await.expect(2);
    assert!(said.contains("SMTP_URL") && said.contains("DATABASE_URL"), "{said}");
    assert!(!said.contains("hunter"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_in_use_is_named_with_its_flag() {
    let cluster = TestCluster::provisioned().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap();
    for (name, flag) in [("HTTP_ADDR", "--http-addr"), ("HEALTH_ADDR", "--health-addr")] {
        let mut command = cluster.command(&["serve", "all"]);
        command.env("HTTP_ADDR", "127.0.0.1:0").env("HEALTH_ADDR", "127.0.0.1:0").env(name, taken.to_string());
        let said = say(command).await.expect(2);
        assert!(said.contains(&taken.to_string()) && said.contains(flag), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn help_version_and_keys_need_no_installation() {
    let cluster = TestCluster::provisioned().await;
    let version = run(&cluster, &["--version"]).await.expect(0);
    assert!(version.starts_with("shotengai ") && version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    let help = run(&cluster, &["serve", "--help"]).await.expect(0);
    for name in ["DATABASE_URL", "SMTP_URL", "INTERNAL_TOKEN", "OTEL_EXPORTER_OTLP_ENDPOINT"] {
        assert!(help.contains(name), "{help}");
    }
    let unknown = run(&cluster, &["serve", "baker"]).await.expect(2);
    assert!(unknown.contains("baker") && unknown.contains("bridge"), "{unknown}");
    let keys = [run(&cluster, &["keygen"]).await.expect(0), run(&cluster, &["keygen"]).await.expect(0)];
    assert!(keys[0].starts_with("-----BEGIN PRIVATE KEY-----"), "a PEM");
    assert_ne!(keys[0], keys[1]);
}

/// Runs it against this address, behind which nothing answers until it has said that it waits.
async fn behind_a_late_door(mut command: Command, door: &Service, endpoint: SocketAddr) -> Said {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    tokio::time::timeout(Duration::from_secs(60), err.read_line(&mut first))
        .await
        .expect("it says that it waits")
        .unwrap();
    door.add(endpoint);
    let mut rest = String::new();
    let (read, output) = tokio::join!(err.read_to_string(&mut rest), child.wait_with_output());
    read.unwrap();
    let said = Said::from(output.unwrap());
    Said { err: first + &rest, ..said }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_begins_in_a_pod_waits_for_the_network_and_says_so_once() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop: SocketAddr = all.url.strip_prefix("http://").unwrap().parse().unwrap();
    let aws: SocketAddr = cluster.endpoint_url().strip_prefix("http://").unwrap().parse().unwrap();
    for (args, endpoint, done) in [
        (["seed"], shop, "products on sale: "),
        (["smoke"], shop, "paid after "),
        (["provision"], aws, "0 created, 0 changed"),
        (["status"], aws, "order"),
    ] {
        let door = Service::start().await;
        let mut command = cluster.command(&args);
        let url = if endpoint == aws { "AWS_ENDPOINT_URL" } else { "SHOTENGAI_URL" };
        command.env(url, door.url());
        let said = behind_a_late_door(command, &door, endpoint).await;
        assert_eq!(said.err.matches("trying again for").count(), 1, "{args:?}: {}", said.err);
        assert!(said.out.contains(done), "{args:?}: {}{}", said.out, said.err);
        said.expect(0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_that_stays_shut_is_named_when_the_time_is_up() {
    let cluster = TestCluster::provisioned().await;
    let door = Service::start().await;
    for args in [
        ["seed", "--within-seconds", "4"],
        ["smoke", "--within-seconds", "4"],
        ["provision", "--connect-within-seconds", "4"],
    ] {
        let mut command = cluster.command(&args);
        command.env("SHOTENGAI_URL", door.url()).env("AWS_ENDPOINT_URL", door.url());
        let said = say(command).await;
        assert_eq!(said.err.matches("trying again for").count(), 1, "{args:?}: {}", said.err);
        let last = said.err.lines().last().unwrap().to_owned();
        said.expect(2);
        let named = if args[0] == "provision" { "(transient)".to_owned() } else { door.url() };
        assert!(last.contains(&named), "{args:?}: {last}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_smoke_test_buys_something_and_says_why_it_can_not() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let smoke = |more: &[&str]| {
        let args = [&["smoke", "--url", all.url.as_str(), "--within-seconds", "60"], more].concat();
        cluster.command(&args)
    };
    let said = say(smoke(&[])).await.expect(2);
    assert!(said.contains("nothing is in stock"), "{said}");
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    shop.product(&admin, "prod_smoke", "Smoked tofu", 100, 10).await;
    let said = say(smoke(&[])).await.expect(0);
    assert!(said.contains("ordered one prod_smoke") && said.contains("paid after"), "{said}");
    let said = say(smoke(&["--product", "prod_nobody_sells"])).await.expect(2);
    assert!(said.contains("can't place an order") && said.contains("prod_nobody_sells"), "{said}");
}
