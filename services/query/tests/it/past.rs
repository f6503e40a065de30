//! Moments of the past: each of a history shows the fold of the events that lie behind it.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::{Owner, aggregates};
use shotengai_kernel::{AggregateId, ManualClock, Moment, Version};
use shotengai_kit::{INTERNAL_TOKEN, Sender};
use shotengai_messaging::{Commit, Infrastructure, LOOK_BACK_EVENTS, LookBackError};
use shotengai_query::domain::{Fold, OrderRow, ProductRow, StockRow, fold_commits};
use shotengai_query::past::{Past, Then};
use shotengai_query::project::Histories;
use shotengai_runtime::OrderLinks;
use shotengai_testing::memory::MemoryInfrastructure;

use crate::history::{commits, envelopes, order, order_id, product, product_id, refunded_order, stock};
use crate::serving::Served;
use crate::support::{absent_database_url, empty_database_url, ports};

struct Stores {
    infra: Arc<MemoryInfrastructure>,
    past: Past,
}

impl Stores {
    fn new() -> Self {
        let infra = Arc::new(MemoryInfrastructure::new(ports()));
        let owners = [Owner::Catalog, Owner::Inventory, Owner::Order];
        let histories = Histories::new(owners, |owner| infra.event_store(owner));
        let past = Past::new(Arc::new(histories), Arc::new(ManualClock::default()));
        Self { infra, past }
    }

    async fn commit(&self, owner: Owner, history: &[Commit]) {
        let store = self.infra.event_store(owner);
        for commit in history {
            store.append(std::slice::from_ref(commit)).await.unwrap();
        }
    }

    /// Holds every version and time of a history against the fold of what lies behind it.
    async fn hold<R: Fold + Send + Sync + PartialEq + std::fmt::Debug>(&self, history: &[Commit]) {
        self.commit(R::OWNER, history).await;
        let id = &history[0].aggregate_id;
        let (last, begin) = (history.last().unwrap().last_version(), history[0].created_at);
        let fold = |count: usize| fold_commits::<R>(None, &history[..count]).unwrap().unwrap();
        for (count, envelope) in (1..).zip(envelopes(history)) {
            let was = Then::Was(fold(count), envelope.time);
            let version = Moment::Version(envelope.aggregateversion);
            assert_eq!(self.past.then::<R>(id, version).await.unwrap(), was, "{id} at {version}");
            let just_before_the_next = envelope.time + SignedDuration::from_millis(999);
            for time in [envelope.time, just_before_the_next] {
                assert_eq!(self.past.then::<R>(id, Moment::Time(time)).await.unwrap(), was, "{id} at {time}");
            }
        }
        let next = Moment::Version(last.next());
        assert_eq!(self.past.then::<R>(id, next).await.unwrap(), Then::Ahead(fold(history.len())));
        let before = Moment::Time(begin - SignedDuration::from_micros(1));
        assert_eq!(self.past.then::<R>(id, before).await.unwrap(), Then::Later(fold(1)));
    }
}

#[tokio::test]
async fn every_moment_of_a_history_shows_what_lay_behind_it() {
    let stores = Stores::new();
    stores.hold::<ProductRow>(&product("kinoko", 0, &[0, 1, 2, 3, 4, 5, 7])).await;
    stores.hold::<StockRow>(&stock("kinoko", &[4, 1, 2, 3])).await;
    stores.hold::<OrderRow>(&order("1", "mei", 0, OrderStage::Shipped)).await;
    stores.hold::<OrderRow>(&refunded_order("2", "mei")).await;
    let nothing = AggregateId::from(&product_id("nothing"));
    assert_eq!(stores.past.then::<ProductRow>(&nothing, Moment::Version(Version::new(1))).await.unwrap(), Then::Never);
}

/// The newest event that can be looked at, and the first that can't.
#[tokio::test]
async fn a_look_goes_so_far_and_no_farther() {
    let stores = Stores::new();
    let steps = vec![4; usize::try_from(LOOK_BACK_EVENTS).unwrap()];
    let history = stock("hot", &steps);
    stores.commit(Owner::Inventory, &history).await;
    let id = aggregates::stock(&product_id("hot"));
    let at = |moment| stores.past.then::<StockRow>(&id, moment);
    let [farthest, too_far, ahead] = [0, 1, 2].map(|more| Version::new(LOOK_BACK_EVENTS + more));
    let row = match at(Moment::Version(farthest)).await.unwrap() {
        Then::Was(row, _) => row,
        other => panic!("{other:?}"),
    };
    assert_eq!((row.version, row.available), (farthest, 10 + 4 * i64::try_from(LOOK_BACK_EVENTS - 1).unwrap()));
    assert!(matches!(at(Moment::Version(too_far)).await, Err(LookBackError::TooFar)));
    assert!(matches!(at(Moment::Version(ahead)).await, Err(LookBackError::TooFar)));
    let time = |version: Version| {
        let index = usize::try_from(version.get() - 1).unwrap();
        Moment::Time(history[index].created_at)
    };
    assert!(matches!(at(time(farthest)).await, Ok(Then::Was(..))));
    assert!(matches!(at(time(too_far)).await, Err(LookBackError::TooFar)));
    assert!(matches!(at(time(Version::new(3))).await, Ok(Then::Was(..))));
}

#[tokio::test]
async fn an_event_that_has_no_place_in_the_history_is_a_fault() {
    let stores = Stores::new();
    let id = AggregateId::from(&product_id("odd"));
    let moved = stock("odd", &[]).remove(0).events[0].event().unwrap();
    stores.commit(Owner::Catalog, &commits(&id, 0, vec![moved])).await;
    let then = stores.past.then::<ProductRow>(&id, Moment::Version(Version::new(1))).await;
    assert!(matches!(then, Err(LookBackError::Fault(_))), "{then:?}");
}

/// A minute after the histories began.
async fn served(database: &str) -> Served {
    later(empty_database_url(database).await).await
}

async fn later(database_url: String) -> Served {
    let installation = Served::installation();
    installation.advance(SignedDuration::from_mins(1));
    Served::over(database_url, installation).await
}

fn slug(problem: &Value) -> &str {
    problem["type"].as_str().unwrap().rsplit('/').next().unwrap()
}

#[actix_web::test]
async fn a_product_is_shown_as_it_was_on_sale() {
    let served = served("past_products").await;
    // On sale at 200, at 1, deleted: a second apart, from :01 on. Ten pieces at :01, three of them reserved at :02.
    served.publish(Owner::Catalog, &product("kinoko", 0, &[1, 3])).await;
    served.publish(Owner::Inventory, &stock("kinoko", &[1])).await;
    let get = async |as_of: &str| served.get(&format!("/products/prod_kinoko?{as_of}"), Sender::Nobody).await;
    let second = |second: u32| format!("as_of=2026-01-01T00:00:{second:02}Z");
    let shown = async |as_of: &str| {
        let (status, product) = get(as_of).await;
        assert_eq!(status, 200, "{as_of}: {product}");
        (product["version"].clone(), product["price"].clone(), product["stock"].clone())
    };
    let (first, then) = ((1.into(), 200.into(), 10.into()), (2.into(), 1.into(), 8.into()));
    assert_eq!((shown("as_of=1").await, shown(&second(1)).await), (first.clone(), first));
    assert_eq!((shown("as_of=2").await, shown("as_of=2026-01-01T09:00:02.5%2B09:00").await), (then.clone(), then));
    assert_eq!(get("as_of=1&lang=en").await.1["name"], "tasty\u{fffd}");
    for (as_of, status, wanted) in [
        (second(3), 404, "not-found"),
        ("as_of=3".to_owned(), 404, "not-found"),
        (second(0), 404, "not-there-yet"),
        ("as_of=4".to_owned(), 422, "as-of-ahead"),
        ("as_of=9999-01-01T00:00:00Z".to_owned(), 422, "as-of-ahead"),
        ("as_of=0".to_owned(), 400, "invalid-parameter"),
        ("as_of=yesterday".to_owned(), 400, "invalid-parameter"),
        ("as_of=1&as_of=2".to_owned(), 400, "invalid-parameter"),
        ("as_of=1&min_version=prod_kinoko:1".to_owned(), 400, "invalid-parameter"),
    ] {
        let (answered, problem) = get(&as_of).await;
        assert_eq!((answered, slug(&problem)), (status, wanted), "{as_of}: {problem}");
        assert!(wanted == "not-found" || problem["parameter"] == "as_of", "{as_of}: {problem}");
    }
    assert_eq!(served.get("/products/prod_none?as_of=1", Sender::Nobody).await.0, 404);
}

#[actix_web::test]
async fn an_order_as_it_was_is_for_those_who_see_it_now() {
    let served = served("past_orders").await;
    served.publish(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    let [mei, ken] = ["mei", "ken"].map(Sender::Customer);
    for (as_of, status) in [("1", "pending"), ("4", "confirmed"), ("2026-01-01T00:00:05Z", "paid")] {
        let path = format!("/orders/ord_1?as_of={as_of}");
        for sender in [mei, Sender::Admin] {
            let (answered, order) = served.get(&path, sender).await;
            assert_eq!((answered, &order["status"]), (200, &Value::from(status)), "{as_of}: {order}");
        }
        assert_eq!(served.get(&path, Sender::Nobody).await.0, 401);
    }
    // Whatever the moment, somebody else's order looks like none.
    for as_of in ["1", "9", "2025-01-01T00:00:00Z", "2026-01-01T00:00:05Z"] {
        let theirs = served.get(&format!("/orders/ord_1?as_of={as_of}"), ken).await;
        let none = served.get(&format!("/orders/ord_0?as_of={as_of}"), ken).await;
        assert_eq!((theirs.0, slug(&theirs.1)), (404, "not-found"), "{as_of}");
        assert_eq!((none.0, slug(&none.1)), (404, "not-found"), "{as_of}");
        assert_eq!(theirs.1["detail"].as_str().unwrap().replace("ord_1", "ord_0"), none.1["detail"]);
    }
    let mut answers = Vec::new();
    for as_of in ["9", "2025-01-01T00:00:00Z"] {
        let (status, problem) = served.get(&format!("/orders/ord_1?as_of={as_of}"), mei).await;
        answers.push((status, slug(&problem).to_owned(), problem["detail"].as_str().unwrap().to_owned()));
    }
    let came = "ord_1 came to be at 2026-01-01T00:00:01Z".to_owned();
    let wanted =
        [(422, "as-of-ahead".to_owned(), "ord_1 is at version 5".to_owned()), (404, "not-there-yet".to_owned(), came)];
    assert_eq!(answers, wanted);
    let key = OrderLinks::new(&INTERNAL_TOKEN.into()).key(&order_id("1"));
    let (status, linked) = served.get(&format!("/orders/ord_1?as_of=1&key={key}"), Sender::Nobody).await;
    assert_eq!((status, &linked["status"]), (200, &Value::from("pending")));
    assert!(linked.get("user_id").is_none(), "{linked}");
}

/// A moment in the past has nothing to do with the rows: it is shown while they can't be read.
#[actix_web::test]
async fn what_was_is_shown_without_postgresql() {
    let served = later(absent_database_url()).await;
    served.publish(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    let mei = Sender::Customer("mei");
    assert_eq!(served.get("/orders/ord_1", mei).await.0, 503);
    assert_eq!(served.get("/orders/ord_1?as_of=1", mei).await.0, 200);
}
