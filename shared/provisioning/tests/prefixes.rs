//! Installations of one account: which prefixes keep them apart.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;

use shotengai_aws::AwsConfig;
use shotengai_provisioning::stack::Part;
use shotengai_provisioning::{Options, PrefixError, Stack, StackOptions, check_prefix};

fn of(prefix: &str) -> AwsConfig {
    AwsConfig { prefix: prefix.to_owned(), ..AwsConfig::default() }
}

#[test]
fn a_prefix_that_some_service_would_not_take_is_refused() {
    for good in ["", "blue-", "b2", "shop"] {
        assert_eq!(check_prefix(&of(good)), Ok(()), "{good}");
    }
    for bad in ["Blue-", "a.b", "a_b", "-a", "1a"] {
        assert_eq!(check_prefix(&of(bad)), Err(PrefixError::Characters), "{bad}");
    }
}

/// Whatever has a name that is its own in an account, by its kind.
fn names(config: &AwsConfig) -> BTreeSet<(&'static str, String)> {
    let stack = Stack::of(config, &Options::default(), StackOptions::default());
    let named = stack.parts.into_iter().filter_map(|named| match named.part {
        Part::Alias { name } => Some(("alias", name)),
        Part::Stream { name, .. } => Some(("stream", name)),
        Part::Table { name, .. } => Some(("table", name)),
        Part::Topic { name } => Some(("topic", name)),
        Part::Queue { name, .. } => Some(("queue", name)),
        Part::Bucket(bucket) => Some(("bucket", bucket.name)),
        Part::Alarm(alarm) => Some(("alarm", alarm.name)),
        Part::Role(role) => Some(("role", role.name)),
        _ => None,
    });
    named.collect()
}

#[test]
fn two_installations_whose_prefixes_are_taken_have_no_name_in_common() {
    let tried =
        ["", "a", "a-", "price-", "order-", "blue-", "blue-price-", "blue-order-", "shotengai-", "order-events-"];
    let taken: Vec<AwsConfig> = tried.iter().map(|prefix| of(prefix)).filter(|it| check_prefix(it).is_ok()).collect();
    assert_eq!(tried.len() - taken.len(), 2, "`price-` alone and behind another");
    for (at, one) in taken.iter().enumerate() {
        for other in &taken[at + 1..] {
            let (left, right) = (names(one), names(other));
            let both: Vec<_> = left.intersection(&right).collect();
            assert!(both.is_empty(), "{:?} and {:?}: {both:?}", one.prefix, other.prefix);
        }
    }
    // Both that are refused would have had one.
    assert!(names(&of("")).intersection(&names(&of("price-"))).next().is_some());
}

#[test]
fn a_prefix_that_would_give_one_table_two_owners_is_refused() {
    let error = check_prefix(&of("blue-price-")).unwrap_err();
    let told = "must not end with \"price-\": the table price-checkpoints is another's, whose prefix lacks it";
    assert_eq!(error.to_string(), told);
}
