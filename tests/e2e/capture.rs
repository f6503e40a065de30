//! Change capture: how it is turned on and off, and the change from publishers to it.

use std::time::Duration;

use shotengai_contracts::Owner;
use shotengai_tests::shop::text;
use shotengai_tests::stream;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

/// Runs the binary with `PUBLISH` set so; answers what it said, both ways, if it ended with this code.
async fn say(cluster: &TestCluster, publish: &str, args: &[&str], code: i32) -> String {
    let output = cluster.command(args).env("PUBLISH", publish).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_capture_nothing_that_relies_on_it_starts_and_only_a_wish_ends_it() {
    let cluster = TestCluster::provisioned().await;
    say(&cluster, "outbox", &["provision", "--stop-capture"], 0).await;
    let refused = say(&cluster, "cdc", &["serve", "all"], 2).await;
    for owner in Owner::ALL {
        assert!(refused.contains(&format!("{}-events is off", owner.as_str())), "{refused}");
    }
    assert!(refused.contains("PUBLISH=cdc") && refused.contains("provision"), "{refused}");
    let missing = say(&cluster, "cdc", &["provision", "--check"], 1).await;
    assert_eq!(missing.matches("MISSING").count(), 4, "{missing}");
    say(&cluster, "outbox", &["provision", "--check"], 0).await;

    let provisioned = say(&cluster, "cdc", &["provision"], 0).await;
    assert!(provisioned.contains("4 created, 0 changed"), "{provisioned}");
    let again = say(&cluster, "cdc", &["provision"], 0).await;
    assert!(again.contains("0 created, 0 changed"), "{again}");
    say(&cluster, "cdc", &["provision", "--check"], 0).await;
    let status = say(&cluster, "outbox", &["status", "dynamodb"], 0).await;
    assert_eq!(status.matches("active").count(), 4, "{status}");

    // Neither provisioning for the outbox nor a slip of the hand ends what a running process may rely on.
    let kept = say(&cluster, "outbox", &["provision"], 0).await;
    assert!(kept.contains("0 created, 0 changed") && kept.contains("--stop-capture"), "{kept}");
    say(&cluster, "cdc", &["provision", "--stop-capture"], 2).await;
    say(&cluster, "cdc", &["provision", "--check"], 0).await;
    let ended = say(&cluster, "outbox", &["provision", "--stop-capture"], 0).await;
    assert_eq!(ended.matches("ended").count(), 4, "{ended}");
    let none = say(&cluster, "outbox", &["provision", "--stop-capture"], 0).await;
    assert_eq!(none.matches("absent").count(), 4, "{none}");
    say(&cluster, "cdc", &["serve", "catalog"], 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capture_that_is_ended_under_a_running_process_shows_in_its_health() {
    let cluster = TestCluster::provisioned().await;
    say(&cluster, "cdc", &["provision"], 0).await;
    let process = cluster.serve("catalog", &[("PUBLISH", "cdc")]).await;
    let ready =
        || async { reqwest::get(format!("{}/readyz", process.health_url)).await.unwrap().text().await.unwrap() };
    let first = ready().await;
    assert!(first.contains("catalog-events capture") && !first.contains("is off"), "{first}");
    say(&cluster, "outbox", &["provision", "--stop-capture"], 0).await;
    until("it says what is lost", Duration::from_secs(60), || async {
        let body = ready().await;
        if body.contains("catalog-events is off") { Ok(()) } else { Err(body) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_change_to_capture_markers_from_before_are_swept_and_both_at_once_double_nothing() {
    let cluster = TestCluster::provisioned().await;
    say(&cluster, "outbox", &["provision", "--stop-capture"], 0).await;
    // These go on as publishers through the change.
    let roles = "storefront,catalog,inventory,billing,notification,tally,query,bridge";
    let others = cluster.serve(roles, &[("PUBLISH", "outbox")]).await;
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let urls = [("CATALOG_URL", others.url.as_str()), ("STOREFRONT_URL", others.url.as_str()), ("JWKS_URL", &jwks)];
    let with = |more: &[(&'static str, &'static str)]| [more, &urls].concat();
    let stuck = with(&[("PUBLISH", "outbox"), ("KINESIS_STREAM_NAME", "no-such-stream")]);
    let mut publishing = cluster.serve("order", &stuck).await;
    let shop = cluster.shop(&others);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(Some("capture@example.com"), "ja").await;
    let early = text(&cluster.shop(&publishing).order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    publishing.kill().await;
    assert_eq!(cluster.unpublished_of(Owner::Order).await, 1, "the commit is durable and marked");

    say(&cluster, "cdc", &["provision"], 0).await;
    let captured = cluster.serve("order", &with(&[("PUBLISH", "cdc")])).await;
    let late = text(&cluster.shop(&captured).order(&guest, &[(&kinoko, 1)]).await.expect(202), "order_id");
    for order in [&late, &early] {
        until("the order ends paid", Duration::from_secs(90), || async {
            let answer = shop.get(&format!("/orders/{order}"), Some(&guest)).await;
            if answer.body["status"] == "paid" { Ok(()) } else { Err(answer) }
        })
        .await;
        let captures = shop.ledger(order).await.into_iter().filter(|entry| entry["operation"] == "capture").count();
        assert_eq!(captures, 1, "{order}");
    }
    until("the markers of before are off", Duration::from_secs(60), || async {
        match cluster.unpublished().await {
            0 => Ok(()),
            left => Err(left),
        }
    })
    .await;
    stream::until_complete(&cluster).await;
    let held = stream::held(&cluster).await.unwrap();
    assert!(held.values().any(|copies| *copies > 1), "what publishers put into the stream was captured too");
    assert_eq!(cluster.inbox.wait_for("to:capture@example.com", 4, Duration::from_secs(20)).await.unwrap().len(), 4);
    let stock = until("the read model has all of it", Duration::from_secs(20), || async {
        let body = shop.get(&format!("/products/{kinoko}"), None).await.body;
        if body["stock"] == 8 { Ok(body["stock"].clone()) } else { Err(body) }
    })
    .await;
    assert_eq!(stock, 8);
    assert_eq!(cluster.dead_letters().await, []);
}
