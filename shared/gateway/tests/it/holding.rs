//! What the gate lets callers hold at the same time.

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use futures::FutureExt;

use crate::gated::{Answering, Gated, INTERNAL_TOKEN};

/// No rates, so that only what is held counts.
const NO_RATES: [&str; 2] = ["--rate-limit-per-second=0", "--sign-in-limit-per-minute=0"];

fn work() -> TestRequest {
    TestRequest::get().uri("/work")
}

/// The request's status, and the problem's detail, if it is answered at once.
async fn told(answer: &mut Answering) -> Option<(u16, String)> {
    // The gate waits for nothing but time for others.
    for _ in 0..20 {
        if let Some(answer) = answer.now_or_never() {
            let answer = answer.unwrap();
            let (status, waits) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
            assert_eq!(waits, matches!(status, 429 | 503));
            let body = to_bytes(answer.into_body()).await.unwrap();
            let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            return Some((status, problem["detail"].as_str().unwrap_or_default().to_owned()));
        }
        tokio::task::yield_now().await;
    }
    None
}

async fn is_in_hand(mut answer: Answering) -> Answering {
    assert_eq!(told(&mut answer).await, None);
    answer
}

async fn is_refused(mut answer: Answering, detail: &str) {
    assert_eq!(told(&mut answer).await, Some((429, detail.to_owned())));
}

#[actix_web::test]
async fn a_caller_has_so_much_in_hand_and_others_are_not_kept_out() {
    let gated = Gated::new(["--caller-concurrency=2", NO_RATES[0], NO_RATES[1]]).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(is_in_hand(gated.send(work(), 1, None)).await);
    }
    is_refused(gated.send(work(), 1, None), "you have 2 requests in hand, which is the most").await;
    is_refused(
        gated.send(TestRequest::get().uri("/nowhere"), 1, None),
        "you have 2 requests in hand, which is the most",
    )
    .await;
    held.push(is_in_hand(gated.send(work(), 2, None)).await);
    gated.finish();
    for mut answer in held {
        assert_eq!(told(&mut answer).await.unwrap().0, 200);
    }
    let mut after = gated.send(work(), 1, None);
    assert_eq!(told(&mut after).await.unwrap().0, 200);
}

#[actix_web::test]
async fn an_answer_is_in_hand_until_its_body_has_gone_and_a_caller_who_goes_gives_back() {
    let gated = Gated::new(["--caller-concurrency=1", NO_RATES[0], NO_RATES[1]]).await;
    gated.finish();
    let answer = gated.send(work(), 1, None).await.unwrap();
    is_refused(gated.send(work(), 1, None), "you have 1 requests in hand, which is the most").await;
    drop(answer);
    assert_eq!(gated.send(work(), 1, None).await.unwrap().status(), 200);
}

#[actix_web::test]
async fn guests_of_one_address_share_what_it_has_and_an_administrator_is_none_of_them() {
    let gated = Gated::new(["--caller-concurrency=2", "--address-callers=2", NO_RATES[0], NO_RATES[1]]).await;
    let mut held = Vec::new();
    for name in ["a", "b", "c", "d"] {
        held.push(is_in_hand(gated.send(work(), 1, Some(&gated.token(name)))).await);
    }
    let full = "all at your address have 4 requests in hand, which is the most";
    is_refused(gated.send(work(), 1, Some(&gated.token("e"))), full).await;
    is_refused(gated.send(work(), 1, None), full).await;
    held.push(is_in_hand(gated.send(work(), 1, Some(&gated.token("admin")))).await);
    held.push(is_in_hand(gated.send(work(), 2, Some(&gated.token("e")))).await);
}

#[actix_web::test]
async fn waiting_reads_are_a_part_of_what_a_caller_has_in_hand() {
    let gated = Gated::new(["--caller-concurrency=8", NO_RATES[0], NO_RATES[1]]).await;
    let wait = || TestRequest::get().uri("/read?min_version=prod_nobody:1");
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(is_in_hand(gated.send(wait(), 1, None)).await);
    }
    is_refused(gated.send(wait(), 1, None), "you have 2 waiting reads in hand, which is the most").await;
    // By another name, and as another method.
    for request in
        [TestRequest::get().uri("/read?min%5Fversion=prod_nobody:1"), wait().method(actix_web::http::Method::HEAD)]
    {
        is_refused(gated.send(request, 1, None), "you have 2 waiting reads in hand, which is the most").await;
    }
    for _ in 0..6 {
        held.push(is_in_hand(gated.send(TestRequest::get().uri("/read"), 1, None)).await);
    }
    is_refused(gated.send(work(), 1, None), "you have 8 requests in hand, which is the most").await;
}

#[actix_web::test]
async fn more_guests_are_no_more_calls() {
    let gated = Gated::new([
        "--rate-limit-per-second=1",
        "--rate-limit-burst=5",
        "--address-callers=2",
        "--caller-concurrency=0",
        NO_RATES[1],
    ])
    .await;
    gated.finish();
    let mut statuses = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let token = gated.token(name);
        for _ in 0..5 {
            statuses.push(gated.send(work(), 1, Some(&token)).await.unwrap().status().as_u16());
        }
    }
    let allowed = statuses.iter().filter(|status| **status == 200).count();
    assert!((10..14).contains(&allowed), "two guests' worth: {allowed} of {statuses:?}");
    let elsewhere = gated.send(work(), 2, Some(&gated.token("d"))).await.unwrap();
    assert_eq!(elsewhere.status(), 200, "whom this address had refused, another has not");
    let one = gated.token("admin");
    assert_eq!(gated.send(work(), 1, Some(&one)).await.unwrap().status(), 200);
}

#[actix_web::test]
async fn a_read_with_a_body_is_refused_before_anybody_waits_for_it() {
    let gated = Gated::new(NO_RATES).await;
    gated.finish();
    for header in [("content-length", "65535"), ("transfer-encoding", "chunked"), ("content-length", "x")] {
        let answer = gated.send(work().insert_header(header), 1, None).await.unwrap();
        assert_eq!(answer.status(), 400, "{header:?}");
        let body = to_bytes(answer.into_body()).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["header"], &problem["type"]), (&header.0.into(), &"/problems/bad-request".into()));
    }
    let answer = gated.send(work().insert_header(("content-length", "0")), 1, None).await.unwrap();
    assert_eq!(answer.status(), 200);
    // A method that there isn't is what is wrong first.
    let trace = work().method(Method::TRACE).insert_header(("content-length", "65535"));
    assert_eq!(gated.send(trace, 1, None).await.unwrap().status(), 405);
}

#[actix_web::test]
async fn guesses_at_the_token_of_our_services_are_counted_and_our_services_are_not() {
    let gated = Gated::new(["--sign-in-limit-per-minute=3", "--rate-limit-per-second=1", "--rate-limit-burst=5"]).await;
    let inside = || TestRequest::get().uri("/internal/secret");
    for _ in 0..20 {
        assert_eq!(gated.send(inside(), 1, Some(INTERNAL_TOKEN)).await.unwrap().status(), 200);
    }
    let mut statuses = Vec::new();
    for guess in 0..5 {
        statuses.push(gated.send(inside(), 1, Some(&format!("guess {guess}"))).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    let forwarded = inside().insert_header(("x-forwarded-for", "203.0.113.9"));
    assert_eq!(gated.send(forwarded, 2, Some(INTERNAL_TOKEN)).await.unwrap().status(), 404);
    // A password would be guessed from the same address.
    assert_eq!(gated.send(TestRequest::post().uri("/sign-in"), 1, None).await.unwrap().status(), 429);
    assert_eq!(gated.send(TestRequest::post().uri("/sign-in"), 2, None).await.unwrap().status(), 200);
}
