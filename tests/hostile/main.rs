//! One hostile client of each kind beside fifty ordinary ones, within the limits as they are by default: the others go on.
//!
//! `E2E_DOOR=1` runs the same with a process a role. Everything is bounded: each kind has six seconds and so many requests.
//! A test target of its own, since Cargo runs one after the other: what others take from the processor is not the hostile
//! client's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests: a failed step fails the test"
)]

mod kinds;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use shotengai_runtime::direct_http;
use shotengai_tests::process::resident;
use shotengai_tests::test_cluster::{Process, TestCluster};
use tokio::time::{Instant, MissedTickBehavior, interval};

const CLIENTS: u8 = 50;
/// How long one kind goes on, and how often an ordinary client calls meanwhile.
const LASTS: Duration = Duration::from_secs(6);
const CALLS_EVERY: Duration = Duration::from_millis(1_000);
/// What an ordinary client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of a hundred calls that are kept when nobody is hostile.
const KEPT: u64 = 90;

/// The limits as they are where nothing is set; clients name their address themselves.
const SETTINGS: [(&str, &str); 6] = [
    ("TRUSTED_PROXIES", "1"),
    ("RATE_LIMIT_PER_SECOND", "50"),
    ("SIGN_IN_LIMIT_PER_MINUTE", "60"),
    ("CALLER_CONCURRENCY", "32"),
    ("CALLER_WEBSOCKETS", "20"),
    ("ORDER_MAX_PENDING", "20"),
];

/// Somebody at an address.
#[derive(Clone)]
struct Somebody {
    http: reqwest::Client,
    base: String,
    address: String,
    token: Option<String>,
}

impl Somebody {
    fn at(base: &str, address: String) -> Self {
        let http = direct_http().timeout(PATIENCE).build().unwrap();
        Self { http, base: base.to_owned(), address, token: None }
    }

    /// The same, signed in as a guest.
    async fn signed_in(&self) -> Option<Self> {
        let answer = self.post("/auth/guest", &json!({})).send().await.ok()?;
        let body: serde_json::Value = answer.json().await.ok()?;
        let token = body["access_token"].as_str()?.to_owned();
        Some(Self { token: Some(token), ..self.clone() })
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.marked(self.http.get(format!("{}{path}", self.base)))
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> reqwest::RequestBuilder {
        self.marked(self.http.post(format!("{}{path}", self.base)).json(body))
    }

    fn marked(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = request.header("x-forwarded-for", &self.address);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// One call of somebody who looks around and buys; how it failed, if it did.
    async fn shops(&self, call: u32) -> Result<(), String> {
        let (what, request) = match call % 5 {
            0 => ("products", self.get("/products?limit=10")),
            1 => ("tally", self.get("/tally?minutes=60")),
            2 => ("order", self.post("/orders", &json!({"items": [{"product_id": "prod_kinoko", "quantity": 1}]}))),
            3 => ("orders", self.get("/orders?limit=5")),
            _ => ("product", self.get("/products/prod_kinoko?min_version=prod_kinoko:1")),
        };
        let answer = request.send().await.map_err(|_| format!("{what}: no answer"))?;
        let status = answer.status();
        answer.bytes().await.map_err(|_| format!("{what}: cut off"))?;
        if status.is_success() { Ok(()) } else { Err(format!("{what}: {}", status.as_u16())) }
    }
}

/// What became of calls: how many, and of those that failed how many in which way.
#[derive(Debug, Default)]
struct Outcome {
    calls: u32,
    failed: BTreeMap<String, u32>,
}

impl Outcome {
    fn kept(&self) -> u32 {
        self.calls - self.failed.values().sum::<u32>()
    }
}

/// Fifty who shop while `hostile` does what it does.
async fn beside(shoppers: &[Somebody], hostile: impl Future<Output = ()>) -> Outcome {
    let outcome = Mutex::new(Outcome::default());
    let began = Instant::now();
    let shopping = join_all(shoppers.iter().enumerate().map(|(place, shopper)| {
        let outcome = &outcome;
        async move {
            let mut pace = interval(CALLS_EVERY);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut call = u32::try_from(place).unwrap();
            while began.elapsed() < LASTS {
                pace.tick().await;
                let failure = shopper.shops(call).await.err();
                let mut outcome = outcome.lock().unwrap();
                outcome.calls += 1;
                if let Some(failure) = failure {
                    *outcome.failed.entry(failure).or_default() += 1;
                }
                call += 1;
            }
        }
    }));
    tokio::select! {
        biased;
        _ = shopping => {}
        // It may be through before the others are.
        () = async { hostile.await; std::future::pending().await } => {}
    }
    outcome.into_inner().unwrap()
}

fn memory(process: &Process) -> String {
    let part = |(name, pid): (&str, u32)| format!("{name} {} MiB", resident(pid).unwrap_or_default() >> 20);
    process.parts().map(part).collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_hostile_client_of_each_kind_takes_little_from_fifty_others() {
    let cluster = TestCluster::provisioned().await;
    let process = cluster.serve("all", &SETTINGS).await;
    let shop = cluster.shop(&process);
    let admin = shop.admin().await;
    let kinoko = shop.product(&admin, "prod_kinoko", "きのこの山", 200, 100_000).await;
    assert_eq!(kinoko, "prod_kinoko");
    let mut shoppers = Vec::new();
    for number in 1..=CLIENTS {
        let shopper = Somebody::at(&process.url, format!("198.51.100.{number}"));
        shoppers.push(shopper.signed_in().await.expect("a token"));
    }
    println!("at rest: {}", memory(&process));
    // What this machine keeps, as busy as it is, when nobody is hostile.
    let alone = beside(&shoppers, std::future::ready(())).await;
    println!("nobody: {} of {} calls kept, {:?}; {}", alone.kept(), alone.calls, alone.failed, memory(&process));
    let mut failures = Vec::new();
    for (number, (kind, attack)) in (1..).zip(kinds::ALL) {
        let hostile = Arc::new(Somebody::at(&process.url, format!("203.0.113.{number}")));
        let outcome = beside(&shoppers, attack(hostile)).await;
        let (kept, calls) = (outcome.kept(), outcome.calls);
        println!("{kind}: {kept} of {calls} calls of the others kept, {:?}; {}", outcome.failed, memory(&process));
        if u64::from(kept) * u64::from(alone.calls) * 100 < u64::from(calls) * u64::from(alone.kept()) * KEPT {
            failures.push(format!("{kind}: {kept} of {calls}"));
        }
    }
    assert!(failures.is_empty(), "{failures:?}\n{}", process.log());
}
