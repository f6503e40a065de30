//! The guard of one role: lets through what its policy allows, refuses the rest, and remembers both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::Method;
use shotengai_aws::AwsConfig;
use shotengai_contracts::topology::Service;
use shotengai_provisioning::Rights;

use super::need::{Need, Place, needs};
use crate::proxy::{Action, Exchange, Proxy, Rule};

/// A proxy before an AWS that believes whoever asks.
pub struct Guard {
    proxy: Proxy,
    judge: Arc<Judge>,
}

struct Judge {
    role: Service,
    place: Place,
    prefix: String,
    /// By the resource's ARN, which may end with `*`.
    granted: BTreeMap<String, BTreeSet<&'static str>>,
    used: Mutex<BTreeSet<(&'static str, String)>>,
    refused: Mutex<BTreeMap<String, u64>>,
}

impl Guard {
    pub(super) fn start(upstream: &str, role: Service, rights: &Rights, account: &str, config: &AwsConfig) -> Self {
        let place = Place { region: config.region.clone(), account: account.to_owned() };
        let granted = rights.iter().map(|(arn, actions)| (place.fill(arn), actions.clone())).collect();
        let (prefix, used, refused) = (config.prefix.clone(), Mutex::default(), Mutex::default());
        let judge = Arc::new(Judge { role, place, prefix, granted, used, refused });
        let proxy = Proxy::listen(upstream);
        let judging = Arc::clone(&judge);
        proxy.rule(Rule::when(move |exchange| !judging.allows(exchange)).act(Action::AccessDenied));
        Self { proxy, judge }
    }

    /// Its base URL: what takes AWS's place.
    #[must_use]
    pub fn url(&self) -> String {
        self.proxy.url()
    }

    pub(super) fn take_refused(&self) -> Vec<String> {
        let refused = std::mem::take(&mut *locked(&self.judge.refused));
        refused.into_iter().map(|(told, times)| format!("{} may not {told} ({times} times)", self.judge.role)).collect()
    }

    /// `granted` or `used`, role, action and resource without what differs by street, a line each.
    pub(super) fn lines(&self) -> Vec<String> {
        let judge = &self.judge;
        let granted = judge.granted.iter().flat_map(|(arn, actions)| actions.iter().map(move |action| (*action, arn)));
        let line = |kind: &str, action: &str, arn: &str| {
            let resource = arn.splitn(6, ':').last().unwrap_or(arn).replace(&judge.prefix, "");
            format!("{kind}\t{}\t{action}\t{resource}\n", judge.role)
        };
        let used = locked(&judge.used);
        let used = used.iter().map(|(action, arn)| line("used", action, arn));
        granted.map(|(action, arn)| line("granted", action, arn)).chain(used).collect()
    }
}

impl Judge {
    /// Whether the role may ask for this; remembers either.
    fn allows(&self, exchange: &Exchange) -> bool {
        // A browser asks the bucket's own rules, not IAM's.
        if exchange.method == Method::OPTIONS {
            return true;
        }
        let needs = needs(exchange, &self.place);
        let lacking: Vec<_> = needs.iter().filter(|need| !self.grants(need)).map(Need::to_string).collect();
        for told in &lacking {
            *locked(&self.refused).entry(told.clone()).or_default() += 1;
        }
        lacking.is_empty()
    }

    fn grants(&self, need: &Need) -> bool {
        let mut has = false;
        for (arn, actions) in self.granted.iter().filter(|(arn, _)| covers(arn, &need.resource)) {
            let Some(action) = actions.get(need.action.as_str()) else { continue };
            locked(&self.used).insert((action, arn.clone()));
            has = true;
        }
        has
    }
}

/// Whether what is granted on one resource is meant for the other. Both may end with `*`: what is needed does where a request
/// does not tell all of it.
fn covers(granted: &str, needed: &str) -> bool {
    match (granted.strip_suffix('*'), needed.strip_suffix('*')) {
        (Some(begins), _) if needed.starts_with(begins) => true,
        (_, Some(begins)) => granted.starts_with(begins) && !begins.is_empty(),
        _ => granted == needed,
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_covers_its_resource_and_no_other_that_begins_like_it() {
        assert!(covers("arn:t/order-events", "arn:t/order-events"));
        assert!(!covers("arn:t/order-events", "arn:t/order-events/index/gsi1"));
        assert!(!covers("arn:t/order-events/index/gsi1", "arn:t/order-events"));
        assert!(covers("arn:bucket/*", "arn:bucket/a/b") && !covers("arn:bucket/*", "arn:bucket"));
        assert!(covers("arn:stream/events", "arn:stream/*") && !covers("arn:table/events", "arn:stream/*"));
        assert!(covers("arn:stream/e/consumer/bridge:*", "arn:stream/e/consumer/bridge:*"));
        // What a request says nothing of is granted only where everything is.
        assert!(covers("*", "*") && !covers("arn:table/events", "*"));
    }
}
