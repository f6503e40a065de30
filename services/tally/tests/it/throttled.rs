//! Counting where the table takes a few writes a second.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shotengai_messaging::{Disposition, FaultKind, Handler};
use shotengai_testing::memory::{FaultInjector, InjectedFault};
use tokio::time::Instant;

use crate::support::{Street, paid};

/// Writes that the table takes a second.
const A_SECOND: u32 = 5;

/// A table as DynamoDB is one that has little capacity: what comes above it in a second is throttled.
#[derive(Default)]
struct Slow {
    second: Mutex<Option<(Instant, u32)>>,
    throttled: AtomicUsize,
}

impl FaultInjector for Slow {
    fn before(&self, operation: &'static str) -> Option<InjectedFault> {
        if !matches!(operation, "table.put" | "table.transact") {
            return None;
        }
        let mut second = self.second.lock().unwrap();
        let (began, taken) = second.get_or_insert((Instant::now(), 0));
        if began.elapsed() >= Duration::from_secs(1) {
            (*began, *taken) = (Instant::now(), 0);
        }
        *taken += 1;
        (*taken > A_SECOND).then(|| {
            self.throttled.fetch_add(1, Ordering::Relaxed);
            InjectedFault::Refuse(FaultKind::Throttled)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_of_fifty_products_is_counted_within_two_receives_where_the_table_takes_five_a_second() {
    let slow = Arc::new(Slow::default());
    let street = Street::with_faults(6, Arc::clone(&slow) as _);
    let names: Vec<String> = (0..50).map(|product| format!("prod_{product}")).collect();
    let lines: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let began = Instant::now();
    let (handler, batch) = (street.handler(), [street.delivery(&paid(1, &lines))]);
    let mut answers = handler.handle(&batch).await;
    if answers != [Disposition::Done] {
        // Its one transaction came right behind the last name that the second had room for; the message comes again later.
        tokio::time::advance(Duration::from_secs(1)).await;
        answers = handler.handle(&batch).await;
    }
    assert_eq!(answers, [Disposition::Done]);
    // Ten seconds' worth of writes, and as much again for waits by chance.
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(slow.throttled.load(Ordering::Relaxed) > 0);
    assert_eq!(street.of("prod_49").await, (1, 0, 1));
}
