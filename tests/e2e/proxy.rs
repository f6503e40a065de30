//! The proxy does what its rules say, and the product's own adapters judge its errors as they would AWS's.

use std::sync::Arc;
use std::time::Duration;

use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::{queues, tables};
use shotengai_kernel::{AggregateId, Ports, Version};
use shotengai_messaging::ports::stream::StreamRecord;
use shotengai_messaging::{Condition, Fault, FaultKind, Infrastructure, Key, Message, Row, WriteError};
use shotengai_tests::proxy::{Action, Proxy, Rule, RuleHandle};
use shotengai_tests::test_cluster::TestCluster;
use shotengai_tests::wait::until;

const SOON: Duration = Duration::from_secs(20);

/// A provisioned street's account, through a proxy.
async fn behind_a_proxy() -> (TestCluster, Proxy, Aws) {
    let cluster = TestCluster::provisioned().await;
    let config = cluster.aws.config().clone();
    let proxy = Proxy::start(config.endpoint_url.as_deref().unwrap()).await;
    let aws = Aws::connect(AwsConfig { endpoint_url: Some(proxy.url()), ..config }, Ports::system()).await;
    (cluster, proxy, aws)
}

fn row(key: &str) -> Row {
    Row::new(Key::new(key, "row"), 1, serde_json::json!({"of": key}))
}

fn always(service: &'static str, action: Action) -> Rule {
    Rule::when(move |exchange| exchange.service == service).act(action)
}

/// One call on each service; what came of it.
async fn one_call_each(aws: &Aws) -> [(&'static str, Result<(), Fault>); 4] {
    let record = StreamRecord { key: "key".to_owned(), data: b"data".to_vec() };
    let message = [Message { body: "body".to_owned(), ..Message::default() }];
    let first =
        |answers: Result<Vec<Result<(), Fault>>, Fault>| answers.and_then(|all| all.into_iter().next().unwrap());
    [
        ("dynamodb", aws.table(tables::ORDER_PRICES.name).ping().await),
        ("kinesis", first(aws.stream_writer().put(&[record]).await)),
        ("sns", first(aws.topic().publish(&message).await)),
        ("sqs", first(aws.queue(queues::ORDER_DEADLINE.name).send(&message).await)),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_passes_and_its_errors_are_judged_rightly() {
    let (_cluster, proxy, aws) = behind_a_proxy().await;
    for (service, outcome) in one_call_each(&aws).await {
        assert!(outcome.is_ok(), "{service}: {outcome:?}");
    }
    let seen = proxy.seen();
    for operation in ["dynamodb.GetItem", "kinesis.PutRecords", "sns.PublishBatch", "sqs.SendMessageBatch"] {
        assert!(seen.contains_key(operation), "{operation}: {seen:?}");
    }
    for (action, kind) in [
        (Action::ServerError, FaultKind::Transient),
        (Action::Throttle, FaultKind::Throttled),
        (Action::AccessDenied, FaultKind::Denied),
        (Action::DropRequest, FaultKind::Transient),
    ] {
        let rule = proxy.rule(Rule::when(|_| true).act(action.clone()));
        for (service, outcome) in one_call_each(&aws).await {
            let fault = outcome.expect_err(service);
            assert_eq!(fault.kind(), kind, "{service} and {}: {fault}", action.name());
        }
        rule.remove();
    }
    for (service, outcome) in one_call_each(&aws).await {
        assert!(outcome.is_ok(), "{service} after the rules: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_happens_before_or_after_the_hold() {
    let (cluster, proxy, aws) = behind_a_proxy().await;
    let aws = Arc::new(aws);
    for (name, action, happened) in [("before", Action::Hold, false), ("after", Action::HoldAnswer, true)] {
        let rule = proxy.rule(Rule::when(move |exchange| exchange.mentions(name)).act(action));
        let writer = Arc::clone(&aws);
        let writing =
            tokio::spawn(
                async move { writer.table(tables::ORDER_PRICES.name).put(&row(name), Condition::Absent).await },
            );
        rule.until_hit(1, SOON).await;
        let seen = cluster.aws.table(tables::ORDER_PRICES.name).get(&row(name).key).await.unwrap();
        assert_eq!(seen.is_some(), happened, "{name}");
        assert!(!writing.is_finished(), "{name}: the answer is held");
        rule.release();
        // The SDK may have repeated what took long: then one of the two met the other.
        let answer = writing.await.unwrap();
        assert!(matches!(answer, Ok(()) | Err(WriteError::Condition(Some(_)))), "{name}: {answer:?}");
        assert!(cluster.aws.table(tables::ORDER_PRICES.name).get(&row(name).key).await.unwrap().is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_for_a_sender_who_gave_up_still_arrives_when_released_and_never_when_removed() {
    let (cluster, proxy, aws) = behind_a_proxy().await;
    let hold = |name: &'static str| -> RuleHandle {
        proxy.rule(Rule::when(move |exchange| exchange.mentions(name)).act(Action::Hold))
    };
    let (late, never) = (hold("late"), hold("never"));
    for (name, rule) in [("late", &late), ("never", &never)] {
        let table = aws.table(tables::ORDER_PRICES.name);
        let row = row(name);
        let writing = tokio::spawn(async move { table.put(&row, Condition::Absent).await });
        rule.until_hit(1, SOON).await;
        writing.abort();
    }
    never.remove();
    late.release();
    let table = cluster.aws.table(tables::ORDER_PRICES.name);
    until("the late write arrives", SOON, || async {
        table.get(&row("late").key).await.unwrap().ok_or("it has not come")
    })
    .await;
    assert!(table.get(&row("never").key).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_asked_for_again_and_the_write_happened_once() {
    let (_cluster, proxy, aws) = behind_a_proxy().await;
    let lost = proxy.rule(Rule::when(|exchange| exchange.is("dynamodb", "PutItem")).times(1).act(Action::LoseAnswer));
    let answer = aws.table(tables::ORDER_PRICES.name).put(&row("lost"), Condition::Absent).await;
    assert!(matches!(answer, Err(WriteError::Condition(Some(standing))) if *standing == row("lost")), "met itself");
    assert_eq!((lost.hits(), proxy.seen().get("dynamodb.PutItem").copied()), (1, Some(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_rule_decides_and_one_that_is_used_up_leaves_it_to_older_ones() {
    let (_cluster, proxy, aws) = behind_a_proxy().await;
    let older = proxy.rule(always("dynamodb", Action::AccessDenied));
    let newer = proxy.rule(Rule::when(|exchange| exchange.service == "dynamodb").times(1).act(Action::Throttle));
    let store = aws.event_store(Owner::Order);
    let id = AggregateId::parse("ord_1").unwrap();
    // The SDK repeats the throttled request by itself, and is denied then.
    let fault = store.load(&id, Version::ZERO).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Denied, "{fault}");
    assert_eq!((newer.hits(), older.hits()), (1, 1));
    older.remove();
    assert!(store.load(&id, Version::ZERO).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seed_decides_how_often_chance_strikes() {
    const CALLS: u32 = 400;
    let struck = async |seed| {
        // Nothing is forwarded here.
        let proxy = Proxy::start("http://127.0.0.1:1").await;
        let answer = |status| Action::Answer { status, body: String::new(), headers: Vec::new() };
        let _rest = proxy.rule(Rule::when(|_| true).act(answer(200)));
        let rule = proxy.rule(Rule::chance(seed, vec![(0.1, answer(500)), (0.2, Action::Throttle)]));
        for _ in 0..CALLS {
            reqwest::get(proxy.url()).await.unwrap();
        }
        rule.outcomes()
    };
    let outcomes = struck(7).await;
    assert_eq!(outcomes, struck(7).await);
    let share = |name| f64::from(u32::try_from(outcomes[name]).unwrap()) / f64::from(CALLS);
    assert!((share("answered") - 0.1).abs() < 0.06, "{outcomes:?}");
    assert!((share("throttled") - 0.2).abs() < 0.08, "{outcomes:?}");
    assert_eq!(outcomes.values().sum::<u64>(), u64::from(CALLS));
}
