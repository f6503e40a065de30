//! A small chaos; `make chaos` is the large one.

use std::time::Duration;

use shotengai_tests::chaos::{self, Plan, report};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_holds_after_faults_on_every_wire_and_kills_of_any_role() {
    let plan = Plan {
        orders: 48,
        at_once: 8,
        roles: &[
            "order",
            "order",
            "inventory",
            "billing",
            "billing",
            "notification",
            "query,tally",
            "bridge",
            "catalog,storefront",
        ],
        kill_every: Duration::from_secs(3),
        seed: 1,
        settle_within: Duration::from_secs(150),
        // What a killed process held, or what it received in an answer that was lost, is not to be waited for long.
        settings: &[("CONSUMER_MAX_BACKOFF_SECONDS", "3"), ("CONSUMER_VISIBILITY_SECONDS", "6")],
    };
    let chaos = chaos::run(&plan).await;
    println!("{}", report::chaos(&plan, &chaos));
    assert_eq!(chaos.verdict.violations, Vec::<String>::new());
    assert!(chaos.kills.values().sum::<u64>() > 0, "nobody was killed: {:?}", chaos.kills);
    let spoiled: u64 =
        chaos.outcomes.iter().filter(|((_, outcome), _)| *outcome != "passed").map(|(_, count)| count).sum();
    assert!(spoiled > 0, "no fault fell: {:?}", chaos.outcomes);
}
