//! The shell around handlers, without a socket.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{TestRequest, init_service};
use actix_web::{HttpResponse, web};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use shotengai_contracts::api::{Administrator, Anyone, Customer, Internal, Route};
use shotengai_contracts::topology::Service;
use shotengai_kernel::{ManualClock, OrderId, Ports, UserId};

use super::*;
use crate::auth::{Subject, TokenIssuer, TokenVerifier, generate_signing_key};
use crate::role::RouteTable;

const TOKEN: &str = "an internal token";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Greeting {
    name: String,
}

async fn read(id: PathId<OrderId>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "order_id": *id }))
}

async fn greet(body: JsonBody<Greeting>, meta: RequestMeta) -> HttpResponse {
    let greeting = json!({ "hello": body.value.name, "bytes": body.raw.len() });
    HttpResponse::Accepted().insert_header(("x-correlation", meta.metadata().correlation_id.to_string())).json(greeting)
}

async fn broken() -> Result<HttpResponse, Problem> {
    Err(std::io::Error::other("hunter2")).map_err(|_| Problem::internal())
}

const A: Service = Service::new("a");
const B: Service = Service::new("b");
const READ: Route<Anyone, OrderId, (), ()> = Route::get("/orders/{id}", A, "read");
const READ_TOO: Route<Anyone, OrderId, (), ()> = Route::get("/orders/{order_id}", B, "readToo");
const LIST: Route<Anyone, (), (), ()> = Route::get("/orders", A, "list");
const PLACE: Route<Anyone, (), (), ()> = Route::post("/orders", A, "place");
const GREET: Route<Anyone, (), Greeting, ()> = Route::post("/orders/{order_id}", B, "greet");
const LIVE: Route<Anyone, (), (), ()> = Route::get("/orders/live", B, "live");
const BROKEN: Route<Anyone, (), (), ()> = Route::get("/broken", A, "break");
const ME: Route<Customer, (), (), ()> = Route::get("/me", A, "me");
const ADMIN: Route<Administrator, (), (), ()> = Route::get("/admin", A, "admin");
const OURS: Route<Internal, (), (), ()> = Route::get("/internal/x", A, "ours");

/// Two roles that share a path, and routes for each kind of caller.
fn roles() -> Vec<RouteTable> {
    vec![
        Arc::new(|routes: &mut Routes| {
            routes.raw(READ, read).raw(BROKEN, broken);
            routes.raw(ME, |caller: Caller| async move { HttpResponse::Ok().body(caller.user_id.to_string()) });
            routes.raw(ADMIN, |_: AdminCaller| async { HttpResponse::Ok().finish() });
            routes.raw(OURS, |_: InternalCaller| async { HttpResponse::Ok().finish() });
        }),
        Arc::new(|routes: &mut Routes| {
            routes.raw(GREET, greet);
            routes.raw(LIVE, || async { HttpResponse::Ok().body("live") });
        }),
    ]
}

struct Shell {
    state: web::Data<HttpState>,
    issuer: TokenIssuer,
}

impl Shell {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        let ports = Ports::seeded(1, Arc::clone(&clock));
        let issuer = TokenIssuer::new(&generate_signing_key().unwrap(), "shotengai", Arc::clone(&clock) as _).unwrap();
        let tokens = Arc::new(TokenVerifier::fixed(&issuer.jwks(), "shotengai", clock));
        Self { state: web::Data::new(HttpState::new(ports, tokens, &SecretString::from(TOKEN))), issuer }
    }

    async fn call(&self, request: TestRequest) -> ServiceResponse<impl MessageBody + use<>> {
        let service = init_service(app(self.state.clone(), &roles())).await;
        actix_web::test::call_service(&service, request.to_request()).await
    }

    async fn status(&self, request: TestRequest) -> u16 {
        self.call(request).await.status().as_u16()
    }

    fn bearer(&self, subject: &Subject) -> (&'static str, String) {
        let token = self.issuer.issue(subject, Duration::from_secs(60)).unwrap();
        ("authorization", format!("Bearer {token}"))
    }
}

async fn json_of(response: ServiceResponse<impl MessageBody>) -> Value {
    let bytes = to_bytes(response.into_body()).await.map_err(|_| "a broken body").unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn order() -> TestRequest {
    TestRequest::with_uri("/orders/ord_1")
}

#[actix_web::test]
async fn roles_share_a_path_and_the_fixed_one_wins() {
    let shell = Shell::new();
    assert_eq!(json_of(shell.call(order()).await).await, json!({ "order_id": "ord_1" }));
    assert_eq!(shell.status(order().method(Method::HEAD)).await, 200);
    let posted = shell.call(order().method(Method::POST).set_json(json!({ "name": "Hana" }))).await;
    assert_eq!(posted.status(), StatusCode::ACCEPTED);
    let live = shell.call(TestRequest::with_uri("/orders/live")).await;
    assert_eq!(to_bytes(live.into_body()).await.map_err(|_| ()).unwrap(), "live");
}

#[actix_web::test]
async fn wrong_methods_and_unknown_paths_are_problems() {
    let shell = Shell::new();
    let refused = shell.call(order().method(Method::DELETE)).await;
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.headers().get(header::ALLOW).unwrap(), "GET, HEAD, OPTIONS, POST");
    assert_eq!(refused.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
    let told = shell.call(order().method(Method::OPTIONS)).await;
    assert_eq!(told.status(), StatusCode::NO_CONTENT);
    assert_eq!(told.headers().get(header::ALLOW).unwrap(), "GET, HEAD, OPTIONS, POST");
    let unknown = json_of(shell.call(TestRequest::with_uri("/nowhere")).await).await;
    assert_eq!(unknown["type"], "/problems/not-found");
    assert_eq!(shell.status(TestRequest::with_uri("/orders/prod_1")).await, 404, "not an order's id");
}

#[test]
fn one_request_answered_by_two_roles_is_a_conflict() {
    let mut routes = Routes::default();
    routes.raw(READ, read).raw(READ_TOO, read);
    assert_eq!(routes.conflicts(), ["GET /orders/{order_id}"]);
}

#[actix_web::test]
async fn a_body_that_is_not_what_was_expected_is_refused() {
    let shell = Shell::new();
    let post = || order().method(Method::POST);
    let json = ("content-type", "application/json; charset=utf-8");
    let wrong = shell.call(post().insert_header(json).set_payload(r#"{"name":7}"#)).await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    assert_eq!(json_of(wrong).await["pointer"], "/name");
    assert_eq!(shell.status(post().set_payload(r#"{"name":"Hana"}"#)).await, 415);
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(BODY_LIMIT));
    assert_eq!(shell.status(post().insert_header(json).set_payload(large)).await, 413);
}

#[actix_web::test]
async fn the_request_id_goes_through_answers_problems_and_events() {
    let shell = Shell::new();
    let id = "0190a1b2-0000-7000-8000-000000000001";
    let given = order().method(Method::POST).insert_header(("x-request-id", id)).set_json(json!({ "name": "Hana" }));
    let answer = shell.call(given).await;
    assert_eq!(answer.headers().get("x-request-id").unwrap(), id);
    assert_eq!(answer.headers().get("x-correlation").unwrap(), id);
    let answer = shell.call(TestRequest::with_uri("/broken").insert_header(("x-request-id", "x\"y"))).await;
    let made = answer.headers().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    let problem = json_of(answer).await;
    assert_eq!(problem["instance"], format!("urn:uuid:{made}"));
    assert!(!problem.to_string().contains("hunter2"));
}

#[actix_web::test]
async fn callers_are_who_their_token_says() {
    let shell = Shell::new();
    let user = UserId::parse("usr_1").unwrap();
    let (customer, admin) = (Subject::customer(user.clone()), Subject::administrator(user));
    let at = |path| TestRequest::with_uri(path);
    let nobody = shell.call(at("/me")).await;
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(nobody.headers().get(header::WWW_AUTHENTICATE).unwrap(), "Bearer");
    assert_eq!(shell.status(at("/me").insert_header(shell.bearer(&customer))).await, 200);
    assert_eq!(shell.status(at("/admin").insert_header(shell.bearer(&customer))).await, 403);
    assert_eq!(shell.status(at("/admin").insert_header(shell.bearer(&admin))).await, 200);
    assert_eq!(shell.status(at("/internal/x").insert_header(shell.bearer(&admin))).await, 401);
    let ours = ("authorization", format!("Bearer {TOKEN}"));
    assert_eq!(shell.status(at("/internal/x").insert_header(ours)).await, 200);
}

#[test]
fn what_answers_otherwise_gives_way_to_a_role_whichever_came_first() {
    let ok = || async { HttpResponse::Ok().finish() };
    let mut routes = Routes::default();
    routes.otherwise(READ.spec(), read).raw(READ_TOO, read);
    routes.raw(PLACE, ok).otherwise(PLACE.spec(), ok).otherwise(LIST.spec(), ok);
    assert!(routes.conflicts().is_empty());
    routes.otherwise(LIST.spec(), ok);
    assert_eq!(routes.conflicts(), ["GET /orders"], "two that both give way to a role don't to each other");
}

#[actix_web::test]
async fn what_came_through_a_proxy_finds_nothing_internal() {
    let shell = Shell::new();
    for header in ["x-forwarded-for", "forwarded", "via"] {
        let asked = TestRequest::get().uri("/internal/x").insert_header(("authorization", format!("Bearer {TOKEN}")));
        assert_eq!(shell.status(asked.insert_header((header, "203.0.113.7"))).await, 404, "{header}");
    }
}

#[actix_web::test]
async fn a_request_leaves_one_line_without_path_or_query_that_its_problem_finds() {
    use tracing_subscriber::layer::SubscriberExt;

    let lines = crate::telemetry::captured::Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    shotengai_testing::harness::every_line_counts();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let answer = Shell::new().call(TestRequest::with_uri("/orders/ord_nope!?email=mei@example.com")).await;
    drop(guard);
    let status = answer.status().as_u16();
    let problem: Value = serde_json::from_slice(&to_bytes(answer.into_body()).await.ok().unwrap()).unwrap();
    let text = lines.text();
    let access: Vec<_> = text.lines().filter(|line| line.contains("answered")).collect();
    let [line] = access.as_slice() else { panic!("one line: {text}") };
    let id = problem["instance"].as_str().unwrap().trim_start_matches("urn:uuid:");
    for part in ["INFO", "method=\"GET\"", "route=\"/orders/{id}\"", "duration_ms=", id, &format!("status={status}")] {
        assert!(line.contains(part), "{part} is missing: {line}");
    }
    assert!(!text.contains("mei@") && !text.contains("ord_nope"), "{text}");
}
