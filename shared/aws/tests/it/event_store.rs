//! What the event store's contract does not say: how items look, and what lost answers do.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use shotengai_aws::admin::StreamSpec;
use shotengai_aws::{Aws, AwsConfig};
use shotengai_contracts::Owner;
use shotengai_contracts::topology::STREAM;
use shotengai_kernel::{AggregateId, Version};
use shotengai_messaging::{
    AppendError, Commit, CommitMark, EventStore, FaultKind, Guard, Infrastructure, OUTBOX_SHARDS, Snapshot,
};
use tracing::instrument::WithSubscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::local::{account, account_through, account_with_store, commit, connect, endpoint, make_store};
use crate::lossy::Lossy;

type Item = HashMap<String, AttributeValue>;

/// A plain client on the same account.
pub(crate) fn raw(aws: &Aws) -> aws_sdk_dynamodb::Client {
    let account = aws.config().local_account.clone().unwrap();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(endpoint())
        .region(Region::new(aws.config().region.clone()))
        .credentials_provider(Credentials::new(account, "test", None, None, "test"))
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_happens_once_and_succeeds() {
    let lossy = Lossy::before(&endpoint()).await;
    let aws = account_through(lossy.endpoint()).await;
    make_store(&aws).await;
    let store = aws.event_store(Owner::Catalog);

    let one = commit("prod_1", 0);
    lossy.lose(2);
    store.append(std::slice::from_ref(&one)).await.unwrap();
    assert_eq!(lossy.left(), 0);

    let many = [commit("prod_2", 0), commit("prod_3", 0)];
    lossy.lose(1);
    store.append(&many).await.unwrap();
    assert_eq!(lossy.left(), 0);

    for commit in [&one, &many[0], &many[1]] {
        let found = store.load(&commit.aggregate_id, Version::ZERO).await.unwrap();
        assert_eq!(found.iter().map(|found| found.commit_id).collect::<Vec<_>>(), [commit.commit_id]);
    }
    // A caller that gave up may send the very same commits again, together or not.
    store.append(&many).await.unwrap();
    let rival = commit("prod_1", 0);
    let refused = store.append(&[rival, commit("prod_4", 0)]).await;
    assert!(matches!(refused, Err(AppendError::Conflict { indexes }) if indexes == [0]));
    assert!(store.load(&AggregateId::parse("prod_4").unwrap(), Version::ZERO).await.unwrap().is_empty());
}

#[tokio::test]
async fn commits_in_one_request_whose_answer_was_lost_happen_once_and_are_told_apart() {
    let lossy = Lossy::before(&endpoint()).await;
    let aws = account_through(lossy.endpoint()).await;
    make_store(&aws).await;
    let store = aws.event_store(Owner::Catalog);
    let standing = commit("prod_7", 0);
    store.append(std::slice::from_ref(&standing)).await.unwrap();

    let mut commits: Vec<_> = (0..20).map(|index| commit(&format!("prod_{index}"), 0)).collect();
    lossy.lose(2);
    let answers = store.append_each(&commits).await.unwrap();
    assert_eq!(lossy.left(), 0);
    for (index, (commit, answer)) in commits.iter().zip(answers).enumerate() {
        let found = store.load(&commit.aggregate_id, Version::ZERO).await.unwrap();
        let ids: Vec<_> = found.iter().map(|found| found.commit_id).collect();
        if index == 7 {
            assert!(matches!(answer, Err(AppendError::Conflict { indexes }) if indexes == [0]));
            assert_eq!(ids, [standing.commit_id]);
        } else {
            answer.unwrap();
            assert_eq!(found, std::slice::from_ref(commit), "as a single put writes it");
        }
    }
    // A caller that gave up may send the very same commits again, in any order or alone.
    commits.reverse();
    let again = store.append_each(&commits).await.unwrap();
    assert_eq!(again.iter().filter(|answer| answer.is_ok()).count(), 19);
    store.append(&commits[..1]).await.unwrap();

    let items = raw(&aws).scan().table_name("catalog-events").send().await.unwrap().items.unwrap();
    let names = |item: &Item| item.keys().cloned().collect::<BTreeSet<_>>();
    let put = items.iter().find(|item| item["aggregate_id"] == AttributeValue::S("prod_7".to_owned())).unwrap();
    assert!(items.len() == 20 && items.iter().all(|item| names(item) == names(put)), "inserts and puts look the same");
}

#[tokio::test]
async fn a_missing_table_is_the_fault_of_no_statement() {
    let store = account().await.event_store(Owner::Order);
    let answers = store.append_each(&[commit("prod_1", 0), commit("prod_2", 0)]).await.unwrap();
    let denied = |answer: &Result<(), AppendError>| matches!(answer, Err(AppendError::Fault(fault)) if fault.kind() == FaultKind::Denied);
    assert!(answers.len() == 2 && answers.iter().all(denied), "{answers:?}");
}

#[tokio::test]
async fn a_guarded_append_is_refused_once_a_guarded_aggregate_has_moved() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let judged = AggregateId::parse("prod_judged").unwrap();
    let guards = [Guard { aggregate_id: judged.clone(), version: Version::ZERO }];
    let (one, many) = (commit("prod_1", 0), [commit("prod_2", 0), commit("prod_3", 0)]);
    store.append_guarded(std::slice::from_ref(&one), &guards).await.unwrap();
    assert!(store.load(&judged, Version::ZERO).await.unwrap().is_empty(), "a guard writes nothing");
    store.append(&[commit("prod_judged", 0)]).await.unwrap();

    let refused = store.append_guarded(&many, &guards).await;
    assert!(matches!(refused, Err(AppendError::Conflict { indexes }) if indexes == [2]));
    assert!(store.load(&many[0].aggregate_id, Version::ZERO).await.unwrap().is_empty());
    // What has happened is a success, whatever moved since.
    store.append_guarded(std::slice::from_ref(&one), &guards).await.unwrap();
    let after = [Guard { aggregate_id: judged, version: Version::new(1) }];
    store.append_guarded(&many, &after).await.unwrap();
}

#[tokio::test]
async fn an_item_carries_its_marker_until_the_stream_has_it() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let commit = commit("prod_1", 0);
    store.append(std::slice::from_ref(&commit)).await.unwrap();

    let items = raw(&aws).scan().table_name(Owner::Catalog.events_table()).send().await.unwrap().items.unwrap();
    let item = items.first().unwrap();
    let shard = format!("{:02x}", commit.index_shard());
    assert_eq!(item["aggregate_id"], AttributeValue::S("prod_1".to_owned()));
    assert_eq!(item["version"], AttributeValue::N("1".to_owned()));
    assert_eq!(item["gsi1pk"], AttributeValue::S(format!("EVENTS#{shard}")));
    assert_eq!(item["outbox"], AttributeValue::S(shard));
    let created_at = item["created_at"].as_s().unwrap();
    assert!(created_at.len() == "2026-01-01T00:00:00.000000Z".len() && created_at.ends_with('Z'), "{created_at}");

    let cleared = store.clear_pending(&[commit.clone(), commit]).await.unwrap();
    assert!(cleared.len() == 2 && cleared.iter().all(Result::is_ok));
    let items = raw(&aws).scan().table_name(Owner::Catalog.events_table()).send().await.unwrap().items.unwrap();
    let mut unmarked = item.clone();
    unmarked.remove("outbox");
    assert_eq!(items, [unmarked]);
}

/// What a newer release may have written: an attribute of the item, and one of its event, that nobody here knows.
async fn newer(aws: &Aws, commit: &Commit) -> Item {
    let store = aws.event_store(Owner::Catalog);
    store.append(std::slice::from_ref(commit)).await.unwrap();
    let items = raw(aws).scan().table_name("catalog-events").send().await.unwrap().items.unwrap();
    let key = AttributeValue::S(commit.aggregate_id.to_string());
    let mut item = items.into_iter().find(|item| item["aggregate_id"] == key).unwrap();
    let events = item["events"].as_s().unwrap().replacen("[{", "[ {\"shelf\": 1.50,", 1);
    item.insert("events".to_owned(), AttributeValue::S(events));
    item.insert("region".to_owned(), AttributeValue::S("東".to_owned()));
    raw(aws).put_item().table_name("catalog-events").set_item(Some(item.clone())).send().await.unwrap();
    item
}

/// The marked commits of a shard, read in pages of `limit`.
async fn pages(store: &Arc<dyn EventStore>, shard: u8, limit: usize) -> Vec<Commit> {
    let (mut commits, mut from) = (Vec::new(), None);
    loop {
        let (page, next) = store.pending(shard, from, limit).await.unwrap();
        commits.extend(page);
        from = next;
        if from.is_none() {
            return commits;
        }
    }
}

#[tokio::test]
async fn what_a_newer_release_wrote_is_published_as_it_stands_and_keeps_everything_but_its_marker() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let commit = commit("prod_1", 0);
    let mut item = newer(&aws, &commit).await;
    let pending = pages(&store, commit.index_shard(), 10).await;
    let [found] = pending.as_slice() else { panic!("{pending:?}") };
    assert_eq!(format!("[ {}]", found.events.texts()[0]), *item["events"].as_s().unwrap());

    assert!(store.clear_pending(&pending).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(pages(&store, commit.index_shard(), 10).await, []);
    item.remove("outbox");
    let items = raw(&aws).scan().table_name("catalog-events").send().await.unwrap().items.unwrap();
    assert_eq!(items, [item]);
}

#[tokio::test]
async fn an_item_that_is_gone_or_another_s_is_not_written_by_taking_a_marker_off() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let (gone, replaced, standing) = (commit("prod_1", 0), commit("prod_2", 0), commit("prod_2", 0));
    store.append(std::slice::from_ref(&standing)).await.unwrap();
    let cleared = store.clear_pending(&[gone.clone(), replaced]).await.unwrap();
    assert!(cleared.len() == 2 && cleared.iter().all(Result::is_ok), "{cleared:?}");
    assert!(store.load(&gone.aggregate_id, Version::ZERO).await.unwrap().is_empty());
    let items = raw(&aws).scan().table_name("catalog-events").send().await.unwrap().items.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["commit_id"], AttributeValue::S(standing.commit_id.to_string()));
    assert!(items[0].contains_key("outbox"), "the marker is another commit's");
}

#[tokio::test]
async fn a_hole_among_the_commits_is_never_folded_over() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    for current in 0..3 {
        store.append(&[commit("prod_1", current)]).await.unwrap();
    }
    raw(&aws)
        .delete_item()
        .table_name(Owner::Catalog.events_table())
        .key("aggregate_id", AttributeValue::S("prod_1".to_owned()))
        .key("version", AttributeValue::N("2".to_owned()))
        .send()
        .await
        .unwrap();
    let id = AggregateId::parse("prod_1").unwrap();
    assert_eq!(store.load(&id, Version::ZERO).await.unwrap_err().kind(), FaultKind::Permanent);
    assert_eq!(store.load(&id, Version::new(2)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_missing_table_is_the_installations_fault_and_names_the_call() {
    let store = account().await.event_store(Owner::Order);
    let fault = store.ping().await.unwrap_err();
    assert_eq!((fault.kind(), fault.operation()), (FaultKind::Denied, "dynamodb.GetItem"));
}

#[tokio::test]
async fn the_outbox_shows_what_is_marked_and_old_and_a_scan_shows_everything() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let commits: Vec<_> = (0..40).map(|index| commit(&format!("prod_{index}"), 0)).collect();
    store.append(&commits).await.unwrap();
    let (cleared, marked) = commits.split_at(30);
    assert!(store.clear_pending(cleared).await.unwrap().iter().all(Result::is_ok));

    let (mut pending, mut scanned) = (BTreeSet::new(), BTreeSet::new());
    for shard in 0..OUTBOX_SHARDS {
        let (found, next) = store.pending(shard, None, 100).await.unwrap();
        assert_eq!(next, None);
        assert!(found.is_sorted_by_key(|commit| commit.created_at));
        pending.extend(found.into_iter().map(|commit| commit.commit_id));

        let mut cursor = None;
        loop {
            let (page, next) = store.scan(shard, cursor, 2).await.unwrap();
            assert!(page.len() <= 2);
            scanned.extend(page.into_iter().map(|commit| commit.commit_id));
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
    }
    assert_eq!(pending, marked.iter().map(|commit| commit.commit_id).collect());
    assert_eq!(scanned, commits.iter().map(|commit| commit.commit_id).collect());
    let nonsense = store.scan(0, Some("nonsense".to_owned()), 2).await.unwrap_err();
    assert_eq!(nonsense.kind(), FaultKind::Permanent);
}

#[tokio::test]
async fn marked_commits_that_can_not_be_read_are_named_and_hold_nothing_up() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let first = commit("prod_good", 0);
    // The id says which shard.
    let good = [first.clone(), Commit { commit_id: first.commit_id, ..commit("prod_good", 1) }];
    for commit in &good {
        store.append(std::slice::from_ref(commit)).await.unwrap();
    }
    let shard = good[0].index_shard();
    let client = raw(&aws);
    let items = client.scan().table_name(Owner::Catalog.events_table()).send().await.unwrap().items.unwrap();
    // Older than the good ones, in their shard, broken in one way each.
    for (n, broken) in ["events", "commit_id", "events"].into_iter().enumerate() {
        let mut item = items[0].clone();
        item.insert("aggregate_id".to_owned(), AttributeValue::S(format!("prod_bad_{n}")));
        item.insert("created_at".to_owned(), AttributeValue::S(format!("2020-01-01T00:00:0{n}.000000Z")));
        item.insert(broken.to_owned(), AttributeValue::S("[{\"secret\":1}]".to_owned()));
        client.put_item().table_name(Owner::Catalog.events_table()).set_item(Some(item)).send().await.unwrap();
    }

    shotengai_testing::harness::every_line_counts();
    let lines = Lines::default();
    let looking = async {
        for _ in 0..3 {
            for limit in [1, 2, 100] {
                let pending = pages(&store, shard, limit).await;
                assert!(pending.iter().all(|commit| commit.aggregate_id == first.aggregate_id));
                let versions: Vec<_> = pending.iter().map(|commit| commit.first_version.get()).collect();
                assert_eq!(versions, [1, 2], "limit {limit}");
            }
        }
    };
    looking.with_subscriber(tracing_subscriber::registry().with(LevelFilter::ERROR).with(lines.clone())).await;
    let lines = lines.0.lock().unwrap().clone();
    assert_eq!(lines.len(), 1, "not at each sweep: {lines:?}");
    assert!(lines[0].contains("prod_bad_0/1") && !lines[0].contains("secret"), "{lines:?}");
    // What is published is cleared, and the bad ones still hold nothing up.
    assert!(store.clear_pending(&good).await.unwrap().iter().all(Result::is_ok));
    assert_eq!(pages(&store, shard, 10).await, []);
}

#[tokio::test]
async fn a_snapshot_gives_way_to_a_newer_one_only() {
    let aws = account_with_store().await;
    let store = aws.event_store(Owner::Catalog);
    let id = AggregateId::parse("stock/prod_1").unwrap();
    assert_eq!(store.load_snapshot(&id).await.unwrap(), None);
    let snapshot = |version| Snapshot {
        aggregate_id: id.clone(),
        version: Version::new(version),
        schema: 2,
        state: serde_json::json!({ "available": version }),
        last_commit: (version > 10).then(|| CommitMark::of(&commit("prod_1", version - 1))),
    };
    let snapshots = [10, 20, 15].map(snapshot);
    for snapshot in &snapshots {
        store.save_snapshot(snapshot).await.unwrap();
    }
    let [_, newest, _] = snapshots;
    assert_eq!(store.load_snapshot(&id).await.unwrap(), Some(newest));
}

#[tokio::test]
async fn without_an_outbox_nothing_is_marked() {
    let aws = account().await;
    let config = AwsConfig { marks_outbox: false, ..aws.config().clone() };
    let aws = connect(config).await;
    make_store(&aws).await;
    let (store, admin) = (aws.event_store(Owner::Catalog), aws.admin());
    let commit = commit("prod_1", 0);
    let Err(AppendError::Fault(lost)) = store.append(std::slice::from_ref(&commit)).await else {
        panic!("a commit that would never come into the stream was taken");
    };
    assert!(lost.is_retryable() && lost.to_string().contains("catalog-events is off"), "{lost}");
    assert_eq!(store.load(&commit.aggregate_id, Version::ZERO).await.unwrap(), []);
    assert!(store.ping().await.is_err(), "consumers wait for a store that takes nothing");

    let stream = StreamSpec { shards: 1, retention: Duration::from_secs(24 * 3600) };
    admin.ensure_stream(STREAM, stream).await.unwrap();
    admin.ensure_capture(&Owner::Catalog.events_table()).await.unwrap();
    // Another store, which has not asked yet.
    let store = aws.event_store(Owner::Catalog);
    store.ping().await.unwrap();
    store.append(std::slice::from_ref(&commit)).await.unwrap();
    assert!(pages(&store, commit.index_shard(), 10).await.is_empty());
    assert_eq!(store.scan(commit.index_shard(), None, 10).await.unwrap().0.len(), 1);
}
