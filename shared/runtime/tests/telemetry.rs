//! Telemetry is installed once a process, so this test has one of its own.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{HttpResponse, web};
use secrecy::SecretString;
use shotengai_contracts::api::{Anyone, Route};
use shotengai_contracts::topology::Service;
use shotengai_kernel::Ports;
use shotengai_messaging::trace::{current_traceparent, traceparent_of};
use shotengai_runtime::auth::{TokenIssuer, TokenVerifier, generate_signing_key};
use shotengai_runtime::http::{HttpState, Routes, app};
use shotengai_runtime::role::RouteTable;
use shotengai_runtime::{Settings, Telemetry, telemetry};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const COUNT: &str = "http_server_request_duration_seconds_count";

const ORDER: Route<Anyone, (), (), ()> = Route::get("/orders/{id}", Service::ORDER, "getOrder");

#[actix_web::test]
async fn traces_go_on_whatever_is_logged_and_requests_are_measured_by_route() {
    let mut settings = Settings::local(SecretString::from("an internal token"));
    settings.telemetry.log = Some("error".to_owned());
    let installed = Telemetry::install(&settings, &["order"]).unwrap();
    assert!(Telemetry::install(&settings, &["order"]).is_err(), "a second time in one process");

    let span = tracing::info_span!(target: "shotengai_test", "work");
    assert!(traceparent_of(&span).is_some(), "no trace context without an exporter");

    let ports = Ports::system();
    let issuer = TokenIssuer::new(&generate_signing_key().unwrap(), "x", Arc::clone(&ports.clock)).unwrap();
    let tokens = Arc::new(TokenVerifier::fixed(&issuer.jwks(), "x", Arc::clone(&ports.clock)));
    let state = web::Data::new(HttpState::new(ports, tokens, &settings.auth.internal_token));
    let routes: RouteTable = Arc::new(|routes: &mut Routes| {
        routes.raw(ORDER, || async { HttpResponse::Ok().body(current_traceparent().unwrap_or_default()) });
    });
    let service = init_service(app(state, &[routes])).await;
    let request = TestRequest::with_uri("/orders/ord_1").insert_header(("traceparent", PARENT)).to_request();
    let answer = call_service(&service, request).await;
    let inside = actix_web::test::read_body(answer).await;
    let inside = std::str::from_utf8(&inside).unwrap();
    assert_eq!(inside.get(3..35), PARENT.get(3..35), "another trace: {inside}");
    assert_ne!(inside, PARENT, "the request has no span of its own");

    // Methods of a caller's own make one series, not one each.
    for number in 0..50 {
        let method = Method::from_bytes(format!("A{number}").as_bytes()).unwrap();
        let request = TestRequest::with_uri("/orders/ord_1").method(method).to_request();
        assert_eq!(call_service(&service, request).await.status(), 405);
    }
    let metrics = telemetry::metrics_text();
    let counts: Vec<_> = metrics.lines().filter(|line| line.starts_with(COUNT)).collect();
    let labels = |method, status| {
        format!(
            r#"{{http_request_method="{method}",http_response_status_code="{status}",http_route="/orders/{{id}}",url_scheme="http"}}"#
        )
    };
    let expected = [format!("{COUNT}{} 1", labels("GET", 200)), format!("{COUNT}{} 50", labels("_OTHER", 405))];
    assert_eq!(counts, expected, "{metrics}");
    assert!(metrics.contains("target_info{") && metrics.contains("service_version=\""), "{metrics}");
    installed.shutdown().await;
}
