//! The built role: queue in, HTTP out.

use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::Value;
use shotengai_contracts::Owner;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::queues;
use shotengai_kernel::OrderId;
use shotengai_kit::{INTERNAL_TOKEN, Installation, RoleUnderTest, Sender};
use shotengai_messaging::{Commit, Infrastructure, Message};
use shotengai_query::QuerySettings;
use shotengai_runtime::{DatabaseSettings, OrderLinks};
use tokio_util::sync::CancellationToken;

use crate::history::{envelopes, order, product, refunded_order, stock};
use crate::support::{absent_database_url, empty_database_url};

pub(crate) struct Served {
    installation: Installation,
    role: RoleUnderTest,
    shutdown: CancellationToken,
}

impl Served {
    /// The role over this database, its workers running.
    pub(crate) async fn start(database_url: String) -> Self {
        Self::over(database_url, Self::installation()).await
    }

    pub(crate) fn installation() -> Installation {
        // A row may be read before its message is settled.
        Installation::new(1).leaving(queues::QUERY.name)
    }

    /// The same in this installation.
    pub(crate) async fn over(database_url: String, installation: Installation) -> Self {
        let context = installation.context(|_| ());
        let database = DatabaseSettings { url: database_url.into(), ca_file: None };
        let settings = QuerySettings { database, query_min_version_wait_ms: 30_000 };
        let role = shotengai_query::build(&context, &settings).unwrap();
        let shutdown = CancellationToken::new();
        for worker in role.workers.clone() {
            let token = shutdown.clone();
            tokio::spawn(async move { worker.run(token).await });
        }
        Self { installation, role: RoleUnderTest::of(role, &context), shutdown }
    }

    pub(crate) fn infra(&self) -> std::sync::Arc<dyn Infrastructure> {
        std::sync::Arc::clone(&self.installation.infra) as _
    }

    pub(crate) async fn publish(&self, owner: Owner, history: &[Commit]) {
        for commit in history {
            self.installation.infra.event_store(owner).append(std::slice::from_ref(commit)).await.unwrap();
        }
        let messages: Vec<_> = envelopes(history)
            .iter()
            .map(|envelope| Message { body: envelope.to_json(), ..Message::default() })
            .collect();
        let answers = self.installation.infra.queue(queues::QUERY.name).send(&messages).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }

    /// A GET as this caller: status and body.
    pub(crate) async fn get(&self, path: &str, sender: Sender<'_>) -> (u16, Value) {
        let answer = self.role.send(TestRequest::get().uri(path), sender).await;
        if answer.status == 503 {
            assert!(answer.headers.contains_key("retry-after"));
        }
        (answer.status, answer.body)
    }

    /// The same, once the tables are there.
    pub(crate) async fn get_once_up(&self, path: &str, sender: Sender<'_>) -> (u16, Value) {
        let up = async {
            loop {
                let answer = self.get(path, sender).await;
                if answer.0 != 503 {
                    return answer;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), up).await.unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

#[actix_web::test]
async fn everybody_reads_products_and_their_stock_once_the_events_have_come() {
    let served = Served::start(empty_database_url("served_products").await).await;
    served.publish(Owner::Catalog, &product("kinoko", 0, &[2])).await;
    served.publish(Owner::Inventory, &stock("kinoko", &[1])).await;
    let path = "/products?limit=5&min_version=prod_kinoko:2&min_version=stock/prod_kinoko:2";
    let (status, body) = served.get_once_up(path, Sender::Nobody).await;
    assert_eq!(status, 200, "{body}");
    let wanted = serde_json::json!({
        "items": [{
            "product_id": "prod_kinoko", "name": "sweet kinoko", "names": {"en": "tasty\u{fffd}"}, "description": "with\u{fffd}nul",
            "descriptions": {"en": "with\u{fffd}nul"}, "categories": ["with\u{fffd}nul"], "search_text": "with\u{fffd}nul", "price": 200,
            "currency": "JPY", "stock": 8, "images": ["k2"], "version": 2,
        }],
        "next_cursor": null,
    });
    let whole = served.get("/products/prod_kinoko", Sender::Nobody).await.1;
    assert_eq!(whole, wanted["items"][0]);
    // The list is without its longest texts.
    let mut listed = wanted.clone();
    for longest in ["descriptions", "search_text"] {
        listed["items"][0].as_object_mut().unwrap().remove(longest).unwrap();
    }
    assert_eq!(body, listed);
    for path in ["/products/prod_kinoko?lang=en-GB", "/products?lang=en"] {
        let body = served.get(path, Sender::Nobody).await.1;
        let name = body.get("name").or_else(|| body["items"][0].get("name"));
        assert_eq!(name, Some(&Value::from("tasty\u{fffd}")), "{path}");
    }
    assert_eq!(served.get("/products/prod_kinoko?lang=fr", Sender::Nobody).await.1, wanted["items"][0]);
    assert_eq!(served.get("/products?lang=English", Sender::Nobody).await.0, 400);
    served.publish(Owner::Catalog, &product("deleted", 0, &[3])).await;
    assert_eq!(served.get("/products/prod_deleted?min_version=prod_deleted:2", Sender::Nobody).await.0, 404);
    assert_eq!(served.get("/products/nothing", Sender::Nobody).await.0, 404);
    let (status, problem) = served.get("/products?limit=0&cursor=x&min_version=y", Sender::Nobody).await;
    assert_eq!(status, 400);
    let named: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["parameter"]).collect();
    assert_eq!(named, ["limit", "cursor", "min_version"], "{problem}");
}

#[actix_web::test]
async fn what_a_command_answered_as_its_position_is_waited_for_as_a_version_is() {
    let served = Served::start(empty_database_url("served_positions").await).await;
    served.publish(Owner::Catalog, &product("kinoko", 0, &[2])).await;
    served.publish(Owner::Inventory, &stock("kinoko", &[1])).await;
    served.get_once_up("/products", Sender::Nobody).await;
    let at = async |path: &str, position: &'static str| {
        let request = TestRequest::get().uri(path).insert_header(("Shotengai-Position", position));
        served.role.send(request, Sender::Nobody).await
    };
    let both = "prod_kinoko:2, stock/prod_kinoko:2, cart_1:9";
    let answer = at("/products/prod_kinoko?min_version=prod_kinoko:1", both).await;
    assert_eq!((answer.status, &answer.body["version"], &answer.body["stock"]), (200, &2.into(), &8.into()));
    let answer = at("/products", "prod_none:1").await;
    assert_eq!((answer.status, &answer.body["type"]), (504, &Value::from("/problems/not-caught-up")));
    let answer = at("/products?limit=0", "prod_kinoko").await;
    let named: Vec<_> = answer.body["errors"].as_array().unwrap().iter().map(|error| error.get("header")).collect();
    assert_eq!((answer.status, named), (400, vec![None, Some(&Value::from("Shotengai-Position"))]), "{}", answer.body);
}

#[actix_web::test]
async fn orders_are_for_their_owner_and_administrators() {
    let served = Served::start(empty_database_url("served_orders").await).await;
    served.publish(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    let [mei, ken] = ["mei", "ken"].map(Sender::Customer);
    let path = "/orders/ord_1?min_version=ord_1:5";
    let (status, body) = served.get_once_up(path, mei).await;
    assert_eq!((status, &body["status"]), (200, &Value::from("paid")), "{body}");
    assert_eq!(served.get(path, Sender::Admin).await.0, 200);
    assert_eq!(served.get(path, ken).await.0, 404);
    assert_eq!(served.get(path, Sender::Nobody).await.0, 401);
    assert_eq!(served.get("/orders", ken).await.1["items"], serde_json::json!([]));
    assert_eq!(served.get("/orders?status=paid", Sender::Admin).await.1["items"][0], body);
    assert_eq!(served.get("/orders?status=lost", Sender::Admin).await.0, 400);
}

#[actix_web::test]
async fn the_link_of_a_mail_opens_its_order_for_everybody_and_no_other() {
    let served = Served::start(empty_database_url("served_links").await).await;
    served.publish(Owner::Order, &order("1", "mei", 0, OrderStage::Cancelled)).await;
    served.publish(Owner::Order, &order("2", "ken", 0, OrderStage::Paid)).await;
    let links = OrderLinks::new(&INTERNAL_TOKEN.into());
    let [first, second] = ["ord_1", "ord_2"].map(|id| links.key(&OrderId::parse(id).unwrap()));
    let mei = Sender::Customer("mei");
    let (status, owned) = served.get_once_up("/orders/ord_1?min_version=ord_1:2", mei).await;
    assert_eq!(status, 200, "{owned}");

    let (status, mut shown) = served.get(&format!("/orders/ord_1?key={first}"), Sender::Nobody).await;
    assert_eq!(status, 200, "{shown}");
    assert!(shown.get("user_id").is_none() && shown.get("note").is_none(), "{shown}");
    for field in ["user_id", "note"] {
        if let Some(known) = owned.get(field) {
            shown[field] = known.clone();
        }
    }
    assert_eq!(shown, owned, "the order as its owner sees it");

    for wrong in
        [format!("/orders/ord_1?key={second}"), "/orders/ord_1?key=".to_owned(), format!("/orders/ord_3?key={first}")]
    {
        // Whoever shows a key is judged by it alone: an access token beside it opens nothing more.
        for sender in [Sender::Nobody, mei] {
            let (status, problem) = served.get(&wrong, sender).await;
            assert_eq!(status, 404, "{wrong}: {problem}");
        }
    }
    // A list takes no key: it wants a token, and then says that it knows no such parameter.
    let list = format!("/orders?key={first}");
    assert_eq!(served.get(&list, Sender::Nobody).await.0, 401);
    assert_eq!(served.get(&list, mei).await.0, 400);
}

#[actix_web::test]
async fn an_order_shows_its_refunds_and_a_link_not_what_the_shop_wrote() {
    let served = Served::start(empty_database_url("served_refunds").await).await;
    served.publish(Owner::Order, &refunded_order("1", "mei")).await;
    let (status, shown) = served.get_once_up("/orders/ord_1?min_version=ord_1:10", Sender::Customer("mei")).await;
    let [one, two] = [1, 2].map(|number| uuid::Uuid::from_u128(number).to_string());
    let lines = serde_json::json!([{ "product_id": "prod_kinoko", "quantity": 1, "restock": true }]);
    let refund = |id: &str, status: &str, second: u32| {
        serde_json::json!({
            "refund_id": id, "status": status, "amount": 200, "lines": lines, "reason": "broken\u{fffd}",
            "requested_at": format!("2026-01-01T00:00:{second:02}Z"),
        })
    };
    let mut refunds = [refund(&one, "refunded", 7), refund(&two, "declined", 8)];
    assert_eq!((status, &shown["refunded"]), (200, &Value::from(200)), "{shown}");
    assert_eq!(shown["refunds"], serde_json::json!(refunds));
    let key = OrderLinks::new(&INTERNAL_TOKEN.into()).key(&OrderId::parse("ord_1").unwrap());
    let (_, linked) = served.get(&format!("/orders/ord_1?key={key}"), Sender::Nobody).await;
    refunds.iter_mut().for_each(|refund| drop(refund.as_object_mut().unwrap().remove("reason")));
    assert_eq!(linked["refunds"], serde_json::json!(refunds));
}

#[actix_web::test]
async fn a_browser_that_follows_a_link_is_sent_to_the_page() {
    let served = Served::start(absent_database_url()).await;
    let request =
        TestRequest::get().uri("/orders/ord_1?key=ab-_%22c%0d").insert_header(("accept", "text/html,*/*;q=0.8"));
    let response = served.role.send(request, Sender::Nobody).await;
    assert_eq!(response.status, 303);
    assert_eq!(response.headers.get("location").unwrap(), "../shop/orders/ord_1#key=ab-_c");
}

#[actix_web::test]
async fn without_postgresql_readers_are_told_to_come_back() {
    let served = Served::start(absent_database_url()).await;
    for path in ["/products", "/products/prod_1", "/products?min_version=prod_1:1"] {
        assert_eq!(served.get(path, Sender::Nobody).await.0, 503, "{path}");
    }
}
