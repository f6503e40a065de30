//! A second set of read models is built, compared and exchanged while orders go on and everybody reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use shotengai_contracts::events::{ProductCreated, ProductPriceChanged};
use shotengai_contracts::{Event, Metadata, Owner};
use shotengai_kernel::{AggregateId, Currency, Money, Ports, ProductId, Version};
use shotengai_messaging::{CommitFactory, Infrastructure};
use shotengai_tests::shop::{Person, Shop};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::rebuild::sql;

const WITHIN: Duration = Duration::from_secs(60);
/// Events of each product of the past.
const EVENTS_EACH: usize = 10;

/// How many events the past has: some thousand, or as many as `E2E_REBUILD_EVENTS` says.
fn events() -> usize {
    std::env::var("E2E_REBUILD_EVENTS").map_or(3000, |events| events.parse().unwrap())
}

/// Runs a command about the sets; answers its exit code, and what it printed on each output.
async fn projections(cluster: &TestCluster, args: &[&str]) -> (Option<i32>, String, String) {
    let output = cluster.command(&[&["projections"], args].concat()).output().await.unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), said, complained)
}

async fn expect(cluster: &TestCluster, args: &[&str], code: i32, words: &str) -> String {
    let (ended, said, complained) = projections(cluster, args).await;
    assert_eq!(ended, Some(code), "{args:?}: {said}{complained}");
    assert!(said.contains(words) || complained.contains(words), "{words:?} is not in:\n{said}{complained}");
    said
}

/// Products with a past, straight into the event store. Their markers are taken off at once: without change capture they come
/// to nobody but a rebuild.
async fn past(cluster: &TestCluster, events: usize) {
    let (ports, store) = (Ports::system(), cluster.aws.event_store(Owner::Catalog));
    let factory = CommitFactory::new(ports.clone());
    let yen = |amount| Money::from_minor(amount, Currency::JPY).unwrap();
    futures::stream::iter(0..events / EVENTS_EACH)
        .for_each_concurrent(4, |number| {
            let (store, factory, ports) = (&store, &factory, &ports);
            async move {
                let product_id = ProductId::parse(&format!("prod_past{number:06}")).unwrap();
                let created = ProductCreated {
                    product_id: product_id.clone(),
                    name: format!("past {number}"),
                    names: Default::default(),
                    description: String::new(),
                    presentation: Default::default(),
                    price: yen(100),
                    stock: 0,
                };
                let mut all: Vec<Event> = vec![created.into()];
                let priced = |price| ProductPriceChanged {
                    product_id: product_id.clone(),
                    price: yen(price),
                    source_sequence: None,
                };
                all.extend((1..EVENTS_EACH).map(|step| priced(100 + i64::try_from(step).unwrap()).into()));
                let meta = Metadata::request(ports.ids.uuid_v7(), None);
                let commit = factory.commit(AggregateId::from(&product_id), Version::ZERO, &all, &meta).unwrap();
                let commits = [commit];
                // The same commit again is the same success.
                until("its commit is written", WITHIN, || store.append(&commits)).await;
                until("its marker is off", WITHIN, || async {
                    let cleared = store.clear_pending(&commits).await?;
                    cleared.into_iter().collect::<Result<Vec<_>, _>>()
                })
                .await;
            }
        })
        .await;
}

/// Reads until told to end; each must be answered well. Answers how many.
async fn keep_reading(shop: Shop, person: Person, end: Arc<AtomicBool>, count: Arc<AtomicUsize>) {
    while !end.load(Ordering::Relaxed) {
        let _ = shop.get("/products?limit=5", None).await.expect(200);
        let _ = shop.get("/products/prod_takenoko", None).await.expect(200);
        let _ = shop.get("/orders", Some(&person)).await.expect(200);
        count.fetch_add(3, Ordering::Relaxed);
    }
}

async fn status(cluster: &TestCluster) -> Value {
    serde_json::from_str(&expect(cluster, &["status", "--json"], 0, "").await).unwrap()
}

/// Builds a set, killed half-way and gone on with; answers how long both runs took.
async fn build_with_a_kill(cluster: &TestCluster) -> Duration {
    let begun = Instant::now();
    let mut killed = cluster.command(&["projections", "rebuild"]).spawn().unwrap();
    until("some of it is built", WITHIN, || async {
        let status = status(cluster).await;
        if status["progress"][0]["shards_done"].as_i64() > Some(0) { Ok(()) } else { Err(status) }
    })
    .await;
    let was_running = killed.try_wait().unwrap().is_none();
    killed.kill().await.unwrap();
    let before = begun.elapsed();
    let half = status(cluster).await;
    assert!(!was_running || half["phase"] == "building", "{half}");
    // Its lease has run out when the next one begins, which waits for that.
    sql(cluster, "UPDATE read_sets SET held_until = now()").await;
    let begun = Instant::now();
    let (code, said, complained) = projections(cluster, &["rebuild"]).await;
    assert_eq!(code, Some(0), "{said}{complained}");
    assert!(complained.contains("goes on where it was") || !was_running, "{complained}");
    before + begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_set_is_built_compared_and_exchanged_while_orders_go_on_and_no_read_fails() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    let admin = shop.admin().await;
    for (product, stock) in [("prod_kinoko", 1000), ("prod_takenoko", 500)] {
        shop.product(&admin, product, product, 200, stock).await;
    }
    let guest = shop.guest(None, "en").await;
    until("both are shown", WITHIN, || async {
        let answer = shop.get("/products/prod_takenoko", None).await;
        if answer.status.as_u16() == 200 { Ok(()) } else { Err(answer) }
    })
    .await;
    let events = events();
    past(&cluster, events).await;
    let (stop, end, reads) = (CancellationToken::new(), Arc::new(AtomicBool::new(false)), Arc::default());
    let ordering = tokio::spawn(shop.clone().keep_ordering(guest.clone(), "prod_takenoko".to_owned(), stop.clone()));
    let reading = tokio::spawn(keep_reading(shop.clone(), guest.clone(), Arc::clone(&end), Arc::clone(&reads)));
    // Their rows, which the projector was told of by nobody.
    let begun = Instant::now();
    let mend = cluster.command(&["rebuild", "read-models", "--only", "products"]).output().await.unwrap();
    assert!(mend.status.success());
    println!("the same events, where the rows stand: {:.1?}", begun.elapsed());

    expect(&cluster, &["switch"], 1, "there is no set beside").await;
    let took = build_with_a_kill(&cluster).await;
    let rate = events as f64 / took.as_secs_f64();
    println!("{events} events of the past, and those that came: {took:.1?}, {rate:.0} events/s, killed once");
    expect(&cluster, &["diff"], 0, "0 rows differ").await;
    expect(&cluster, &["switch"], 0, "switched: 0 rows differed").await;
    assert_eq!(status(&cluster).await["phase"], "kept");
    expect(&cluster, &["diff"], 0, "0 rows differ").await;
    expect(&cluster, &["rollback"], 0, "rolled back").await;
    expect(&cluster, &["switch"], 0, "switched").await;

    // As another release's projector wrote them.
    sql(&cluster, "UPDATE read_products SET search_text = 'old' WHERE product_id LIKE 'prod_past00000%'").await;
    let said = expect(&cluster, &["diff", "--json"], 1, "").await;
    let diff: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(diff["tables"][0]["columns"], serde_json::json!({ "search_text": 10 }), "{diff}");
    assert_eq!(diff["tables"][0]["different"], 10);

    let seen = reads.load(Ordering::Relaxed);
    until("reads go on", WITHIN, || async {
        let now = reads.load(Ordering::Relaxed);
        if now > seen + 10 { Ok(()) } else { Err(now) }
    })
    .await;
    end.store(true, Ordering::Relaxed);
    reading.await.unwrap();
    stop.cancel();
    let orders = ordering.await.unwrap();
    assert!(!orders.is_empty());
    for order in &orders {
        shop.until_status(&guest, order, "paid").await;
    }
    expect(&cluster, &["drop", "--yes"], 0, "dropped: the set that was the live one before").await;
    println!("{} reads, none failed; {} orders", reads.load(Ordering::Relaxed), orders.len());
    cluster.assert_tidy().await;
}

/// The commands of a section of operations.md, as they stand there.
fn commands_of(section: &str) -> Vec<Vec<String>> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, text) = page.split_once(&format!("### {section}\n")).unwrap();
    let text = text.split("\n### ").next().unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("shotengai "));
    let words = lines.map(|line| line.split('#').next().unwrap().split_whitespace().map(str::to_owned).collect());
    words.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_operators_page_do_what_it_says() {
    let cluster = TestCluster::provisioned().await;
    let all = cluster.serve("all", &[]).await;
    let shop = cluster.shop(&all);
    shop.product(&shop.admin().await, "prod_kinoko", "Kinoko", 200, 10).await;
    cluster.assert_tidy().await;
    let commands = commands_of("Read models built anew beside the live ones");
    let second: Vec<_> = commands.iter().map(|command| command[1].as_str()).collect();
    assert_eq!(second, ["rebuild", "status", "diff", "switch", "rollback", "drop"]);
    for command in &commands {
        let args: Vec<_> = command.iter().map(String::as_str).collect();
        expect(&cluster, &args[1..], 0, "").await;
        assert_eq!(shop.get("/products/prod_kinoko", None).await.expect(200)["name"], "Kinoko");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_done_to_sets_is_said_in_one_line() {
    let cluster = TestCluster::provisioned().await;
    expect(&cluster, &["status"], 1, "the read models have no tables read_products").await;
    let nobody = format!("postgres://shop:hunter2@127.0.0.1:{}/nothing", shotengai_street::free_port().unwrap());
    for (url, why) in [("", "DATABASE_URL: is not set"), ("postgres://[hunter2", "DATABASE_URL"), (&nobody, "postgres")]
    {
        let mut command = cluster.command(&["projections", "rebuild", "--connect-within-seconds", "0"]);
        let output = command.env("DATABASE_URL", url).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(why) && !said.contains("hunter"), "{said}");
    }
    let other = cluster.command(&["projections", "rebuild"]).env("RESOURCE_PREFIX", "nobody-has-").output().await;
    let output = other.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.contains("ResourceNotFound"), "{said}");
    for command in ["switch", "rollback", "diff"] {
        let (code, _, complained) = projections(&cluster, &[command]).await;
        assert_eq!((code, complained.lines().count()), (Some(1), 1), "{complained}");
    }
    for (args, words) in [(&["drop"][..], "--yes"), (&["switch", "--within-seconds", "0"], "within-seconds"), (&[], "")]
    {
        let (code, _, complained) = projections(&cluster, args).await;
        assert!(code == Some(2) && complained.contains(words), "{args:?}: {complained}");
    }
}
