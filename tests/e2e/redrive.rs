//! What was set aside for a cause from outside is redriven when the cause is gone, and its order completes.

use std::time::Duration;

use serde_json::{Value, json};

use shotengai_kernel::{OrderId, PaymentId};
use shotengai_messaging::ports::topic::PUBLISH_MAX_MESSAGES;
use shotengai_messaging::{Infrastructure, Message};
use shotengai_tests::customer::Customer;
use shotengai_tests::letters::Letter;
use shotengai_tests::proxy::{Action, Exchange, Proxy, Rule, RuleHandle};
use shotengai_tests::stream::captured;
use shotengai_tests::test_cluster::{Process, TestCluster};
use shotengai_tests::wait::until;

const WITHIN: Duration = Duration::from_secs(90);
const FEW_ATTEMPTS: [(&str, &str); 2] = [("CONSUMER_MAX_ATTEMPTS", "3"), ("CONSUMER_MAX_BACKOFF_SECONDS", "1")];

/// Starts one role behind a proxy, beside a process that has the others.
async fn serve_behind(cluster: &TestCluster, proxy: &Proxy, role: &str, others: &Process) -> Process {
    let url = proxy.url();
    let jwks = format!("{}/.well-known/jwks.json", others.url);
    let urls = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("CATALOG_URL", others.url.as_str()),
        ("STOREFRONT_URL", others.url.as_str()),
        ("JWKS_URL", jwks.as_str()),
    ];
    let settings: Vec<_> = urls.into_iter().chain(FEW_ATTEMPTS).collect();
    cluster.serve(role, &settings).await
}

/// Redrives all letters of a queue, as an operator does.
async fn redrive(cluster: &TestCluster, queue: &str) {
    let output = cluster.command(&["dead-letters", "redrive", queue]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// The same, waiting for what their consumer makes of them: what is said of the only one, and whether all is well.
async fn redrive_and_wait(cluster: &TestCluster, queue: &str, wait: &str) -> (Value, bool) {
    let args = ["dead-letters", "redrive", queue, "--wait", wait, "--output", "json"];
    let output = cluster.command(&args).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let mut said: Value = serde_json::from_str(&said)
        .unwrap_or_else(|error| panic!("{error}: {said}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!((&said["settled"], said["outcomes"].as_array().unwrap().len()), (&json!(1), 1), "{said}");
    (said["outcomes"][0].take(), output.status.success())
}

/// Puts a letter there, as its consumer set it aside before.
async fn put_again(cluster: &TestCluster, queue: &str, letter: &Letter) {
    let message = Message { body: letter.body.clone(), attributes: letter.attributes.clone(), ..Message::default() };
    assert!(cluster.aws.queue(queue).send(&[message]).await.unwrap()[0].is_ok());
}

/// What DynamoDB says of a request that is to blame itself: a permission that is missing would be the installation's fault,
/// and make no dead letter.
fn refused_for_good() -> Action {
    let body =
        json!({ "__type": "com.amazonaws.dynamodb.v20120810#InvalidRequestException", "message": "not this one" });
    let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.0".to_owned())];
    Action::Answer { status: 400, body: body.to_string(), headers }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_payment_could_not_be_written_completes_when_it_is_redriven() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,catalog,order,inventory,notification,tally,query,bridge", &[]).await;
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let mut billing = serve_behind(&cluster, &proxy, "billing", &others).await;
    let mut customer = Customer::enter(cluster.shop(&others)).await;
    customer.orders_one().await;
    customer.has_paid_for_all().await;

    // The order's id is only known once it is placed: until then every write waits.
    let closed = proxy.rule(Rule::when(|exchange| exchange.is_put()).act(Action::Hold));
    let unlucky = customer.orders_one().await;
    let payment = PaymentId::of_order(&OrderId::parse(&unlucky).unwrap());
    let own = payment.clone();
    let refused = proxy.rule(
        Rule::when(move |exchange| exchange.is_put() && exchange.mentions(payment.as_str())).act(refused_for_good()),
    );
    closed.remove();
    let lucky = customer.orders_one().await;
    customer.has_paid(&lucky).await;

    let letters = cluster.letters("billing-dlq", 1, WITHIN).await;
    let facts = &letters[0].facts;
    assert_eq!((facts.reason.as_str(), facts.consumer.as_str(), facts.attempts), ("exhausted", "billing", 3));
    assert!(facts.error.contains("dynamodb.PutItem") && facts.error.contains("InvalidRequestException"), "{facts:?}");
    assert!(letters[0].body.contains(&unlucky));
    assert_eq!(customer.looks_at(&unlucky).await["status"], "pending");
    assert_eq!(cluster.dead_letters().await, [("billing-dlq".to_owned(), 1)]);

    // The cause still stands: it dies again, and nothing is lost.
    let (dead, well) = redrive_and_wait(&cluster, "billing-dlq", "90s").await;
    assert_eq!((&dead["came"], &dead["reason"], well), (&json!("set_aside"), &json!("exhausted"), false), "{dead}");
    assert!(dead["error"].as_str().unwrap().contains("InvalidRequestException"), "{dead}");
    assert_eq!((&dead["attempts"], &dead["consumer"]), (&json!(3), &json!("billing")), "{dead}");
    let again = cluster.letters("billing-dlq", 1, WITHIN).await;
    assert_eq!((again[0].facts.reason.as_str(), &again[0].body), ("exhausted", &letters[0].body));

    refused.remove();
    let (handled, well) = redrive_and_wait(&cluster, "billing-dlq", "90s").await;
    assert_eq!((&handled["came"], well), (&json!("handled"), true), "{handled}");
    let authorized = json!({ "type": "PaymentAuthorized", "subject": own.as_str(), "version": 1 });
    assert_eq!((&handled["events"], &handled["consumer"]), (&json!([authorized]), &json!("billing")), "{handled}");
    customer.has_paid_for_all().await;

    // Sent once more it finds its own event, and changes nothing.
    put_again(&cluster, "billing-dlq", &again[0]).await;
    let (ignored, well) = redrive_and_wait(&cluster, "billing-dlq", "90s").await;
    assert_eq!(
        (&ignored["came"], &ignored["why"], well),
        (&json!("ignored"), &json!("already_applied"), true),
        "{ignored}"
    );
    assert_eq!(ignored["stands"], json!([authorized]), "{ignored}");

    // Nobody receives it: that is said, and not that all is well.
    billing.kill().await;
    put_again(&cluster, "billing-dlq", &again[0]).await;
    let args = ["dead-letters", "redrive", "billing-dlq", "--wait", "1s"];
    let output = cluster.command(&args).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("still waiting  nothing heard of it yet") && said.contains("1 still waiting"), "{said}");
    assert!(!output.status.success());
    let billing = serve_behind(&cluster, &proxy, "billing", &others).await;
    let captures = cluster.shop(&billing).ledger(&unlucky).await;
    assert_eq!(captures.iter().filter(|entry| entry["operation"] == "capture").count(), 1, "{captures:?}");
    cluster.assert_tidy().await;
}

/// Rules by which the topic refuses for good what mentions this order: entry by entry, as SNS does. The other entries of
/// such a batch fail for now, so that they are sent again.
fn topic_refuses(proxy: &Proxy, order: &str) -> Vec<RuleHandle> {
    let mut rules = Vec::new();
    for size in 1..=PUBLISH_MAX_MESSAGES {
        for place in 0..size {
            let order = order.to_owned();
            let is_such = move |exchange: &Exchange| {
                exchange.is("sns", "PublishBatch") && entries(exchange) == size && mentions(exchange, place, &order)
            };
            let headers = vec![("content-type".to_owned(), "text/xml".to_owned())];
            let answer = Action::Answer { status: 200, body: all_failed(size, place), headers };
            rules.push(proxy.rule(Rule::when(is_such).act(answer)));
        }
    }
    rules
}

fn entry_field(place: usize, field: &str) -> String {
    format!("PublishBatchRequestEntries.member.{}.{field}=", place + 1)
}

fn entries(exchange: &Exchange) -> usize {
    (0..).take_while(|place| exchange.mentions(&entry_field(*place, "Id"))).count()
}

fn mentions(exchange: &Exchange, place: usize, order: &str) -> bool {
    let start = entry_field(place, "Message");
    exchange.text().split('&').any(|field| field.starts_with(&start) && field.contains(order))
}

fn all_failed(size: usize, to_blame: usize) -> String {
    let entry = |place: usize| {
        let (code, blame) = if place == to_blame { ("InvalidParameter", true) } else { ("InternalError", false) };
        format!("<member><Id>{place}</Id><Code>{code}</Code><SenderFault>{blame}</SenderFault></member>")
    };
    let failed: String = (0..size).map(entry).collect();
    format!(
        "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Successful/>\
         <Failed>{failed}</Failed></PublishBatchResult></PublishBatchResponse>"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_the_topic_refused_completes_when_it_is_redriven_into_the_stream() {
    let cluster = TestCluster::provisioned().await;
    let others = cluster.serve("storefront,catalog,order,inventory,billing,notification,tally,query", &[]).await;
    let proxy = Proxy::start(&cluster.endpoint_url()).await;
    let bridge = serve_behind(&cluster, &proxy, "bridge", &others).await;
    let mut customer = Customer::enter(cluster.shop(&others)).await;
    customer.orders_one().await;
    customer.has_paid_for_all().await;

    let closed = proxy.rule(Rule::when(|exchange| exchange.is("sns", "PublishBatch")).act(Action::Hold));
    let unlucky = customer.orders_one().await;
    let refused = topic_refuses(&proxy, &unlucky);
    closed.remove();
    for _ in 0..3 {
        customer.orders_one().await;
    }
    let letters = cluster.letters("bridge-dlq", 1, WITHIN).await;
    let facts = &letters[0].facts;
    assert_eq!((facts.reason.as_str(), facts.consumer.as_str()), ("refused", "bridge"));
    assert!(facts.error.contains("InvalidParameter"), "{facts:?}");
    assert_eq!(letters[0].attributes.get("encoding"), None);
    // A captured change comes under a key of its table's choice.
    if !captured() {
        assert_eq!(letters[0].attributes["key"], unlucky);
    }
    for order in customer.orders.iter().filter(|order| **order != unlucky) {
        customer.has_paid(order).await;
    }
    until("the bridge says that it has set one aside", WITHIN, || async {
        let set_aside = bridge.metric("shotengai_bridge_records_total{outcome=\"set_aside\"").await;
        if set_aside == [1.0] { Ok(()) } else { Err(set_aside) }
    })
    .await;
    // Nobody has heard of it, the read model included.
    assert_eq!(customer.looks_at(&unlucky).await["status"], json!(404));
    assert_eq!(cluster.dead_letters().await, [("bridge-dlq".to_owned(), 1)]);

    refused.iter().for_each(RuleHandle::remove);
    redrive(&cluster, "bridge-dlq").await;
    customer.has_paid_for_all().await;
    cluster.assert_tidy().await;
}
