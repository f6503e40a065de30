//! A server that is away.

use std::time::Duration;

use shotengai_aws::AwsConfig;
use shotengai_contracts::Owner;
use shotengai_messaging::{FaultKind, Infrastructure};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::local::connect;

#[tokio::test]
async fn a_refused_connection_is_a_transient_fault_within_a_moment() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let aws = connect(AwsConfig::local(endpoint)).await;
    let started = Instant::now();
    let fault = aws.event_store(Owner::Order).ping().await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Transient);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

// The clock runs ahead whenever everybody waits.
#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_is_given_up_within_the_time_of_an_operation() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    let aws = connect(AwsConfig::local(endpoint)).await;
    let started = Instant::now();
    let fault = aws.event_store(Owner::Order).ping().await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Transient);
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
}
