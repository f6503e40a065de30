//! A pod with many viewers while many orders are paid: what each is told, and what it costs.
//!
//! `CROWD_SECONDS` makes it longer; the printed figures are those of `docs/limits.md`.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use serde_json::Value;
use shotengai_contracts::topology::queues;
use shotengai_messaging::Message as Letter;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::live::{Client, Pod, next, open_as, with_small_window};
use crate::support::{Street, paid};
use crate::threads;

const VIEWERS: usize = 500;
const ORDERS_PER_SECOND: usize = 200;
/// So many orders are put on the queue at once, so often.
const AT_ONCE: usize = 10;
const MOST_FRAMES_PER_SECOND: f64 = 4.0;
/// A frame's head: two bytes, and two more from 126 bytes on.
const HEAD: usize = 4;

/// What one viewer was told.
#[derive(Debug, Default, Clone, Copy)]
struct Told {
    frames: usize,
    bytes: usize,
    sold: i64,
}

/// Listens until all that is to be sold is told.
async fn listen(mut client: Client, all: i64) -> Told {
    let mut told = Told::default();
    while told.sold < all {
        let message = timeout(Duration::from_secs(60), client.next()).await.expect("it is told").unwrap().unwrap();
        let Message::Text(text) = message else { continue };
        told.frames += 1;
        told.bytes += text.len() + HEAD;
        let frame: Value = serde_json::from_str(&text).unwrap();
        told.sold = frame["products"].as_array().unwrap().iter().map(|one| one["sold"].as_i64().unwrap()).sum();
    }
    told
}

fn seconds() -> usize {
    std::env::var("CROWD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_viewers_see_every_order_in_four_frames_a_second() {
    let seconds = seconds();
    let street = Street::new(11);
    let pod = open_as(&street, VIEWERS, 250);
    let mut viewers = Vec::new();
    for _ in 0..VIEWERS {
        let mut viewer = pod.watch("?products=prod_kinoko").await;
        assert_eq!(next(&mut viewer).await["type"], "snapshot");
        viewers.push(viewer);
    }
    let orders = seconds * ORDERS_PER_SECOND;
    let sold = i64::try_from(orders).unwrap();
    let told = tokio::spawn(join_all(viewers.into_iter().map(|viewer| listen(viewer, sold))));
    let (began, busy) = (Instant::now(), threads::busy());
    let queue = street.queue(&queues::TALLY);
    let mut beat = interval(Duration::from_millis((1_000 * AT_ONCE / ORDERS_PER_SECOND) as u64));
    beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for first in (0..orders).step_by(AT_ONCE) {
        beat.tick().await;
        let letters = (first..first + AT_ONCE).map(|order| letter(&street, order)).collect::<Vec<_>>();
        for sent in queue.send(&letters).await.unwrap() {
            sent.unwrap();
        }
    }
    let told = told.await.unwrap();
    let (took, busy) = (began.elapsed().as_secs_f64(), threads::busy() - busy);
    let most = told.iter().map(|told| told.frames).max().unwrap();
    let bytes = told.iter().map(|told| told.bytes).sum::<usize>();
    let frames = told.iter().map(|told| told.frames).sum::<usize>();
    assert!(told.iter().all(|told| told.sold == sold), "nobody is dropped");
    // One more: the last reading may come just after the last whole quarter of a second.
    assert!(most as f64 <= MOST_FRAMES_PER_SECOND * took + 1.0, "{most} frames in {took:.2} s");
    let cores = busy.as_secs_f64() / took;
    println!(
        "{VIEWERS} viewers, {orders} orders in {took:.2} s: {:.2} frames a second each, {:.0} bytes a frame, {cores:.2} cores \
         for the pod, {:.1} µs of it a frame",
        frames as f64 / VIEWERS as f64 / took,
        bytes as f64 / frames as f64,
        busy.as_secs_f64() * 1e6 / frames as f64,
    );
    assert!(cores < 1.0, "{cores:.2} cores");
    pod.end();
}

/// An order as it lies on `tally-queue`.
fn letter(street: &Street, order: usize) -> Letter {
    let delivery = crate::support::envelope(&paid(order, &[("prod_kinoko", 1)]), order, street.clock.now());
    Letter { body: serde_json::to_string(&delivery).unwrap(), ..Letter::default() }
}

/// Its frames are as large as those of a shop with a hundred products: what is not read does not fit into buffers for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_who_does_not_read_is_cut_off_and_nobody_waits_for_them() {
    let street = Street::new(12);
    let pod: Pod = open_as(&street, 2, 10);
    let name = "a long name ".repeat(8_000);
    let _slow = with_small_window(&pod).await;
    let mut quick = pod.watch("").await;
    next(&mut quick).await;
    let (mut sold, mut longest, mut third) = (0, Duration::ZERO, None);
    let deadline = Instant::now() + Duration::from_secs(60);
    while third.is_none() && Instant::now() < deadline {
        sold += 1;
        let asked = Instant::now();
        street.count(&[crate::support::paid_named(sold, "prod_a", &name)]).await;
        while next(&mut quick).await["products"][0]["sold"] != sold {}
        longest = longest.max(asked.elapsed());
        // There are two places: a third viewer gets in when the slow one is gone.
        third = pod.try_watch("").await;
    }
    assert!(third.is_some(), "the slow one was cut off");
    println!("the slow one was cut off after {sold} frames of 96 kB; the quick one waited {longest:?} at most");
    assert!(longest < Duration::from_secs(3), "nobody waits for the slow one: {longest:?}");
    pod.end();
}
