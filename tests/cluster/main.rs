//! `shotengai-cluster`: bridges whose leases are Lease objects of a real API server, the one that `KUBECONFIG` names.
//!
//! `make test-cluster` runs it with the rights that the chart gives the bridge and no others:
//! - `BRIDGE_KUBECONFIG`: a kubeconfig of that service account. `LEASE_NAMESPACE`: where the Leases are to be.
//! - `KUBECONFIG`: an administrator's, for what is done behind the bridges' backs.
//!
//! Takes a few minutes, most of which the outage of the API server is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a program that is a test: a failed step fails it"
)]

mod objects;
mod scene;

use std::time::Duration;

use tokio::time::Instant;

use scene::Scene;

/// How long the API server is gone.
const GONE: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut scene = Scene::set().await;
    scene.contract().await;
    println!("ok  the lease contract, as for the table and the fake");

    scene.start_bridge("bridge-0").await;
    scene.until_shares(&[("bridge-0", 4)]).await;
    scene.sell().await;
    scene.start_bridge("bridge-1").await;
    scene.until_shares(&[("bridge-0", 2), ("bridge-1", 2)]).await;
    println!("ok  two holders, two shards each");

    scene.kill_bridge("bridge-1").await;
    let killed = Instant::now();
    scene.until_shares(&[("bridge-0", 4)]).await;
    println!("ok  a killed holder's shards were taken over after {} ms (lease 6000 ms)", killed.elapsed().as_millis());
    let told = scene.until_events("ShardTakenOver", 2).await;
    println!("ok  {told} Events tell of it");
    scene.print_leases().await;

    scene.disturb(40).await;
    scene.until_shares(&[("bridge-0", 4)]).await;
    println!("ok  forty conflicting writes cost no shard for good");

    scene.delete_leases().await;
    scene.until_shares(&[("bridge-0", 4)]).await;
    println!("ok  deleted Leases were made again");

    scene.start_bridge("bridge-2").await;
    scene.until_shares(&[("bridge-0", 2), ("bridge-2", 2)]).await;
    scene.api_server_gone_for(GONE).await;
    scene.until_shares(&[("bridge-0", 2), ("bridge-2", 2)]).await;
    println!("ok  the API server was gone for {} s", GONE.as_secs());

    let paid = scene.end().await;
    println!("ok  {paid} orders placed meanwhile, all paid; no dead letters, no event unpublished");
    println!("1 passed, 0 failed");
}
