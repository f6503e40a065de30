//! Everybody wants the same: what that costs inventory, counted in waits alone.

use std::time::Duration;

use shotengai_tests::hot_product::sell;

const APPEND: Duration = Duration::from_millis(5);
const ORDERS: usize = 2000;

#[tokio::test(start_paused = true)]
async fn one_hot_product_sells_at_least_nine_tenths_as_fast_as_a_thousand() {
    let spread = sell(1000, ORDERS, APPEND).await;
    let hot = sell(1, ORDERS, APPEND).await;
    let ratio = hot.per_second() / spread.per_second();
    println!("hot {hot:?}, {:.0}/s; spread {spread:?}, {:.0}/s; {ratio:.2}", hot.per_second(), spread.per_second());
    assert!(ratio >= 0.9, "{ratio:.2}: {hot:?}, {spread:?}");
    // Time passes only while somebody waits: had appends taken none, there would be nothing to compare.
    assert!(hot.over >= APPEND * u32::try_from(hot.appends).unwrap(), "{hot:?}");
}
