//! Installations of one account: which prefixes keep them apart.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::{BTreeMap, BTreeSet};

use shotengai_aws::AwsConfig;
use shotengai_provisioning::stack::Part;
use shotengai_provisioning::{Options, PrefixError, Rights, Stack, StackOptions, check_prefix};

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
    let stack = Stack::of(config, &Options { archive: true, ..Options::default() }, StackOptions::default());
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

/// Prefixes that could meet: all beginnings of all names, at each `-` and each letter behind it, alone and behind a few others.
fn tried() -> BTreeSet<String> {
    let beginnings: BTreeSet<String> = names(&of(""))
        .iter()
        .flat_map(|(_, name)| {
            let places = name.match_indices('-').flat_map(|(at, _)| [at, at + 1, at + 2]);
            places.filter_map(|at| name.get(..at)).map(str::to_owned).collect::<Vec<_>>()
        })
        .chain(["".to_owned(), "a".to_owned(), "a-".to_owned(), "price-".to_owned()])
        .collect();
    let behind = ["", "a", "blue-", "price-", "order-", "shotengai-"];
    behind.iter().flat_map(|before| beginnings.iter().map(move |begins| format!("{before}{begins}"))).collect()
}

#[test]
fn installations_whose_prefixes_are_taken_have_no_name_in_common() {
    let (mut owners, mut taken, mut refused) = (BTreeMap::new(), 0, Vec::new());
    for prefix in tried() {
        let config = of(&prefix);
        match check_prefix(&config) {
            // No name begins with that anyway.
            Err(PrefixError::Characters) => continue,
            Err(PrefixError::Meets { .. }) => {
                refused.push(prefix);
                continue;
            }
            Ok(()) => {}
        }
        taken += 1;
        for name in names(&config) {
            if let Some(other) = owners.insert(name.clone(), prefix.clone()) {
                panic!("{name:?} is of {other:?} and of {prefix:?}");
            }
        }
    }
    println!("{taken} prefixes taken, {} refused", refused.len());
    assert!(taken > 200 && !refused.is_empty(), "{taken}");
    // Those that are refused would have had one, each with whom its ending is left off.
    for prefix in &refused {
        let without = ["price-", "archive-"].iter().find_map(|ending| prefix.strip_suffix(ending));
        let without = without.unwrap_or_else(|| panic!("{prefix:?} is refused for nothing"));
        assert!(names(&of(without)).intersection(&names(&of(prefix))).next().is_some(), "{prefix:?}");
    }
}

#[test]
fn no_role_has_a_right_on_what_another_installation_has() {
    let all: Vec<AwsConfig> = ["", "a", "a-", "order-", "blue-", "blue-order-", "shotengai-", "product-images-"]
        .iter()
        .map(|prefix| of(prefix))
        .collect();
    // With every resource behind `own`, an ARN names it, or begins as all that is in it.
    let arns = |config: &AwsConfig| -> BTreeSet<String> {
        let options = Options { fan_out: true, archive: true, ..Options::default() };
        let rights = config.installation.services().map(|service| Rights::of(config, &options, service));
        let all = rights.flat_map(|rights| rights.iter().map(|(arn, _)| arn.to_owned()).collect::<Vec<_>>());
        all.filter(|arn| arn != "*").collect()
    };
    for one in &all {
        for other in all.iter().filter(|other| other.prefix != one.prefix) {
            let theirs = arns(other);
            for granted in arns(one) {
                let covers = |arn: &&String| {
                    granted.strip_suffix('*').map_or(**arn == granted, |begins| arn.starts_with(begins))
                };
                let covered = theirs.iter().find(covers);
                assert_eq!(covered, None, "{:?} may what is of {:?}", one.prefix, other.prefix);
            }
        }
    }
}

#[test]
fn a_prefix_that_would_give_one_table_two_owners_is_refused() {
    let error = check_prefix(&of("blue-price-")).unwrap_err();
    let told = "must not end with \"price-\": the table price-checkpoints is another's, whose prefix lacks it";
    assert_eq!(error.to_string(), told);
}
