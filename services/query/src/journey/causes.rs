//! Order of what happened: causes before effects, whatever the clocks say.

use std::collections::{BTreeMap, BTreeSet};

use shotengai_contracts::api::journey::Happened;
use uuid::Uuid;

/// By time, but each behind what caused it and behind what its aggregate had before. Clocks of several machines differ, so
/// time alone would show effects before their causes.
#[must_use]
pub fn causes_first(mut items: Vec<Happened>) -> Vec<Happened> {
    // What has no time comes right behind its cause, by the second rule.
    items.sort_by(|one, other| {
        let key = |item: &Happened| (item.time.is_none(), item.time, item.source.clone(), item.version);
        key(one).cmp(&key(other)).then_with(|| one.id.cmp(&other.id))
    });
    let by_id: BTreeMap<Uuid, usize> = items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
    let by_version: BTreeMap<_, usize> =
        items.iter().enumerate().filter_map(|(at, item)| Some(((item.subject.clone()?, item.version?), at))).collect();
    let before = |item: &Happened| {
        let cause = item.caused_by.and_then(|cause| by_id.get(&cause).copied());
        let own = item.subject.clone().zip(item.version).and_then(|(subject, version)| {
            by_version.range(..(subject.clone(), version)).next_back().filter(|((of, _), _)| *of == subject)
        });
        [cause, own.map(|(_, at)| *at)]
    };
    let (mut order, mut begun) = (Vec::with_capacity(items.len()), BTreeSet::new());
    for start in 0..items.len() {
        // Depth first, without recursion: what was begun and comes up again is on its way, or is its own cause.
        let mut stack = vec![(start, false)];
        while let Some((at, ready)) = stack.pop() {
            if ready {
                order.push(at);
            } else if begun.insert(at)
                && let Some(item) = items.get(at)
            {
                stack.push((at, true));
                stack.extend(before(item).into_iter().flatten().map(|earlier| (earlier, false)));
            }
        }
    }
    let mut items: Vec<Option<Happened>> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| items.get_mut(at)?.take()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::Value;
    use shotengai_kernel::Version;

    use super::*;

    fn item(id: u128, source: &str, second: Option<i64>, cause: u128) -> Happened {
        Happened {
            id: Uuid::from_u128(id),
            source: source.to_owned(),
            event_type: String::new(),
            subject: Some(source.to_owned()),
            version: Some(Version::new(u64::try_from(id).unwrap())),
            time: second.map(|second| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)),
            caused_by: Some(Uuid::from_u128(cause)),
            received_at: None,
            receives: None,
            data: Value::Null,
        }
    }

    fn ids(items: Vec<Happened>) -> Vec<u128> {
        causes_first(items).iter().map(|item| item.id.as_u128()).collect()
    }

    #[test]
    fn effects_stand_behind_their_causes_whatever_the_clocks_say() {
        let items = vec![
            item(3, "inventory", Some(1), 1),
            item(1, "order", Some(10), 99),
            item(4, "order", Some(11), 3),
            item(2, "billing", Some(12), 1),
            item(5, "notification", None, 1),
        ];
        assert_eq!(ids(items), [1, 3, 4, 2, 5]);
    }

    #[test]
    fn what_has_the_same_cause_stands_by_version() {
        let items = vec![item(3, "billing", Some(1), 1), item(2, "billing", Some(2), 1), item(1, "order", Some(0), 9)];
        assert_eq!(ids(items), [1, 2, 3]);
    }

    #[test]
    fn what_is_its_own_cause_stands_once() {
        let items = vec![item(1, "order", Some(1), 2), item(2, "billing", Some(2), 1), item(3, "x", Some(0), 3)];
        let mut shown = ids(items);
        shown.sort_unstable();
        assert_eq!(shown, [1, 2, 3]);
    }
}
