//! Neighbours: where roles in other processes are reached.

use std::collections::BTreeMap;

use shotengai_contracts::topology::Service;

use super::{Faults, Given, SettingsGroup, parsed, text};

/// Where order asks for prices of its own machine, unless something else is said.
const CATALOG_URL: &str = "http://127.0.0.1:8080";

/// Where roles in other processes are, on the way in.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Other processes")]
pub struct NeighbourArgs {
    /// The order service; what of it is public, storefront forwards there
    #[arg(long, env = "ORDER_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    order_url: Option<Given<String>>,
    /// The catalog service: storefront forwards there, order asks it (then by default http://127.0.0.1:8080)
    #[arg(long, env = "CATALOG_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    catalog_url: Option<Given<String>>,
    /// The inventory service; what of it is public, storefront forwards there
    #[arg(long, env = "INVENTORY_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    inventory_url: Option<Given<String>>,
    /// The query service; what of it is public, storefront forwards there
    #[arg(long, env = "QUERY_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    query_url: Option<Given<String>>,
    /// The tally service; what of it is public, storefront forwards there
    #[arg(long, env = "TALLY_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    tally_url: Option<Given<String>>,
    /// The billing service, which query asks what an order cost
    #[arg(long, env = "BILLING_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    billing_url: Option<Given<String>>,
    /// The notification service, which query asks what an order cost
    #[arg(long, env = "NOTIFICATION_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    notification_url: Option<Given<String>>,
    /// The bridge, which query asks what an order cost
    #[arg(long, env = "BRIDGE_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    bridge_url: Option<Given<String>>,
    /// The ops service; what of it is public, storefront forwards there, and query asks it what an order cost
    #[arg(long, env = "OPS_URL", value_name = "URL", value_parser = parsed(text::plain_http))]
    ops_url: Option<Given<String>>,
    /// The storefront service
    #[arg(long, env = "STOREFRONT_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    #[arg(value_parser = parsed(text::plain_http))]
    storefront_url: Given<String>,
}

/// Where roles in other processes are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeighbourSettings {
    /// Where storefront forwards to, service by service; to what is not there it does not.
    pub roles: BTreeMap<Service, String>,
    /// Roles without a public route.
    pub inner: BTreeMap<Service, String>,
    /// The catalog service, which order asks; without a slash at the end.
    pub catalog_url: String,
    /// The storefront service, without a slash at the end.
    pub storefront_url: String,
}

impl NeighbourSettings {
    /// Where each role is that is known.
    #[must_use]
    pub fn addresses(&self) -> BTreeMap<Service, String> {
        let mut addresses = self.roles.clone();
        addresses.extend(self.inner.clone());
        addresses.insert(Service::CATALOG, self.catalog_url.clone());
        addresses.insert(Service::STOREFRONT, self.storefront_url.clone());
        addresses
    }
}

impl SettingsGroup for NeighbourArgs {
    type Settings = NeighbourSettings;

    fn check(self, faults: &mut Faults) -> Option<NeighbourSettings> {
        let roles = [
            (Service::ORDER, faults.optional(self.order_url)),
            (Service::CATALOG, faults.optional(self.catalog_url)),
            (Service::INVENTORY, faults.optional(self.inventory_url)),
            (Service::QUERY, faults.optional(self.query_url)),
            (Service::TALLY, faults.optional(self.tally_url)),
            (Service::OPS, faults.optional(self.ops_url)),
        ];
        let roles: BTreeMap<_, _> = roles.into_iter().filter_map(|(service, url)| Some((service, url?))).collect();
        let inner = [
            (Service::BILLING, faults.optional(self.billing_url)),
            (Service::NOTIFICATION, faults.optional(self.notification_url)),
            (Service::BRIDGE, faults.optional(self.bridge_url)),
        ];
        let inner = inner.into_iter().filter_map(|(service, url)| Some((service, url?))).collect();
        let storefront_url = faults.take(self.storefront_url);
        Some(NeighbourSettings {
            catalog_url: roles.get(&Service::CATALOG).cloned().unwrap_or_else(|| CATALOG_URL.to_owned()),
            roles,
            inner,
            storefront_url: storefront_url?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_speak_plain_http() {
        let flags = [
            "--order-url=order:8080",
            "--catalog-url=https://catalog",
            "--inventory-url=//inventory",
            "--query-url=query",
            "--tally-url=ftp://tally",
            "--ops-url=ops",
            "--billing-url=billing",
            "--notification-url=https://notification",
            "--bridge-url=bridge:8080",
            "--storefront-url=",
        ];
        let error = NeighbourArgs::from_flags(flags).unwrap_err();
        let names = "ORDER CATALOG INVENTORY QUERY TALLY OPS BILLING NOTIFICATION BRIDGE STOREFRONT";
        let names: Vec<_> = names.split(' ').map(|name| format!("{name}_URL")).collect();
        assert_eq!(error.names(), names, "{error}");
    }

    #[test]
    fn catalog_is_asked_here_unless_it_is_elsewhere() {
        let here = NeighbourArgs::defaults();
        assert!(here.roles.is_empty() && here.catalog_url == CATALOG_URL);
        let there = NeighbourArgs::from_flags(["--catalog-url=http://catalog:8080/"]).unwrap();
        assert_eq!(there.roles.get(&Service::CATALOG), Some(&there.catalog_url));
        assert_eq!(there.catalog_url, "http://catalog:8080");
    }
}
