//! Which roles there are and how they are built.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use shotengai_contracts::topology::{Installation, Service};
use shotengai_runtime::{Context, Role};
use shotengai_tally::page::Places;

const ALL: &str = "all";

/// A role as it is chosen on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Every role that is installed.
    All,
    /// This one.
    One(Service),
}

impl Choice {
    /// Reads `all` or a role's name; help and errors list them.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        let installation = installation();
        let names: Vec<_> = std::iter::once(ALL).chain(installation.services().map(Service::as_str)).collect();
        PossibleValuesParser::new(names).map(move |name| installation.service(&name).map_or(Self::All, Self::One))
    }
}

/// What is installed. An application with roles of its own names their topologies here.
pub(crate) fn installation() -> Installation {
    Installation::default()
}

/// The settings that single roles have beside the shared ones.
#[derive(Args, Clone)]
pub(crate) struct RoleSettings {
    #[command(flatten, next_help_heading = "storefront")]
    storefront: shotengai_storefront::StorefrontSettings,
    #[command(flatten, next_help_heading = "order")]
    order: shotengai_order::OrderSettings,
    #[command(flatten, next_help_heading = "catalog")]
    catalog: shotengai_catalog::CatalogSettings,
    #[command(flatten, next_help_heading = "inventory")]
    inventory: shotengai_inventory::InventorySettings,
    #[command(flatten, next_help_heading = "billing")]
    billing: shotengai_billing::BillingSettings,
    #[command(flatten, next_help_heading = "notification")]
    notification: shotengai_notification::NotificationSettings,
    #[command(flatten, next_help_heading = "tally")]
    tally: shotengai_tally::TallySettings,
    #[command(flatten, next_help_heading = "query")]
    query: shotengai_query::QuerySettings,
    #[command(flatten, next_help_heading = "bridge")]
    bridge: shotengai_bridge::BridgeSettings,
}

impl RoleSettings {
    /// The same, for a developer's street with these places to look at.
    pub(crate) fn of_a_developer(mut self, places: Places) -> Self {
        self.storefront.developers_street = true;
        self.tally.places = places;
        self
    }
}

/// The roles chosen, each once, in building order.
pub(crate) fn chosen(choices: &[Choice]) -> Vec<Service> {
    let all = choices.contains(&Choice::All);
    installation().services().filter(|service| all || choices.contains(&Choice::One(*service))).collect()
}

/// Builds one role.
pub(crate) async fn build(service: Service, context: &Context, own: &RoleSettings) -> anyhow::Result<Role> {
    match service {
        Service::STOREFRONT => shotengai_storefront::build(context, &own.storefront).await,
        Service::ORDER => Ok(shotengai_order::assemble(context.deps(service), &own.order).role),
        Service::CATALOG => Ok(shotengai_catalog::assemble(context.deps(service), &own.catalog).role),
        Service::INVENTORY => Ok(shotengai_inventory::assemble(context.deps(service), &own.inventory).role),
        Service::BILLING => Ok(shotengai_billing::assemble(context.deps(service), &own.billing).role),
        Service::NOTIFICATION => shotengai_notification::build(context, &own.notification),
        Service::TALLY => Ok(shotengai_tally::assemble(context.deps(service), &own.tally).role),
        Service::QUERY => shotengai_query::build(context, &own.query),
        Service::BRIDGE => Ok(shotengai_bridge::assemble(context.deps(service), own.bridge.shards())),
        other => anyhow::bail!("{other} is installed, but not built into this program"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_for_every_role_and_none_is_taken_twice() {
        let order = Choice::One(Service::ORDER);
        assert_eq!(chosen(&[Choice::All, order]).len(), installation().services().count());
        assert_eq!(chosen(&[Choice::One(Service::INVENTORY), order, order]), [Service::ORDER, Service::INVENTORY]);
    }
}
