//! The built role: queue in, HTTP out.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web;
use secrecy::SecretString;
use serde_json::Value;
use shotengai_contracts::Owner;
use shotengai_contracts::events::OrderStage;
use shotengai_contracts::topology::queues;
use shotengai_kernel::OrderId;
use shotengai_messaging::memory::MemoryInfrastructure;
use shotengai_messaging::{Commit, Infrastructure, Message};
use shotengai_query::QuerySettings;
use shotengai_runtime::auth::generate_signing_key;
use shotengai_runtime::http::{HttpState, app};
use shotengai_runtime::{Context, OrderLinks, Role, Settings, Subject, TokenIssuer, TokenVerifier};
use tokio_util::sync::CancellationToken;

use crate::history::{envelopes, order, product, stock, user_id};
use crate::support::{absent_database_url, empty_database_url, ports};

const INTERNAL_TOKEN: &str = "an internal token";

struct Served {
    infra: Arc<MemoryInfrastructure>,
    tokens: TokenIssuer,
    role: Role,
    state: web::Data<HttpState>,
    shutdown: CancellationToken,
}

impl Served {
    /// The role over this database, its workers running.
    async fn start(database_url: String) -> Self {
        let ports = ports();
        let infra = Arc::new(MemoryInfrastructure::new(ports.clone()));
        let key = generate_signing_key().unwrap();
        let tokens = TokenIssuer::new(&key, "shotengai", Arc::clone(&ports.clock)).unwrap();
        let verifier = TokenVerifier::fixed(&tokens.jwks(), "shotengai", Arc::clone(&ports.clock));
        let internal = SecretString::from(INTERNAL_TOKEN);
        let mut settings = Settings::local(internal.clone());
        settings.database_url = Some(database_url.into());
        let context = Context::new(Arc::new(settings), ports.clone(), Arc::clone(&infra) as _).unwrap();
        let context = context.with_tokens(verifier);
        let settings = QuerySettings { query_min_version_wait_ms: 30_000 };
        let role = shotengai_query::build(&context, settings).await.unwrap();
        let shutdown = CancellationToken::new();
        for worker in role.workers.clone() {
            let token = shutdown.clone();
            tokio::spawn(async move { worker.run(token).await });
        }
        let state = web::Data::new(HttpState::new(ports, context.tokens, &internal));
        Self { infra, tokens, role, state, shutdown }
    }

    async fn publish(&self, owner: Owner, history: &[Commit]) {
        for commit in history {
            self.infra.event_store(owner).append(std::slice::from_ref(commit)).await.unwrap();
        }
        let messages: Vec<_> = envelopes(history)
            .iter()
            .map(|envelope| Message { body: envelope.to_json(), ..Message::default() })
            .collect();
        let answers = self.infra.queue(queues::QUERY.name).send(&messages).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }

    fn token(&self, subject: &Subject) -> String {
        self.tokens.issue(subject, Duration::from_secs(60)).unwrap()
    }

    /// A GET as this caller: status and body.
    async fn get(&self, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        let app = init_service(app(self.state.clone(), &[Arc::clone(&self.role.routes)])).await;
        let mut request = TestRequest::get().uri(path);
        if let Some(token) = token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        let response = call_service(&app, request.to_request()).await;
        let status = response.status();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            assert!(response.headers().contains_key("retry-after"));
        }
        let body = read_body(response.map_into_boxed_body()).await.try_into_bytes().unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }
}

impl Served {
    /// The same, once the tables are there.
    async fn get_once_up(&self, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        let up = async {
            loop {
                let answer = self.get(path, token).await;
                if answer.0 != StatusCode::SERVICE_UNAVAILABLE {
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
    let (status, body) = served.get_once_up(path, None).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let wanted = serde_json::json!({
        "items": [{
            "product_id": "prod_kinoko", "name": "sweet kinoko", "names": {"en": "tasty\u{fffd}"}, "description": "with\u{fffd}nul", "price": 200,
            "currency": "JPY", "stock": 8, "images": ["k2"], "version": 2,
        }],
        "next_cursor": null,
    });
    assert_eq!(body, wanted);
    assert_eq!(served.get("/products/prod_kinoko", None).await.1, wanted["items"][0]);
    for path in ["/products/prod_kinoko?lang=en-GB", "/products?lang=en"] {
        let body = served.get(path, None).await.1;
        let name = body.get("name").or_else(|| body["items"][0].get("name"));
        assert_eq!(name, Some(&Value::from("tasty\u{fffd}")), "{path}");
    }
    assert_eq!(served.get("/products/prod_kinoko?lang=fr", None).await.1, wanted["items"][0]);
    assert_eq!(served.get("/products?lang=English", None).await.0, StatusCode::BAD_REQUEST);
    served.publish(Owner::Catalog, &product("deleted", 0, &[3])).await;
    assert_eq!(served.get("/products/prod_deleted?min_version=prod_deleted:2", None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(served.get("/products/nothing", None).await.0, StatusCode::NOT_FOUND);
    let (status, problem) = served.get("/products?limit=0&cursor=x&min_version=y", None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let named: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["parameter"]).collect();
    assert_eq!(named, ["limit", "cursor", "min_version"], "{problem}");
}

#[actix_web::test]
async fn orders_are_for_their_owner_and_administrators() {
    let served = Served::start(empty_database_url("served_orders").await).await;
    served.publish(Owner::Order, &order("1", "mei", 0, OrderStage::Paid)).await;
    let [mei, ken] = [user_id("mei"), user_id("ken")].map(|user| served.token(&Subject::customer(user)));
    let admin = served.token(&Subject::administrator(user_id("administrator")));
    let path = "/orders/ord_1?min_version=ord_1:5";
    let (status, body) = served.get_once_up(path, Some(&mei)).await;
    assert_eq!((status, &body["status"]), (StatusCode::OK, &Value::from("paid")), "{body}");
    assert_eq!(served.get(path, Some(&admin)).await.0, StatusCode::OK);
    assert_eq!(served.get(path, Some(&ken)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(served.get(path, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(served.get("/orders", Some(&ken)).await.1["items"], serde_json::json!([]));
    assert_eq!(served.get("/orders?status=paid", Some(&admin)).await.1["items"][0], body);
    assert_eq!(served.get("/orders?status=lost", Some(&admin)).await.0, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn the_link_of_a_mail_opens_its_order_for_everybody_and_no_other() {
    let served = Served::start(empty_database_url("served_links").await).await;
    served.publish(Owner::Order, &order("1", "mei", 0, OrderStage::Cancelled)).await;
    served.publish(Owner::Order, &order("2", "ken", 0, OrderStage::Paid)).await;
    let links = OrderLinks::new(&INTERNAL_TOKEN.into());
    let [first, second] = ["ord_1", "ord_2"].map(|id| links.key(&OrderId::parse(id).unwrap()));
    let mei = served.token(&Subject::customer(user_id("mei")));
    let (status, owned) = served.get_once_up("/orders/ord_1?min_version=ord_1:3", Some(&mei)).await;
    assert_eq!(status, StatusCode::OK, "{owned}");

    let (status, mut shown) = served.get(&format!("/orders/ord_1?key={first}"), None).await;
    assert_eq!(status, StatusCode::OK, "{shown}");
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
        for token in [None, Some(mei.as_str())] {
            let (status, problem) = served.get(&wrong, token).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{wrong}: {problem}");
        }
    }
    assert_eq!(served.get(&format!("/orders?key={first}"), None).await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_browser_that_follows_a_link_is_sent_to_the_page() {
    let served = Served::start(absent_database_url()).await;
    let app = init_service(app(served.state.clone(), &[Arc::clone(&served.role.routes)])).await;
    let request =
        TestRequest::get().uri("/orders/ord_1?key=ab-_%22c%0d").insert_header(("accept", "text/html,*/*;q=0.8"));
    let response = call_service(&app, request.to_request()).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers().get("location").unwrap(), "../#order=ord_1&key=ab-_c");
}

#[actix_web::test]
async fn without_postgresql_readers_are_told_to_come_back() {
    let served = Served::start(absent_database_url()).await;
    for path in ["/products", "/products/prod_1", "/products?min_version=prod_1:1"] {
        assert_eq!(served.get(path, None).await.0, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}
