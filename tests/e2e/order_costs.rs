//! What an order costs, held against `tests/bench/gate.toml`: requests to AWS and write units.

use shotengai_tests::order_costs::gate::Most;
use shotengai_tests::order_costs::measure;

async fn hold(publish: &'static str) {
    let most = Most::of(publish);
    let measured = measure(publish).await;
    println!("{}", measured.markdown());
    let risen = most.risen(&measured);
    assert!(risen.is_empty(), "more than tests/bench/gate.toml has:\n{}\n{}", risen.join("\n"), measured.markdown());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_cost_no_more_than_the_table_has() {
    hold("outbox").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_cost_no_more_than_the_table_has_where_tables_stream_themselves() {
    hold("cdc").await;
}
