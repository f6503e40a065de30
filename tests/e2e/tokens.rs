//! The token of a means of payment comes to billing, and stands nowhere else.

use shotengai_contracts::events::OrderPlaced;
use shotengai_contracts::payment::IntentKey;
use shotengai_contracts::topology::tables;
use shotengai_contracts::{Event, Owner};
use shotengai_messaging::{Condition, Infrastructure, Key, OUTBOX_SHARDS};
use shotengai_tests::intents::token_of;
use shotengai_tests::shop::{order_body, text};
use shotengai_tests::stream;
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::truth::{operations, types};

const TOKEN: &str = "tok_of_hanako_and_nobody_else";

async fn placed(cluster: &TestCluster, order: &str) -> OrderPlaced {
    let event = cluster.order(order).await[0].event().unwrap();
    let Event::OrderPlaced(placed) = event else { panic!("{event:?}") };
    placed
}

/// Every text in the event stores.
async fn committed_texts(cluster: &TestCluster) -> Vec<String> {
    let mut texts = Vec::new();
    for owner in Owner::ALL {
        for shard in 0..OUTBOX_SHARDS {
            let (commits, next) = cluster.aws.event_store(owner).scan(shard, None, 1000).await.unwrap();
            assert_eq!(next, None, "one page");
            texts.extend(commits.iter().map(|commit| commit.events.to_json()));
        }
    }
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_stands_in_its_intent_and_in_no_event_record_log_or_answer() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster
        .serve("all", &[("LOG", "info,shotengai_order=debug,shotengai_billing=debug,shotengai_messaging=debug")])
        .await;
    let shop = cluster.shop(&process);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(Some("hanako@example.com"), "en").await;
    let mut body = order_body(&[(&kinoko, 2)]);
    body["payment_token"] = TOKEN.into();
    let order = text(&shop.post("/orders", Some(&guest), &body).await.expect(202), "order_id");
    shop.until_status(&guest, &order, "paid").await;
    assert_eq!(operations(&shop.ledger(&order).await), ["authorize approved", "capture approved"]);
    stream::until_complete(&cluster).await;

    let placed = placed(&cluster, &order).await;
    assert_eq!(token_of(cluster.aws.as_ref(), &placed).await.unwrap().expose(), TOKEN);
    let history = shop.get(&format!("/orders/{order}/events"), Some(&guest)).await.expect(200);
    assert_eq!(history["items"][0]["data"].get("has_payment_token"), None, "{history}");
    let shown = shop.get(&format!("/orders/{order}"), Some(&guest)).await.expect(200);
    let (committed, streamed) = (committed_texts(&cluster).await, stream::texts(&cluster).await.unwrap());
    assert!(committed.len() >= 6 && streamed.len() >= 6, "{} {}", committed.len(), streamed.len());
    let answers = [history.to_string(), shown.to_string(), process.log()];
    for text in committed.iter().chain(&streamed).chain(&answers) {
        assert!(!text.contains(TOKEN) && !text.contains("\"payment_token\""), "{text}");
    }
    cluster.assert_tidy().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_intent_has_expired_is_cancelled_and_nothing_is_charged() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,catalog,order,inventory,notification,tally,query,bridge", &[]).await;
    let shop = cluster.shop(&others);
    let kinoko = shop.product(&shop.admin().await, "prod_kinoko", "きのこの山", 200, 10).await;
    let guest = shop.guest(None, "en").await;
    let mut body = order_body(&[(&kinoko, 2)]);
    body["payment_token"] = TOKEN.into();
    let order = text(&shop.post("/orders", Some(&guest), &body).await.expect(202), "order_id");
    let IntentKey { order_id, fingerprint } = IntentKey::of(&placed(&cluster, &order).await);
    let table = cluster.aws.table(tables::PAYMENT_INTENTS.name);
    table.delete(&Key::new(order_id.as_str(), fingerprint), Condition::Any).await.unwrap();

    let billing = cluster.serve("billing", &[]).await;
    let shown = shop.until_status(&guest, &order, "cancelled").await;
    assert_eq!(shown["reason"], "payment_declined", "{shown}");
    let (_, payment) = cluster.until_let_go(&cluster.shop(&billing), &order).await;
    assert_eq!(payment, ["PaymentDeclined"]);
    let declined = cluster.payment(&order).await;
    assert_eq!(types(&declined), ["PaymentDeclined"]);
    assert_eq!(declined[0].data["reason"], "payment_intent_missing");
    assert_eq!(operations(&cluster.shop(&billing).ledger(&order).await), ["void declined"]);
    cluster.assert_tidy().await;
}
