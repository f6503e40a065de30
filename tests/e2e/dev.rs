//! `shotengai dev`: the whole street by one command, and nothing left of it.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};
use shotengai_tests::dev::{DevPlace, alive};
use shotengai_tests::shop::{Shop, text};
use shotengai_tests::test_cluster::{ADMIN_EMAIL, ADMIN_PASSWORD};
use shotengai_tests::wait::until;
use tokio::time::Instant;

async fn get(url: &str) -> Result<String, reqwest::Error> {
    reqwest::get(url).await?.error_for_status()?.text().await
}

async fn until_mailed(place: &DevPlace, address: &str) {
    let url = format!("http://127.0.0.1:{}/api/v1/search?query=to:{address}", place.inbox);
    until("two mails are in the inbox", Duration::from_secs(20), || async {
        let found: Value = serde_json::from_str(&get(&url).await.unwrap()).unwrap();
        if found["messages_count"] == 2 { Ok(()) } else { Err(found) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_opens_a_street_that_sells_and_ctrl_c_leaves_nothing_of_it() {
    let place = DevPlace::new();
    let mut dev = place.open(&[]).await;
    let base = format!("http://127.0.0.1:{}", place.http);

    let page = get(&base).await.unwrap();
    assert!(page.to_lowercase().starts_with("<!doctype html"), "{page}");
    let listed: Value = serde_json::from_str(&get(&format!("{base}/products")).await.unwrap()).unwrap();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(6), "{listed}");
    get(&format!("http://127.0.0.1:{}/readyz", place.health)).await.unwrap();

    let shop = Shop::new(base, String::new());
    let guest = shop.guest(Some("dev@example.com"), "en").await;
    let order = text(&shop.order(&guest, &[("prod_kinoko", 2)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    until_mailed(&place, "dev@example.com").await;

    // It says how to sign in as administrator, and what becomes of an order.
    let login = json!({"email": "admin@example.com", "password": "admin123"});
    assert_eq!(shop.post("/auth/login", None, &login).await.status, 200);
    assert!(dev.output().contains("admin@example.com, password admin123"), "{}", dev.output());
    let short = format!("…{}", &order[order.len() - 6..]);
    until("a line tells that the order was paid, and one of each mail", Duration::from_secs(10), || async {
        let output = dev.output();
        let told = |what: &str, end: &str| {
            output.lines().any(|line| line.trim().starts_with(what) && line.contains(&short) && line.contains(end))
        };
        let all = told("order", "placed → paid, in ") && told("mail", "Your receipt for ¥400");
        if all { Ok(()) } else { Err(output) }
    })
    .await;
    // Whatever the ports are, `--local` finds them.
    for (args, says) in [
        (&["status", "--local"][..], "services   up"),
        (&["status", "kinesis", "--local"], "order-deadline-queue: delayed messages are reminders"),
        (&["rebuild", "read-models", "--check", "--local"], "rows differ"),
        (&["smoke", "--local"], "paid after"),
        (&["dead-letters", "list", "--local"], "no dead letters"),
    ] {
        let output = place.command(args).output().await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(says), "{args:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    let overview = place.command(&["status", "--local", "--output", "json"]).output().await.unwrap();
    let overview: Value = serde_json::from_slice(&overview.stdout).unwrap();
    assert_eq!(overview["services"][0]["ready"], json!(true), "{overview}");
    assert_eq!(overview["shards"].as_array().map(Vec::len), Some(2), "{overview}");

    let tree = dev.tree();
    assert!(tree.len() >= 5, "local AWS and PostgreSQL, each with a keeper, run below: {tree:?}");
    dev.signal("INT").await;
    assert_eq!(dev.ended().await.code(), Some(0), "{}", dev.output());
    assert!(dev.output().contains("The street is closed."), "{}", dev.output());
    let closed = place.command(&["status", "--local"]).output().await.unwrap();
    assert_eq!(closed.status.code(), Some(2), "{}", String::from_utf8_lossy(&closed.stdout));
    assert_eq!(alive(&tree), [0; 0], "processes");
    assert_eq!(place.taken(), [0; 0], "ports");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_of_a_developers_street_is_refused_by_name_elsewhere() {
    let place = DevPlace::new();
    let key = place.command(&["keygen"]).output().await.unwrap();
    std::fs::write(place.folder().join("key.pem"), key.stdout).unwrap();
    let serve = place
        .command(&["serve", "storefront"])
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", place.aws))
        .env("JWT_SIGNING_KEY_FILE", "key.pem")
        .env("INTERNAL_TOKEN", "internal-token-elsewhere")
        .env("ADMIN_EMAIL", "admin@example.com")
        .env("ADMIN_PASSWORD", "admin123")
        .output()
        .await
        .unwrap();
    let seed = place.command(&["seed", "--url", "http://shop.example"]).output().await.unwrap();
    for output in [serve, seed] {
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let lines: Vec<_> = said.lines().filter(|line| line.starts_with("shotengai: ")).collect();
        assert!(matches!(lines[..], [line] if line.contains("ADMIN_PASSWORD: must not be \"admin123\"")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_street_in_dollars_asks_a_dollars_price() {
    let place = DevPlace::new();
    let mut dev = place.open(&["--currency", "USD", "--quiet"]).await;
    let kinoko = get(&format!("http://127.0.0.1:{}/products/prod_kinoko", place.http)).await.unwrap();
    let kinoko: Value = serde_json::from_str(&kinoko).unwrap();
    assert_eq!((&kinoko["price"], &kinoko["currency"]), (&json!(2), &json!("USD")), "{kinoko}");
    dev.signal("INT").await;
    assert_eq!(dev.ended().await.code(), Some(0), "{}", dev.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_kill_the_next_start_on_the_same_ports_and_folder_is_open_within_ten_seconds() {
    let place = DevPlace::new();
    let mut first = place.open(&["--no-seed"]).await;
    let left = first.tree();
    first.signal("KILL").await;
    first.ended().await;
    let killed = Instant::now();
    let mut second = place.open(&["--no-seed"]).await;
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(10), "open after {took:?}");
    assert_eq!(alive(&left), [0; 0], "of the killed street");

    second.signal("TERM").await;
    assert_eq!(second.ended().await.code(), Some(0), "{}", second.output());
    assert_eq!(place.taken(), [0; 0], "ports");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_while_the_street_opens_closes_it() {
    let place = DevPlace::new();
    let mut dev = place.start(&[]);
    dev.until_said("Opening the street").await;
    let mut tree = dev.tree();
    dev.signal("INT").await;
    tree.extend(dev.tree());
    assert_eq!(dev.ended().await.code(), Some(0), "{}", dev.output());
    assert!(!dev.output().contains("The street is open"), "{}", dev.output());
    assert_eq!(alive(&tree), [0; 0], "processes");
    assert_eq!(place.taken(), [0; 0], "ports");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_port_in_use_is_named_with_its_flag_and_nothing_is_started() {
    let place = DevPlace::new();
    let listeners = [place.http, place.smtp].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    let output = place.dev(&[]).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for (port, flag) in [(place.http, "--http-port"), (place.smtp, "--smtp-port")] {
        assert!(said.contains(&format!("port {port} ")) && said.contains(flag), "{said}");
    }
    assert!(!said.contains("--aws-port"), "{said}");
    drop(listeners);
    assert_eq!(place.taken(), [0; 0], "ports");
    let run = place.folder().join(".local").join("run");
    assert!(!run.join("aws").exists() && !run.join("postgres").exists(), "a server was started");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_street_in_the_same_folder_is_refused() {
    let place = DevPlace::new();
    let mut first = place.open(&["--infra-only"]).await;
    let elsewhere = DevPlace::new();
    let output = elsewhere.dev(&[]).current_dir(place.folder()).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    let address = format!("a street is open here already: http://127.0.0.1:{}", place.aws);
    assert!(said.contains(&address), "{said}");
    first.signal("TERM").await;
    assert_eq!(first.ended().await.code(), Some(0), "{}", first.output());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_only_the_infrastructure_up_the_roles_run_beside_it() {
    let place = DevPlace::new();
    let mut infra = place.open(&["--infra-only"]).await;
    let output = infra.output();
    let database = output.split_whitespace().find(|word| word.starts_with("postgres://")).expect("its URL is shown");

    assert!(database.len() > "postgres://".len(), "{output}");

    // What is printed is all that roles need.
    let exports = output.lines().filter_map(|line| line.trim().strip_prefix("export ")?.split_once('='));
    let exports: Vec<_> = exports.map(|(name, value)| (name, value.trim_matches('\''))).collect();
    assert!(exports.len() >= 6, "{output}");
    let log = std::fs::File::create(place.folder().join("serve.log")).unwrap();
    let base = format!("http://127.0.0.1:{}", place.http);
    let mut roles = place
        .command(&["serve", "all"])
        .envs(exports.iter().copied())
        .env("INTERNAL_TOKEN", "internal-token-beside-infra")
        .env("ADMIN_EMAIL", ADMIN_EMAIL)
        .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
        .env("PRE_STOP_SECONDS", "0")
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let ready = format!("http://127.0.0.1:{}/readyz", place.health);
    until("the roles are ready", Duration::from_secs(40), || get(&ready)).await;

    let shop = Shop::new(base, "internal-token-beside-infra".to_owned());
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(Some("beside@example.com"), "ja").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    until_mailed(&place, "beside@example.com").await;
    assert!(shop.ledger(&order).await.iter().any(|entry| entry["amount"] == json!(200)), "one capture");

    let pid = roles.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    assert!(roles.wait().await.unwrap().success());
    infra.signal("INT").await;
    assert_eq!(infra.ended().await.code(), Some(0), "{}", infra.output());
    assert_eq!(place.taken(), [0; 0], "ports");
}
