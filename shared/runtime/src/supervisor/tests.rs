use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use actix_web::HttpResponse;
use secrecy::SecretString;
use shotengai_contracts::api::{Anyone, Route};
use shotengai_contracts::topology::Service;
use shotengai_kernel::Ports;
use shotengai_messaging::Worker;
use shotengai_testing::memory::MemoryInfrastructure;

use super::*;
use crate::health::Check;
use crate::settings::Settings;

const TIMEOUT: Duration = Duration::from_secs(20);

fn context(change: impl FnOnce(&mut Settings)) -> Context {
    let mut settings = Settings::local(SecretString::from("an internal token"));
    change(&mut settings);
    let ports = Ports::system();
    let infra = Arc::new(MemoryInfrastructure::new(ports.clone()));
    Context::new(Arc::new(settings), ports, infra).unwrap()
}

async fn until(condition: impl AsyncFn() -> bool) {
    let met = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, met).await.unwrap();
}

fn serve_x(routes: &mut Routes) {
    routes
        .raw(Route::<Anyone, (), (), ()>::get("/x", Service::new("x"), "x"), || async { HttpResponse::Ok().finish() });
}

async fn status(url: &str) -> Option<u16> {
    Some(reqwest::get(url).await.ok()?.status().as_u16())
}

#[tokio::test]
async fn an_address_in_use_is_named_with_its_setting() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap();
    let error = App::bind(context(|settings| settings.http.addr = address), Vec::new()).err().unwrap().to_string();
    assert!(error.contains(&address.to_string()) && error.contains("HTTP_ADDR"), "{error}");
}

#[tokio::test]
async fn roles_that_answer_the_same_request_do_not_start() {
    let context = context(|_| ());
    let role = |name| Role::new(context.deps(Service::new(name))).routes(serve_x);
    let error = App::bind(context.clone(), vec![role("a"), role("b")]).err().unwrap().to_string();
    assert!(error.contains("GET /x"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_gets_ready_restarts_what_falls_and_finishes_what_it_holds() {
    let (runs, finished) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, done) = (Arc::clone(&runs), Arc::clone(&finished));
    let worker = Worker::new("test/worker", move |token| {
        let (run, done) = (counted.fetch_add(1, Ordering::Relaxed), Arc::clone(&done));
        async move {
            assert!(run > 0, "falls the first time");
            token.cancelled().await;
            tokio::task::yield_now().await;
            done.store(true, Ordering::Relaxed);
        }
    });
    let up = Arc::new(AtomicBool::new(false));
    let answer = Arc::clone(&up);
    let check = Check::new("store", move || {
        let up = answer.load(Ordering::Relaxed);
        async move { if up { Ok(()) } else { Err("away") } }
    });
    let context = context(|_| ());
    let role = Role::new(context.deps(Service::new("test"))).routes(serve_x).worker(worker).check(check);
    let app = App::bind(context, vec![role]).unwrap();
    let (http, health) = (format!("http://{}", app.http_addr()), format!("http://{}", app.health_addr()));
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(app.run(shutdown.clone()));

    until(async || status(&format!("{health}/livez")).await == Some(200)).await;
    assert_eq!(status(&format!("{health}/readyz")).await, Some(503));
    up.store(true, Ordering::Relaxed);
    until(async || status(&format!("{health}/readyz")).await == Some(200)).await;
    assert_eq!(status(&format!("{http}/x")).await, Some(200));
    assert_eq!(status(&format!("{health}/metrics")).await, Some(200));
    until(async || runs.load(Ordering::Relaxed) == 2).await;

    shutdown.cancel();
    tokio::time::timeout(TIMEOUT, running).await.unwrap().unwrap().unwrap();
    assert!(finished.load(Ordering::Relaxed), "the worker was not waited for");
    assert_eq!(status(&format!("{http}/x")).await, None);
}

#[tokio::test(start_paused = true)]
async fn those_that_end_last_are_told_after_the_others_ended() {
    let (first, ordered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (ended, seen, noted) = (Arc::clone(&first), Arc::clone(&first), Arc::clone(&ordered));
    let consumer = Worker::new("test/consumer", move |token| {
        let ended = Arc::clone(&ended);
        async move {
            token.cancelled().await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            ended.store(true, Ordering::Relaxed);
        }
    });
    let publisher = Worker::new("test/publisher", move |token| {
        let (seen, noted) = (Arc::clone(&seen), Arc::clone(&noted));
        async move {
            token.cancelled().await;
            noted.store(seen.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    });
    let worker_set = WorkerSet::start(vec![publisher.ending_last(), consumer], &Ports::system().random);
    tokio::task::yield_now().await;
    tokio::time::timeout(TIMEOUT, worker_set.finish(async {}, Instant::now() + TIMEOUT)).await.unwrap();
    assert!(first.load(Ordering::Relaxed) && ordered.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_ignores_the_bound_is_cut_off() {
    let running = Arc::new(tokio::sync::Notify::new());
    let noted = Arc::clone(&running);
    let worker = Worker::new("test/deaf", move |_| {
        noted.notify_one();
        std::future::pending()
    });
    let worker_set = WorkerSet::start(vec![worker], &Ports::system().random);
    running.notified().await;
    let started = Instant::now();
    worker_set.finish(async {}, started + Duration::from_secs(3)).await;
    assert_eq!(started.elapsed().as_secs(), 3);
}
