//! DynamoDB is away for a time and comes back.

use std::time::Duration;

use shotengai_tests::chaos::{outage, report};

const AWAY: Duration = Duration::from_secs(15);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_dynamodb_consumers_wait_and_every_order_finishes_once_it_is_back() {
    let outage = outage::run(AWAY, 1).await;
    println!("{}", report::outage(&outage));
    assert_eq!(outage.violations(), Vec::<String>::new());
}
