//! One trace from the request to the mail, and the numbers that every role shows.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;
use shotengai_contracts::topology::SHOTENGAI;
use shotengai_street::free_port;
use shotengai_tests::collector::{Collector, hex};
use shotengai_tests::shop::{order_body, text};
use shotengai_tests::stream::captured;
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;
use tokio::net::TcpListener;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT: &str = "00f067aa0ba902b7";

/// What a role's `/metrics` has at least, once an order is paid, if the role is a process of its own.
const ROLES: [(&str, &[&str]); 9] = [
    ("storefront", &[HTTP]),
    ("order", &[HTTP, SETTLED, PUBLISHED, AWS]),
    ("catalog", &[HTTP, PUBLISHED, AWS]),
    ("inventory", &[SETTLED, PUBLISHED, AWS]),
    ("billing", &[SETTLED, PUBLISHED, AWS]),
    ("notification", &[SETTLED, AWS]),
    ("tally", &[SETTLED, AWS]),
    ("query", &[HTTP, SETTLED, AWS]),
    ("bridge", &[BRIDGED, AWS]),
];
const HTTP: &str = "http_server_request_duration";
const SETTLED: &str = "shotengai_consumer_deliveries";
const PUBLISHED: &str = "shotengai_outbox_events";
const AWS: &str = "shotengai_aws_requests";
const BRIDGED: &str = "shotengai_bridge_records";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_trace_leads_from_the_request_through_nine_processes_to_the_mail() {
    let cluster = TestCluster::provisioned().await;
    let collector = Collector::start();
    let mut processes = serve_each(&cluster, &collector).await;
    let shop = cluster.shop(&processes["storefront"]);

    let admin = shop.admin().await;
    let product = json!({"product_id": "prod_kinoko", "name": "Kinoko", "description": "", "price": 200, "stock": 10});
    assert_eq!(shop.post("/products", Some(&admin), &product).await.status, 201);
    until("the product and its stock show", Duration::from_secs(30), || async {
        let answer = shop.get("/products/prod_kinoko", None).await;
        if answer.body["stock"] == 10 { Ok(()) } else { Err(answer) }
    })
    .await;
    let guest = shop.guest(Some("trace@example.com"), "en").await;

    let traceparent = format!("00-{TRACE}-{CLIENT}-01");
    let headers = [("traceparent", traceparent.as_str())];
    let body = order_body(&[("prod_kinoko", 2)]);
    let answer = shop.send(reqwest::Method::POST, "/orders", Some(&guest), &headers, Some(&body)).await;
    let order = text(&answer.unwrap().expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    let mails = cluster.inbox.wait_for("to:trace@example.com", 2, Duration::from_secs(20)).await.unwrap();
    assert_eq!(mails.len(), 2);
    for mail in mails {
        let source = String::from_utf8(cluster.inbox.source(&mail.id).unwrap()).unwrap();
        let header = source.lines().find_map(|line| line.strip_prefix("traceparent: "));
        assert!(header.is_some_and(|header| header.starts_with(&format!("00-{TRACE}-"))), "{source}");
    }
    for (role, names) in ROLES {
        assert_metrics(&processes[role], role, names).await;
    }
    cluster.assert_tidy().await;

    // What is not exported yet is flushed at the end.
    let ended = join_all(processes.values_mut().map(Process::terminate)).await;
    assert!(ended.iter().all(|well| *well), "every process ends well");
    for (role, process) in &processes {
        assert!(!process.log().contains(" ERROR "), "{role} has something to complain about");
    }
    assert_complete(&collector.trace(TRACE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_with_all_roles_shows_all_their_numbers() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "Kinoko", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let order = text(&shop.order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    assert_metrics(&process, "all", &[HTTP, SETTLED, PUBLISHED, AWS, BRIDGED]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_is_told_of_once_and_holds_nobody_up() {
    const EXPORTS: usize = 20;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let tried = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tried);
    // Takes each connection and ends it: what is exported gets no answer.
    let away = tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let cluster = TestCluster::provisioned().await;
    let often = ("OTEL_BSP_SCHEDULE_DELAY", "20");
    let mut process = cluster.serve("storefront", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint), often]).await;
    let shop = cluster.shop(&process);
    until("many exports have failed", Duration::from_secs(60), || async {
        assert_eq!(shop.get("/.well-known/jwks.json", None).await.status, 200);
        let tried = tried.load(Ordering::Relaxed);
        if tried >= EXPORTS { Ok(()) } else { Err(tried) }
    })
    .await;
    assert!(process.terminate().await, "it ends well");
    away.abort();
    let log = process.log();
    let told: Vec<_> = log.lines().filter(|line| line.contains("BatchSpanProcessor")).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("BatchSpanProcessor.ExportError"), "{told:#?}");
}

/// Each role as a process of its own.
async fn serve_each(cluster: &TestCluster, collector: &Collector) -> BTreeMap<&'static str, Process> {
    let addresses: BTreeMap<&str, SocketAddr> =
        ROLES.iter().map(|(role, _)| (*role, SocketAddr::from(([127, 0, 0, 1], free_port().unwrap())))).collect();
    let known = ["storefront", "order", "catalog", "inventory", "query", "tally"];
    let urls = known.map(|role| (format!("{}_URL", role.to_uppercase()), format!("http://{}", addresses[role])));
    let endpoint = collector.endpoint();
    let mut extra: Vec<_> = urls.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
    extra.push(("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint));
    let extra = &extra;
    let starting = addresses.iter().map(|(role, http)| {
        let health = SocketAddr::from(([127, 0, 0, 1], free_port().unwrap()));
        async move { (*role, cluster.serve_at(role, *http, health, extra).await) }
    });
    join_all(starting).await.into_iter().collect()
}

/// A number shows once what it counts has happened, which may be a moment after the last mail or read model.
async fn assert_metrics(process: &Process, role: &str, names: &[&str]) {
    let answer = reqwest::get(format!("{}/metrics", process.health_url)).await.unwrap();
    assert_eq!(answer.status(), 200, "{role}");
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain"), "{role}");
    until(&format!("{role} shows {names:?}"), Duration::from_secs(60), || async {
        let metrics = process.metrics().await;
        let shown = |name: &&str| metrics.lines().any(|line| line.starts_with(name));
        // Where tables stream themselves, nobody publishes.
        let shown = |name: &&str| if *name == PUBLISHED { shown(name) != captured() } else { shown(name) };
        if names.iter().all(shown) { Ok(()) } else { Err(metrics) }
    })
    .await;
}

/// Every hop is there, and no span's parent is missing.
fn assert_complete(trace: &[Span]) {
    let names: BTreeSet<&str> = trace.iter().map(|span| span.name.as_str()).collect();
    let hops = [
        "POST /orders",
        "POST order",
        "dynamodb.TransactWriteItems",
        "bridge publish",
        "sns.PublishBatch",
        "smtp send",
    ];
    for hop in hops {
        assert!(names.contains(hop), "no {hop} in {names:?}");
    }
    // Where tables stream themselves nobody else publishes; the trace goes on in the envelope all the same.
    for hop in ["outbox publish", "kinesis.PutRecords"] {
        assert_eq!(names.contains(hop), !captured(), "{hop} in {names:?}");
    }
    for queue in SHOTENGAI.subscribed_queues().map(|queue| queue.name) {
        let found = names.iter().any(|name| name.starts_with("process ") && name.ends_with(queue));
        assert!(found, "nothing processed from {queue} in {names:?}");
    }
    let ids: BTreeSet<String> = trace.iter().map(|span| hex(&span.span_id)).chain([CLIENT.to_owned()]).collect();
    for span in trace {
        assert!(ids.contains(&hex(&span.parent_span_id)), "the parent of {} is in no trace: {names:?}", span.name);
    }
}
