//! A crowd before the live tally, in small: the full one is `make bench-live`.

use shotengai_tests::crowd::{Plan, measure};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_sees_every_order_and_those_who_do_not_read_are_cut_off() {
    let measured = measure(&Plan::SMALL).await;
    println!("{}", measured.markdown());
    let broken = measured.broken();
    assert!(broken.is_empty(), "{broken:?}\n{}", measured.markdown());
}
